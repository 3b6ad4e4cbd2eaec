import { EventLoopPoller } from '@crosvm/sys-util';

import type { RunConfig } from '../config';
import { loadDeviceSources } from '../host/load-device-source';
import type { SeccompPolicies } from '../host/seccomp-policies';
import type { DeviceHosts } from './device-hosts';
import type { CustomDeviceEnd } from './virtio-devices';

/** What is needed to load devices of the user's own. */
export interface CustomDeviceParts {
  readonly config: RunConfig;
  readonly policies: SeccompPolicies;
  readonly hosts: DeviceHosts;
}

/**
 * The devices of the user's own. Their code runs in hosts of its own only, which say what the devices
 * are, so these are started before there is a machine.
 */
export class CustomDevices implements Disposable {
  /** Made when there is such a device. */
  #poller: EventLoopPoller | undefined;

  /**
   * Loads them all. If a host fails, it says so as when it fails later, and nothing comes of this.
   * @throws UserError if a module cannot be read
   */
  async load({ config, policies, hosts }: CustomDeviceParts): Promise<readonly CustomDeviceEnd[]> {
    const { customDevices = [] } = config;
    if (customDevices.length === 0) {
      return [];
    }
    const sources = loadDeviceSources(customDevices, policies);
    this.#poller = new EventLoopPoller();
    const descriptions = await hosts.load(sources, this.#poller);
    return descriptions.map((description, index) => ({
      name: sources[index]?.name ?? '',
      description,
    }));
  }

  /** The hosts must have ended. */
  [Symbol.dispose](): void {
    this.#poller?.[Symbol.dispose]();
  }
}
