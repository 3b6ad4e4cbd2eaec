import { AF_INET, ifreq, IFF_TAP, in_addr, SIOCSIFADDR, sockaddr, sockaddr_in } from './index';

describe('layouts', () => {
  it('hold name and flags of an interface', () => {
    const bytes = ifreq.from({
      ifr_ifrn: { ifrn_name: Buffer.from('tap0') },
      ifr_ifru: { ifru_flags: IFF_TAP },
    });

    expect(Buffer.from(bytes.subarray(0, 18)).toString('latin1')).toBe(
      `tap0${'\0'.repeat(12)}\x02\0`,
    );
  });

  it('have an IPv4 address where any address is', () => {
    expect(sockaddr_in.size).toBe(sockaddr.size);
    const address = sockaddr_in.from({
      sin_family: AF_INET,
      sin_addr: { s_addr: Uint8Array.of(10, 0, 2, 1) },
    });

    const request = ifreq.allocate();
    request.ifr_ifru.ifru_addr.sa_data.set(address.subarray(sockaddr.offsetOf('sa_data')));

    expect(in_addr.at(request.buffer.buffer, 20).s_addr).toEqual(Uint8Array.of(10, 0, 2, 1));
  });

  it('let an interface ioctl be called with a whole ifreq only', () => {
    expect(SIOCSIFADDR).toEqual({ name: 'SIOCSIFADDR', request: 0x8916, size: 40 });
  });
});
