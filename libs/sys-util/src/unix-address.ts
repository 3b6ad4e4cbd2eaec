import { AF_UNIX, sockaddr_un } from './abi/socket';

/** Most bytes of the path of a unix socket. */
export const MAX_SOCKET_PATH = sockaddr_un.size - 2 - 1;

/**
 * The address of a unix socket with a path, as `bind` and `connect` take it.
 * @throws RangeError if the path is empty or too long
 */
export function unixAddress(path: string): Uint8Array {
  const bytes = Buffer.from(path);
  if (bytes.length === 0 || bytes.length > MAX_SOCKET_PATH || bytes.includes(0)) {
    throw new RangeError(`the path of a socket has 1 to ${MAX_SOCKET_PATH} bytes`);
  }
  const address = sockaddr_un.from({ sun_family: AF_UNIX });
  address.set(bytes, sockaddr_un.offsetOf('sun_path'));
  return address;
}
