import { passtArguments } from './passt-arguments';

const BASE = [...['--foreground', '--quiet', '--stderr', '--fd', '3', '--pid', '/proc/self/fd/4']];

describe('the arguments of passt', () => {
  it('keep the guest from the loopback of the machine by default', () => {
    const args = passtArguments(
      { publish: [], hostLoopback: false },
      { nameServers: undefined, mtu: undefined },
    );

    expect(args).toEqual([...BASE, '--no-map-gw']);
  });

  it('name ports, name servers and the MTU', () => {
    const args = passtArguments(
      {
        publish: [
          { protocol: 'tcp', host: 8080, guest: 80 },
          { protocol: 'udp', address: '127.0.0.1', host: 5353, guest: 53 },
        ],
        hostLoopback: true,
      },
      { nameServers: ['192.0.2.1', '192.0.2.2'], mtu: 1500 },
    );

    expect(args).toEqual([
      ...BASE,
      ...['--dns', '192.0.2.1', '--dns', '192.0.2.2', '--mtu', '1500'],
      ...['--tcp-ports', '8080:80', '--udp-ports', '127.0.0.1/5353:53'],
    ]);
  });
});
