import { existsSync } from 'node:fs';

import { inNetworkNamespace, WITHOUT_NETWORK } from '@crosvm/net-util/testing';

import type { NetworkConfig } from '../config';
import { UserError } from '../user-error';
import { openNetwork, openSockets } from './open-network';

const networkTest = WITHOUT_NETWORK === '' ? test : test.skip;

const CARD: NetworkConfig = { cards: [], pairs: 1, vhost: false };

function errorOf(action: () => unknown): UserError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error('it was opened');
}

describe(`network cards${WITHOUT_NETWORK}`, () => {
  networkTest('are opened in order, and closed together', () => {
    const seen = inNetworkNamespace(
      `
      import { execFileSync } from 'node:child_process';
      import { openNetwork } from './open-network';
      const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
      ip('tuntap', 'add', 'mode', 'tap', 'multi_queue', 'name', 'mine');
      ip('link', 'set', 'mine', 'mtu', '9000');
      const create = { kind: 'create', hostIp: '10.9.8.1', netmask: '255.255.255.0' } as const;
      const cards = openNetwork({
        cards: [
          { source: create, mac: '02:00:00:00:00:09' },
          { source: { kind: 'name', name: 'mine' } },
        ],
        pairs: 2,
        vhost: false,
      });
      const fails = (source: object): unknown => {
        try {
          openNetwork({ cards: [{ source }], pairs: 2, vhost: false } as never);
          return 'did not fail';
        } catch (error) {
          return [error.constructor.name, error.message, error.hint];
        }
      };
      const again = fails(create);
      const open = cards.map(({ config, name, fds }) => ({ ...config, name, fds: fds.length }));
      const address = ip('-o', 'address', 'show', 'vmtap0');
      const gone = fails({ kind: 'name', name: 'gone' });
      cards.forEach((card) => card[Symbol.dispose]());
      const links = ip('-o', 'link').trim().split('\\n').map((line) => line.split(':')[1].trim());
      report({ open, address, again, gone, links });
      `,
      __dirname,
    ) as { open: { mac: number[]; offload: number }[] };

    expect(seen).toMatchObject({
      open: [
        { mac: [2, 0, 0, 0, 0, 9], pairs: 2, name: 'vmtap0', fds: 2 },
        { mtu: 9000, pairs: 2, name: 'mine', fds: 2 },
      ],
      address: expect.stringContaining('inet 10.9.8.1/24 ') as string,
      again: [
        'UserError',
        '--host_ip 10.9.8.1: another interface of this machine has 10.9.8.1',
        'choose another --host_ip, or name the interface with --tap-name',
      ],
      gone: [
        'UserError',
        "--tap-name gone: there is no interface 'gone'",
        expect.stringContaining('ip tuntap add mode tap') as string,
      ],
      links: ['lo', 'mine'],
    });
    // One of its own, for one card, and not a manufacturer's.
    expect((seen.open[1]?.mac[0] ?? 0) & 3).toBe(2);
    // Checksums and TCP at least.
    expect((seen.open[0]?.offload ?? 0) & 7).toBe(7);
  });
});

describe('network cards that cannot be had', () => {
  test.each([
    [{ kind: 'fd', fd: 999_999 }, '--tap-fd 999999: descriptor 999999 is not open'],
    [{ kind: 'fd', fd: 0 }, /^--tap-fd 0: descriptor \d+ is no TAP interface$/],
    [{ kind: 'name', name: 'lo' }, /^--tap-name lo: /],
    [{ kind: 'name', name: 'a b' }, /^--tap-name a b: 'a b' is no name of an interface/],
  ] as const)('%j', (source, message) => {
    const error = errorOf(() => openNetwork({ ...CARD, cards: [{ source }] }));

    expect(error.message).toMatch(message);
  });

  test('are none by default', () => {
    expect(openNetwork(undefined)).toEqual([]);
    expect(openSockets(undefined)).toBeUndefined();
  });

  (existsSync('/dev/vhost-vsock') ? test.skip : test)('sockets without the module', () => {
    expect(errorOf(() => openSockets(5))).toMatchObject({
      message: '--cid 5: there is no /dev/vhost-vsock',
      hint: 'load the module: sudo modprobe vhost_vsock',
    });
  });
});
