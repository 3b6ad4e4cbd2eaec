import { OwnedFd, setNonblocking } from '@crosvm/sys-util';

import type { NetConfig } from '../net-config';
import { guestMac, type OpenNet } from '../open-net';
import { MAX_STREAM_MTU } from './stream-frame';

/** How a card over a stream is offered to the guest. */
export interface StreamNetOptions {
  /** What is at the other end, for messages. */
  readonly name: string;
  /** The guest's MAC address; one of its own by default. */
  readonly mac?: string;
  /** Bytes of the largest packet; default the largest that there can be. */
  readonly mtu?: number;
}

/**
 * A network card whose frames go over a stream socket, for the `netStream` module.
 * @param socket its near end; taken over, also if this fails
 * @throws AddressError
 * @throws SysError EMFILE
 */
export function openStreamNet(
  socket: OwnedFd,
  { name, mac, mtu = MAX_STREAM_MTU }: StreamNetOptions,
): OpenNet {
  const fds = [socket];
  const close = (): void => fds.forEach((fd) => fd.close());
  try {
    setNonblocking(socket.raw, true);
    // Reading and writing are waited for each on its own.
    fds.push(OwnedFd.duplicate(socket.raw));
    const config: NetConfig = {
      mac: [...guestMac(mac)],
      pairs: 1,
      mtu,
      offload: 0,
      openChecksums: false,
    };
    return { config, name, fds, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}
