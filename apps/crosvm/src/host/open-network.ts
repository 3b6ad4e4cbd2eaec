import { type NetSource, openNet, type OpenNet, openVsock, type OpenVsock } from '@crosvm/devices';
import { TapError } from '@crosvm/net-util';
import { VhostError } from '@crosvm/vhost';

import type { NetworkCard, NetworkConfig } from '../config';
import { UserError } from '../user-error';

/** What a card is called on the command line. */
function optionOf(source: NetSource): string {
  switch (source.kind) {
    case 'create':
      return `--host_ip ${source.hostIp}`;
    case 'name':
      return `--tap-name ${source.name}`;
    case 'fd':
      return `--tap-fd ${source.fd}`;
  }
}

/** Says which option cannot be followed, and what to do about it. */
function explain(option: string, error: unknown): unknown {
  if (!(error instanceof TapError) && !(error instanceof VhostError)) {
    return error;
  }
  const { hint, cause } = error;
  return new UserError(`${option}: ${error.message}`, {
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  });
}

function openCard({ source, mac }: NetworkCard, network: NetworkConfig): OpenNet {
  const { pairs, mtu, vhost } = network;
  try {
    const options = { pairs, vhost, ...(mac !== undefined && { mac }) };
    return openNet(source, { ...options, ...(mtu !== undefined && { mtu }) });
  } catch (error) {
    const option = error instanceof VhostError ? '--vhost-net' : optionOf(source);
    throw explain(option, error);
  }
}

/**
 * Makes or opens the interfaces of a VM's network cards. The caller disposes of them.
 * @throws UserError that names the option and what is wrong with it; none is open then
 */
export function openNetwork(network: NetworkConfig | undefined): readonly OpenNet[] {
  const opened: OpenNet[] = [];
  if (network === undefined) {
    return opened;
  }
  try {
    for (const card of network.cards) {
      opened.push(openCard(card, network));
    }
  } catch (error) {
    opened.forEach((card) => card[Symbol.dispose]());
    throw error;
  }
  return opened;
}

/**
 * Opens the kernel's side of sockets between guest and host, if they are asked for.
 * @throws UserError that says what is wrong
 */
export function openSockets(cid: number | undefined): OpenVsock | undefined {
  if (cid === undefined) {
    return undefined;
  }
  try {
    return openVsock(cid);
  } catch (error) {
    throw explain(`--cid ${cid}`, error);
  }
}
