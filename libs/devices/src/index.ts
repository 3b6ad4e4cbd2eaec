export { type AccessWidth, type BusDevice } from './bus/bus-device';
export { type MmioAccess, MmioBus, type MmioRange, type MovingRanges } from './bus/mmio-bus';
export { PORT_COUNT, PortBus, type PortRange, type PortString } from './bus/port-bus';
export { acpiPm, type AcpiPmConfig, pressPowerButton } from './acpi-pm/front-end';
export { type BackEnd } from './back-end/back-end';
export type { DeviceCommand } from './back-end/device-command';
export { drainAll } from './back-end/drain-all';
export { cmos, type CmosConfig } from './cmos/front-end';
export { type CmosMemorySize } from './cmos/state';
export { RtcTimer, type RtcTimerConfig } from './cmos/timer';
export {
  allocateFrontEnds,
  areaOf,
  attachFrontEnds,
  createFrontEnds,
  type FrontEndPlacement,
  type FrontEndRequest,
  type FrontEndSet,
  request,
} from './front-end/allocate';
export type {
  Doorbell,
  FrontEnd,
  FrontEndContext,
  FrontEndModule,
  HostServices,
  InterruptLine,
  InterruptWire,
  PowerControl,
  StateArea,
  StateSizeOf,
} from './front-end/front-end';
export { eventInterrupt, hostServices, type HostServicesOptions } from './front-end/host-services';
export { FRONT_ENDS } from './front-end/registry';
export { DeviceCounters, type DeviceCounts } from './metrics/device-counters';
export { pvpanic, type PvpanicConfig } from './pvpanic/front-end';
export { i8042, type I8042Config } from './i8042/front-end';
export type { GrantedMemory } from './memory-requests/messages';
export { type MadeMemory, type MemoryGranter, MemoryRequestServer } from './memory-requests/server';
export type { PciWindow } from './pci/decode-table';
export { pci } from './pci/front-end';
export type { PciFunctionRequest } from './pci/pci-function';
export type { InterruptWirePlan, IntxPlan, MsiMessage, PciHost } from './pci/pci-host';
export type { PciConfig } from './pci/placement';
export { SerialBackEnd, type SerialBackEndConfig } from './serial/back-end';
export { serial } from './serial/front-end';
export { SERIAL_PAGE_SIZE, serialCounters } from './serial/page';
export { openOutput } from './serial/open-output';
export { DiscardSink, FdSink, type SerialSink } from './serial/sink';
export {
  type SerialFds,
  type SerialSurroundings,
  startSerialBackEnd,
} from './serial/start-back-end';
export { type SerialConfig, type SerialConnection } from './serial/uart';
export { type BackEndRequest, RequestKind, type RequestKindValue } from './virtio/channel/messages';
export type { BackEndPort } from './virtio/channel/port';
export type { BalloonConfig } from './virtio/balloon/balloon-config';
export {
  balloonReportOf,
  type BalloonReport,
  type BalloonState,
  type BalloonStatistics,
} from './virtio/balloon/balloon-state';
export { balloon } from './virtio/balloon/module';
export type {
  DiskConfig,
  DiskFormat,
  DiskOptions,
  BackingConfig,
  Qcow2Config,
} from './virtio/block/disk-config';
export { block } from './virtio/block/module';
export { DiskError, type DiskErrorCode } from './virtio/block/disk-error';
export { openDisk, type OpenDisk, type OpenDiskOptions } from './virtio/block/open-disk';
export { net } from './virtio/net/module';
export { MAX_PAIRS, type NetConfig } from './virtio/net/net-config';
export { type NetOptions, type NetSource, openNet, type OpenNet } from './virtio/net/open-net';
export { netStream } from './virtio/net/stream/module';
export { openStreamNet, type StreamNetOptions } from './virtio/net/stream/open-stream-net';
export { MAX_STREAM_MTU } from './virtio/net/stream/stream-frame';
export { vhostNet } from './virtio/vhost/net-module';
export { openVsock, type OpenVsock } from './virtio/vhost/open-vsock';
export { vhostVsock, type VsockConfig } from './virtio/vhost/vsock';
export { DevicePage, devicePageSize, type QueueSetup } from './virtio/device-page';
export { type VirtioPciConfig, virtioPciRequest } from './virtio/pci/config';
export {
  type BackEndFds,
  type BackEndPlan,
  type BackEndSurroundings,
  type ConfiguredModule,
  startBackEnd,
  startModuleBackEnd,
} from './virtio/back-end-plan';
export {
  type CustomDevice,
  describedModule,
  type DeviceDescription,
  type DeviceOptions,
} from './virtio/custom/custom-device';
export {
  checkCustomDevice,
  CustomDeviceError,
  describeDevice,
} from './virtio/custom/describe-device';
export { rng } from './virtio/rng';
export { VirtioDevice, type VirtioDeviceOptions } from './virtio/virtio-device';
export type {
  ActivationContext,
  BackendResources,
  ByteRange,
  ConfigSpace,
  DeviceModule,
  HostBind,
  QueueHandover,
  VirtioBackend,
} from './virtio/backend';
export { type ChainServer, serveQueue } from './virtio/queue/serve-queue';
export { QUEUE_FEATURES } from './virtio/features';
export type { BufferList } from './virtio/queue/buffer-list';
export type { DescriptorChain } from './virtio/queue/descriptor-chain';
export type { QueueConfig } from './virtio/queue/queue-config';
export { type QueueOptions, type QueuePosition, VirtQueue } from './virtio/queue/virt-queue';
export { virtioModule } from './virtio/registry';
export { wl } from './virtio/wl/module';
export { MAX_VFDS } from './virtio/wl/vfd-table';
export type { WaylandSocket, WlConfig } from './virtio/wl/wl-config';
