import { readlinkSync } from 'node:fs';

import { createSocket } from './socket';

const AF_INET = 2;
const SOCK_DGRAM = 2;

describe('createSocket', () => {
  it('makes a socket', () => {
    using socket = createSocket(AF_INET, SOCK_DGRAM);

    expect(readlinkSync(`/proc/self/fd/${socket.raw}`)).toMatch(/^socket:/);
  });

  it('says what the kernel does not know', () => {
    expect(() => createSocket(200, SOCK_DGRAM)).toThrow(/^socket: .*EAFNOSUPPORT/);
  });
});
