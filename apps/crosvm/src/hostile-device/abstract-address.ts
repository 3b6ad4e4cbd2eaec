import { constant } from './constants';

/** `struct sockaddr_un` of a name in the abstract namespace: unix(7). */
export function abstractAddress(name: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(constant('AF_UNIX'), 0, 0), Buffer.from(name)]);
}
