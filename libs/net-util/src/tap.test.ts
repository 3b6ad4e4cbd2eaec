import { constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openFile, OwnedFd } from '@crosvm/sys-util';

import { Tap } from './tap';
import { TapError, type TapErrorCode } from './tap-error';
import { inNetworkNamespace, WITHOUT_NETWORK } from './testing';

/** What `fails` says of an error, in the namespace and here. */
interface Failure {
  readonly code: TapErrorCode;
  readonly message: string;
  readonly hint?: string;
}

const PRELUDE = `
  import { execFileSync } from 'node:child_process';
  import { Tap } from './tap';
  import { NetworkInterface } from './interface';
  import { formatIpv4, formatMac, parseIpv4, parseMac } from './addresses';
  import { isAddressInUse } from './address-in-use';
  const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
  const fails = (action: () => unknown): unknown => {
    try {
      action();
      return 'did not fail';
    } catch (error) {
      const { code, message, hint } = error as Record<string, unknown>;
      return { code, message, hint };
    }
  };
`;

function inNamespace(source: string): unknown {
  return inNetworkNamespace(PRELUDE + source, __dirname);
}

function failure(action: () => unknown): Failure {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(TapError);
    return error as TapError & Failure;
  }
  throw new Error('it did not fail');
}

const networkTest = WITHOUT_NETWORK === '' ? it : it.skip;

describe(`a TAP interface${WITHOUT_NETWORK}`, () => {
  networkTest('is made by a pattern, and gone when it is closed', () => {
    const seen = inNamespace(`
      const first = Tap.create();
      const second = Tap.create('my%d');
      const names = [first.name, second.name];
      const links = ip('-o', 'link').split('\\n').length;
      first.close();
      second.close();
      report([names, links, ip('-o', 'link').split('\\n').length]);
    `);

    // The loopback, and an empty line at the end.
    expect(seen).toEqual([['vmtap0', 'my0'], 4, 2]);
  });

  networkTest('has the addresses that it is given', () => {
    const seen = inNamespace(`
      using tap = Tap.create('tap0');
      const before = isAddressInUse(parseIpv4('10.9.8.1'));
      tap.interface.mac = parseMac('02:00:00:00:00:07');
      tap.interface.address = parseIpv4('10.9.8.1');
      tap.interface.netmask = parseIpv4('255.255.255.128');
      tap.interface.mtu = 9000;
      tap.interface.up = true;
      const { mac, address, netmask, mtu, up } = tap.interface;
      report({
        shown: [formatMac(mac), formatIpv4(address), formatIpv4(netmask), mtu, up],
        ip: ip('-o', 'address', 'show', 'tap0'),
        link: ip('-o', 'link', 'show', 'tap0'),
        inUse: [before, isAddressInUse(parseIpv4('10.9.8.1')), isAddressInUse(parseIpv4('10.9.8.2'))],
        down: ((tap.interface.up = false), tap.interface.up),
      });
    `);

    expect(seen).toMatchObject({
      shown: ['02:00:00:00:00:07', '10.9.8.1', '255.255.255.128', 9000, true],
      ip: expect.stringContaining('inet 10.9.8.1/25 ') as string,
      link: expect.stringMatching(/mtu 9000 .*02:00:00:00:00:07/) as string,
      inUse: [false, true, false],
      down: false,
    });
  });

  networkTest('has a header before each frame, and takes offloads', () => {
    const seen = inNamespace(`
      using tap = Tap.create();
      const before = tap.vnetHeaderSize;
      tap.vnetHeaderSize = 12;
      tap.setOffload(0x0f);
      report({
        header: [before, tap.vnetHeaderSize],
        small: fails(() => { tap.vnetHeaderSize = 4; }),
        unknown: tap.offers(0x4000_0000),
        known: tap.offers(0x01),
        multiQueue: (tap.features & 0x100) !== 0,
      });
    `);

    expect(seen).toEqual({
      header: [10, 12],
      small: {
        code: 'BAD_VALUE',
        message: "cannot set the header to 4 bytes of interface 'vmtap0'",
      },
      unknown: false,
      known: true,
      multiQueue: true,
    });
  });

  networkTest('carries frames both ways, to the queues that are enabled', () => {
    const seen = inNamespace(`
      import { readSync, writeSync } from 'node:fs';
      using tap = Tap.create('tap0', { queues: 2 });
      tap.vnetHeaderSize = 12;
      tap.setQueueEnabled(1, false);
      const again = fails(() => tap.setQueueEnabled(1, false));
      tap.interface.address = parseIpv4('10.9.8.1');
      tap.interface.up = true;
      const mac = Buffer.from(tap.interface.mac);
      // Who has 10.9.8.1? Tell 10.9.8.2, which is 02:00:00:00:00:02.
      const sender = Buffer.from('020000000002', 'hex');
      const arp = Buffer.concat([
        Buffer.alloc(12), Buffer.alloc(6, 0xff), sender, Buffer.from('08060001080006040001', 'hex'),
        sender, Buffer.from('0a090802', 'hex'), Buffer.alloc(6), Buffer.from('0a090801', 'hex'),
      ]);
      const written = writeSync(tap.fds[0].raw, arp);
      const frame = Buffer.alloc(2000);
      let answer = '';
      for (const end = Date.now() + 5000; answer === '' && Date.now() < end; ) {
        try {
          const bytes = readSync(tap.fds[0].raw, frame);
          // An ARP answer; the kernel says other things, too.
          answer = frame.toString('hex', 24, 34) === '08060001080006040002'
            ? frame.toString('hex', 34, bytes) : '';
        } catch (error) {
          if (error.code !== 'EAGAIN') throw error;
        }
      }
      tap.setQueueEnabled(1, true);
      report({ again, written: written === arp.length, answer, mac: mac.toString('hex'), queues: tap.fds.length });
    `) as { mac: string };

    expect(seen).toEqual({
      again: {
        code: 'BAD_VALUE',
        message: "cannot set whether queue 1 is used of interface 'tap0'",
      },
      written: true,
      answer: expect.stringContaining(`${seen.mac}0a0908010200000000020a090802`) as string,
      mac: seen.mac,
      queues: 2,
    });
  });

  networkTest('that exists is opened, with one queue or several', () => {
    const seen = inNamespace(`
      ip('tuntap', 'add', 'mode', 'tap', 'name', 'one');
      ip('tuntap', 'add', 'mode', 'tap', 'multi_queue', 'name', 'many');
      using one = Tap.open('one');
      const many = Tap.open('many');
      many.close();
      using three = Tap.open('many', { queues: 3 });
      report([one.name, three.fds.length, fails(() => Tap.open('one', { queues: 2 }))]);
    `);

    expect(seen).toEqual([
      'one',
      3,
      {
        code: 'UNSUITABLE',
        message: "'one' is no TAP interface with several queues",
        hint: 'make it with them: sudo ip tuntap add mode tap multi_queue user $USER name one',
      },
    ]);
  });

  networkTest('stays when nobody has it open, if it is to', () => {
    const seen = inNamespace(`
      const tap = Tap.create('stays');
      tap.setPersistent(true);
      tap.close();
      using again = Tap.open('stays');
      again.setPersistent(false);
      again.close();
      report(fails(() => Tap.open('stays')));
    `);

    expect(seen).toMatchObject({ code: 'NOT_FOUND', message: "there is no interface 'stays'" });
  });

  networkTest('that somebody else has opened is adopted by its descriptor', () => {
    const seen = inNamespace(`
      import { openFile, OwnedFd } from '@crosvm/sys-util';
      using tap = Tap.create('several', { queues: 2 });
      using single = Tap.create('single');
      using adopted = Tap.adopt(tap.fds[0].dup(), { queues: 2 });
      const tun = openFile('/dev/net/tun', 2);
      report({
        adopted: [adopted.name, adopted.fds.length],
        one: fails(() => Tap.adopt(single.fds[0].dup(), { queues: 2 })),
        none: fails(() => Tap.adopt(tun)).code,
      });
    `);

    expect(seen).toEqual({
      adopted: ['several', 2],
      one: {
        code: 'UNSUITABLE',
        message: "interface 'single' was opened without IFF_MULTI_QUEUE, so it has one queue",
      },
      none: 'NOT_A_TAP',
    });
  });

  networkTest('is refused with what is wrong', () => {
    const seen = inNamespace(`
      using tap = Tap.create('taken');
      report([
        fails(() => Tap.create('taken')),
        fails(() => Tap.open('taken')),
        fails(() => Tap.open('lo')),
        fails(() => { tap.interface.mtu = 70_000; }),
        fails(() => { tap.interface.mac = parseMac('02:00:00:00:00:00').fill(0); }),
        fails(() => tap.interface.address),
        fails(() => new NetworkInterface('gone').mac),
        fails(() => { new NetworkInterface('gone').mtu = 1500; }),
      ]);
    `);

    expect(seen).toEqual([
      {
        code: 'BUSY',
        message: "TAP interface 'taken' is in use by another program, or exists already",
      },
      {
        code: 'BUSY',
        message: "TAP interface 'taken' is in use by another program, or exists already",
      },
      { code: 'NOT_A_TAP', message: "'lo' is no TAP interface" },
      { code: 'BAD_VALUE', message: "cannot set the MTU to 70000 bytes of interface 'taken'" },
      { code: 'BAD_VALUE', message: "cannot set the MAC address of interface 'taken'" },
      { code: 'BAD_VALUE', message: "interface 'taken' has no address" },
      { code: 'NOT_FOUND', message: "there is no interface 'gone'" },
      { code: 'NOT_FOUND', message: "there is no interface 'gone'" },
    ]);
  });
});

describe('a TAP interface that cannot be had', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tap-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it.each([
    '',
    '.',
    '..',
    'a b',
    'a/b',
    'a:b',
    'sixteen-bytes-is',
    'a\0b',
    'caf\u00e9-caf\u00e9-caf\u00e9',
  ])('because of its name: %j', (name) => {
    expect(failure(() => Tap.create(name))).toMatchObject({
      code: 'BAD_NAME',
      message: expect.stringContaining('is no name of an interface') as string,
    });
    expect(failure(() => Tap.open(name)).code).toBe('BAD_NAME');
  });

  it('because there is no driver', () => {
    const path = join(directory, 'tun');

    expect(failure(() => Tap.create('tap%d', { path }))).toMatchObject({
      code: 'NO_TUN',
      message: `there is no ${path}`,
      hint: 'load the module: sudo modprobe tun',
    });
  });

  it('because the driver is something else', () => {
    const path = join(directory, 'file');
    writeFileSync(path, '');

    expect(failure(() => Tap.create('tap%d', { path }))).toMatchObject({
      code: 'FAILED',
      message: "cannot make or use TAP interface 'tap%d'",
    });
    const file = openFile(path, constants.O_RDWR);
    expect(failure(() => Tap.adopt(file)).message).toMatch(/^descriptor \d+ is no TAP interface$/);
    file.close();
  });

  it('because the descriptor is none', () => {
    expect(failure(() => Tap.adopt(OwnedFd.adopt(12_345))).code).toBe('NOT_A_TAP');
  });
});
