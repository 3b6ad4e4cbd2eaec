import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { networkOptions } from './network';

type Given = readonly [name: string, value: string];

function read(...given: Given[]) {
  return outcome(() =>
    networkOptions.read(new OptionValues(given.map(([name, value]) => ({ name, value })))),
  );
}

const HOST: Given = ['host_ip', '10.0.2.1'];
const MASK: Given = ['netmask', '255.255.255.0'];
const MAC: Given = ['mac', '02:00:00:00:00:01'];

describe('network options', () => {
  test('are no cards and no sockets by default', () => {
    expect(read()).toEqual({});
  });

  test('make a card of an address, a netmask and a MAC address', () => {
    expect(read(MAC, HOST, MASK)).toEqual({
      network: {
        cards: [
          {
            source: { kind: 'create', hostIp: '10.0.2.1', netmask: '255.255.255.0' },
            mac: '02:00:00:00:00:01',
          },
        ],
        pairs: 1,
        vhost: false,
      },
    });
  });

  test('make cards of interfaces, in order, behind that which is made', () => {
    const given: Given[] = [
      ['tap-name', 'tap7'],
      ['tap-fd', '5'],
      ['tap-name', 'tap3'],
      HOST,
      MASK,
      MAC,
    ];

    expect(read(...given)).toMatchObject({
      network: {
        cards: [
          { source: { kind: 'create' } },
          { source: { kind: 'name', name: 'tap7' } },
          { source: { kind: 'fd', fd: 5 } },
          { source: { kind: 'name', name: 'tap3' } },
        ],
      },
    });
  });

  test('say how all cards are', () => {
    const given: Given[] = [
      ['tap-name', 'tap7'],
      ['net-vq-pairs', '4'],
      ['net-mtu', '9000'],
      ['vhost-net', ''],
    ];

    expect(read(...given)).toMatchObject({ network: { pairs: 4, mtu: 9000, vhost: true } });
  });

  test('make a card with the network of passt', () => {
    expect(read(['net', 'passt'])).toEqual({
      network: {
        cards: [],
        passt: { publish: [], hostLoopback: false },
        pairs: 1,
        vhost: false,
      },
    });
    expect(
      read(['net', 'passt,mac=02:00:00:00:00:01,host-loopback'], ['net-mtu', '1500']),
    ).toMatchObject({
      network: { passt: { mac: '02:00:00:00:00:01', hostLoopback: true }, mtu: 1500 },
    });
  });

  test.each([
    ['8080:80', { protocol: 'tcp', host: 8080, guest: 80 }],
    ['127.0.0.1:53:5353/udp', { protocol: 'udp', address: '127.0.0.1', host: 53, guest: 5353 }],
    ['0.0.0.0:1:65535/tcp', { protocol: 'tcp', address: '0.0.0.0', host: 1, guest: 65_535 }],
  ])('publish %s', (value, port) => {
    expect(read(['net', 'passt'], ['publish', value])).toMatchObject({
      network: { passt: { publish: [port] } },
    });
  });

  test.each<[string, Given[], string]>([
    ['nothing', [['net', '']], "--net: there is no network ''"],
    ['another program', [['net', 'slirp']], "--net: there is no network 'slirp'"],
    ['an unknown key', [['net', 'passt,mtu=1500']], "--net: unknown key 'mtu'"],
    ['half a MAC address', [['net', 'passt,mac=02:00']], '--net: mac: '],
    ['ports alone', [['publish', '80:80']], '--publish is given, but no network that it is for'],
    [
      'one port',
      [
        ['net', 'passt'],
        ['publish', '80'],
      ],
      "--publish must be [IP:]HOST:GUEST, not '80'",
    ],
    [
      'another protocol',
      [
        ['net', 'passt'],
        ['publish', '80:80/sctp'],
      ],
      "--publish must be [IP:]HOST:GUEST, not '80:80/sctp'",
    ],
    [
      'port 0',
      [
        ['net', 'passt'],
        ['publish', '0:80'],
      ],
      "--publish: a port must be from 1 to 65535, not '0'",
    ],
    [
      'a name',
      [
        ['net', 'passt'],
        ['publish', 'localhost:1:2'],
      ],
      '--publish: ',
    ],
    [
      'a port twice',
      [
        ['net', 'passt'],
        ['publish', '1:2'],
        ['publish', '1:3'],
      ],
      '--publish: port 1/tcp is given twice',
    ],
    [
      'vhost-net',
      [
        ['net', 'passt'],
        ['vhost-net', ''],
      ],
      '--vhost-net is given, but no network card over a TAP interface',
    ],
    [
      'packets that are too large',
      [
        ['net', 'passt'],
        ['net-mtu', '65521'],
      ],
      '--net-mtu must be from 68 to 65520 bytes',
    ],
  ])('refuse passt with %s', (_, given, message) => {
    expect(read(...given)).toMatchObject({ message: expect.stringContaining(message) as string });
  });

  test('give the guest an address for sockets', () => {
    expect(read(['cid', '3'])).toEqual({ cid: 3 });
    expect(read(['cid', '4294967294'])).toEqual({ cid: 4_294_967_294 });
  });

  test.each<[string, Given[], string]>([
    [
      'an address alone',
      [HOST],
      '--netmask is missing: --host_ip, --netmask and --mac go together',
    ],
    ['no address', [MASK, MAC], '--host_ip is missing'],
    ['no MAC address', [HOST, MASK], '--mac is missing'],
    [
      'a bad address',
      [['host_ip', '10.0.2'], MASK, MAC],
      "--host_ip: '10.0.2' is not an IPv4 address: four numbers from 0 to 255, joined by dots",
    ],
    [
      'the address of the network',
      [['host_ip', '10.0.2.0'], MASK, MAC],
      "--host_ip: '10.0.2.0' is the address of the network itself",
    ],
    [
      'a bad netmask',
      [HOST, ['netmask', '255.0.255.0'], MAC],
      "--netmask: '255.0.255.0' is not a netmask: its ones must come before its zeros",
    ],
    [
      'a bad MAC address',
      [HOST, MASK, ['mac', '02:00:00:00:00']],
      "--mac: '02:00:00:00:00' is not a MAC address: six bytes in hex, joined by colons",
    ],
    [
      'a multicast MAC address',
      [HOST, MASK, ['mac', '01:00:5e:00:00:01']],
      "--mac: '01:00:5e:00:00:01' is a multicast address: its first byte must be even",
    ],
    ['no name', [['tap-name', '']], '--tap-name needs a name that is not empty'],
    ['no descriptor', [['tap-fd', 'tap0']], "--tap-fd must be a whole number, not 'tap0'"],
    ['the standard output', [['tap-fd', '1']], "--tap-fd must be from 3 to 1048575, not '1'"],
    [
      'no pairs',
      [
        ['tap-name', 't'],
        ['net-vq-pairs', '0'],
      ],
      "--net-vq-pairs must be from 1 to 16, not '0'",
    ],
    [
      'too many pairs',
      [
        ['tap-name', 't'],
        ['net-vq-pairs', '17'],
      ],
      "--net-vq-pairs must be from 1 to 16, not '17'",
    ],
    [
      'packets that are too small',
      [
        ['tap-name', 't'],
        ['net-mtu', '67'],
      ],
      "--net-mtu must be from 68 to 65521 bytes, not '67'",
    ],
    ['pairs of no card', [['net-vq-pairs', '2']], '--net-vq-pairs is given, but no network card'],
    ['vhost of no card', [['vhost-net', '']], '--vhost-net is given, but no network card'],
    [
      'too many cards',
      Array.from({ length: 9 }, (_, index): Given => ['tap-name', `tap${index}`]),
      '9 network cards are given, but a VM can have 8',
    ],
    ['the address of the host', [['cid', '2']], "--cid must be from 3 to 4294967294, not '2'"],
    [
      'any address',
      [['cid', '4294967295']],
      "--cid must be from 3 to 4294967294, not '4294967295'",
    ],
    ['no number', [['cid', 'x']], "--cid must be a whole number, not 'x'"],
  ])('refuse %s', (_, given, message) => {
    expect(read(...given)).toMatchObject({ message: expect.stringContaining(message) as string });
  });
});
