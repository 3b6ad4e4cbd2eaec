import { type AccessWidth, type BusDevice, loadValue } from '../../bus/bus-device';
import type { ByteRange } from '../backend';
import { RequestKind } from '../channel/messages';
import { MAX_DEVICE_CONFIG } from '../device-page';
import type { BackEndLink } from './back-end-link';
import type { VirtioPciState } from './state';

/** What the device's own configuration consists of. */
export interface DeviceConfigParts {
  readonly state: VirtioPciState;
  readonly link: BackEndLink;
  readonly configSize: number;
  readonly configWritable: readonly ByteRange[];
  /** Whether there is a driver that may write. */
  readonly hasDriver: () => boolean;
}

/**
 * The device-specific configuration. Virtio 1.2, 4.1.4.6 and 2.5.
 *
 * The guest reads a copy of the bytes that the back end published as a whole, and the copy is renewed
 * when there is a new version, which changes the generation with it. So two reads of the generation
 * that are equal have one version between them (2.5.3), whatever the back end does meanwhile.
 */
export class DeviceConfig implements BusDevice {
  readonly #parts: DeviceConfigParts;
  readonly #view: DataView;
  readonly #content: Uint8Array;

  constructor(parts: DeviceConfigParts) {
    this.#parts = parts;
    const { deviceConfig } = parts.state;
    this.#view = new DataView(deviceConfig.buffer, deviceConfig.byteOffset, deviceConfig.length);
    this.#content = deviceConfig.subarray(0, parts.configSize);
  }

  /** `config_generation`. */
  get generation(): number {
    this.#renew();
    return this.#parts.state.registers.config_generation;
  }

  /** What is behind the last field reads zero. */
  read(offset: number, width: AccessWidth): number {
    this.#renew();
    return offset >= 0 && offset <= MAX_DEVICE_CONFIG - width
      ? loadValue(this.#view, offset, width)
      : 0;
  }

  /** The back end decides what a write does; the vCPU waits for that. */
  write(offset: number, width: AccessWidth, value: number): void {
    const { link, configWritable, hasDriver } = this.#parts;
    const inside = (range: ByteRange): boolean =>
      offset >= range.offset && offset - range.offset <= range.length - width;
    if (hasDriver() && configWritable.some(inside)) {
      link.ask({ kind: RequestKind.ConfigWrite, offset, length: width, value });
    }
  }

  #renew(): void {
    const { state, link } = this.#parts;
    const { registers } = state;
    const { config_seen: seen } = registers;
    if (link.page.configSequence === seen) {
      return;
    }
    const sequence = link.page.copyConfig(this.#content, seen);
    if (sequence !== seen) {
      registers.config_seen = sequence;
      registers.config_generation = (registers.config_generation + 1) & 0xff;
    }
  }
}
