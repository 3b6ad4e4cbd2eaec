export { bareMetalOutput, bareMetalProgram } from './bare-metal';
export { type Blow, BLOWS, EARLY_BLOWS, OWN_BLOWS, SIGNAL_BLOWS } from './blow';
export { checkout, CROSVM } from './command';
export type { Exit } from './connection';
export { Crosvm, type SpawnOptions } from './crosvm';
export { type Document, documents, type ShellBlock } from './document';
export { type Ability, type Guest, type GuestKernel, theGuest } from './guest';
export { HostTraces } from './host-traces';
export { hostLacksIntruders, intrude, waits } from './intrusion';
export {
  descriptorsOf,
  mappingsOf,
  namespacesOf,
  residentBytes,
  threadStatuses,
} from './process-facts';
export { descendantsOf, kill, processIds, threadAffinities } from './processes';
export { HOST_KIND, hostCpus, type HostKind } from './host';
export {
  bytesOnDisk,
  checkExt4,
  dumpExt4,
  emptyImage,
  ext4Image,
  hostLacksTool,
  md5,
  randomImage,
  scriptImage,
  squashfsImage,
  unpackRoot,
} from './images';
export { hostLacksDirectIo, hostLacksLoopDevices, LoopDevice } from './host-disks';
export {
  CHECKED_MIB,
  hostLacksNetworks,
  hostLacksPasst,
  hostLacksVhost,
  withNetwork,
  withUplink,
} from './network';
export {
  guestLacks,
  guestLacksCpus,
  guestLacksDrivers,
  guestLacksMemory,
  hostLacksBareMetal,
  hostLacksCompiler,
  hostLacksCpus,
  hostLacksKvm,
  hostLacksNamespaces,
  hostLacksPvm,
  hostLacksRoot,
  type Lack,
  testUnless,
  tooSlow,
  tooSlowUnless,
} from './requirements';
export { type CommandOutcome, runCrosvm } from './run-crosvm';
export { Scratch } from './scratch';
export { bootArguments, type BootOptions, scriptParam } from './script';
export { Shell, type ShellResult } from './shell';
export { hostLacksSway, Sway } from './sway';
export { Syslog } from './syslog';
export { ANSWER_MS, BOOT_MS, END_MS, pause, polled, PROMPT_MS, scaled, until } from './time';
export {
  afterMounts,
  asNobody,
  inChroot,
  type KvmDevice,
  withIoctlDenied,
  withoutNamespaces,
  withKvmDevice,
  withoutOverride,
  withSmallFileSystem,
  withSyslog,
} from './wrappers';
export {
  hostLacksStaticCompiler,
  machineProgramDisk,
  programDisk,
  staticProgram,
  takeProgram,
} from './guest-programs';
export { UnixServer } from './unix-server';
export { VsockPeer } from './vsock';
export type { Picture } from './png';
export { hostLacksWeston, SCREEN, Weston } from './weston';
