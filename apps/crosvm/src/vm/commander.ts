import type { DeviceCommand } from '@crosvm/devices';

/** Who passes on what devices are asked for; see `DeviceHosts`. */
export interface Commander {
  /**
   * Has a device do something. What it answers is not to be trusted.
   * @throws DeviceError if it does not answer in that time, cannot do that, or is not there
   */
  command(device: string, command: DeviceCommand, timeoutMs: number): Promise<unknown>;
  /**
   * The process of a device's host; undefined if it has none of its own.
   * @throws DeviceError if it is not there
   */
  processOf(device: string): Promise<number | undefined>;
}
