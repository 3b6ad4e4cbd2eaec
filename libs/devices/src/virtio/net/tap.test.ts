import { inNetworkNamespace, WITHOUT_NETWORK } from '@crosvm/net-util/testing';

const networkTest = WITHOUT_NETWORK === '' ? it : it.skip;

/** A card over a TAP interface that is made, with drivers of its queues; `arp` and what answers it. */
const PRELUDE = `
  import { PollLoop, sinkLogger } from '@crosvm/sys-util';
  import { QUEUE_FEATURES } from '../features';
  import { VirtQueue } from '../queue/virt-queue';
  import { MockDriver } from '../testing/mock-driver';
  import { testMemory } from '../testing/test-queue';
  import { netFeatures } from './config-space';
  import { net } from './module';
  import { openNet } from './open-net';

  const open = openNet(
    { kind: 'create', hostIp: '10.9.8.1', netmask: '255.255.255.0' },
    { mac: '02:00:00:00:00:02', pairs: 2 },
  );
  const { config } = open;
  const loop = new PollLoop();
  const log: string[] = [];
  const logger = sinkLogger({ write: ({ message }) => log.push(message) });
  const card = net.create(config, { fds: open.fds.map(({ raw }) => raw), poller: loop, logger });
  const memory = testMemory();
  const features = netFeatures(config) | QUEUE_FEATURES;
  const drivers = [1, 2, 3, 4, 5].map((n) => new MockDriver(memory, { base: n * 0x1_0000, size: 64 }));
  const queues = drivers.map((driver) => new VirtQueue(memory, driver.config, { features }));
  const start = (): void => card.activate({
    memory, queues, features,
    interrupt: () => undefined, serve: () => undefined, handOver: () => undefined,
    fail: () => undefined, updateConfig: () => undefined,
  });

  // Who has 10.9.8.1? Tell 10.9.8.2, which is 02:00:00:00:00:02.
  const sender = Buffer.from('020000000002', 'hex');
  const arp = Buffer.concat([
    Buffer.alloc(12), Buffer.alloc(6, 0xff), sender, Buffer.from('08060001080006040001', 'hex'),
    sender, Buffer.from('0a090802', 'hex'), Buffer.alloc(6), Buffer.from('0a090801', 'hex'),
  ]);
  const send = (bytes: Buffer): void => {
    const at = drivers[1].place(bytes);
    drivers[1].add([{ at, length: 10 }, { at: at + 10, length: bytes.length - 10 }]);
    card.handleQueue(1);
  };
  const buffers = Array.from({ length: 60 }, () => drivers[0].allocate(200));
  const give = (): void => {
    drivers[0].add(...buffers.map((at) => [{ at, length: 200, writable: true }]));
    card.handleQueue(0);
  };
  /** Frames that came, from Ethernet's type on, until one satisfies. */
  const receive = (wanted: (frame: string) => boolean): string | undefined => {
    for (const end = Date.now() + 5000; Date.now() < end; ) {
      loop.runOnce(50);
      for (const { id, len } of drivers[0].collectUsed()) {
        const frame = Buffer.from(memory.read(buffers[id], len)).toString('hex', 24);
        if (wanted(frame)) return frame;
      }
    }
    return undefined;
  };
  const isAnswer = (frame: string): boolean => frame.startsWith('08060001080006040002');
`;

const run = (source: string): unknown => inNetworkNamespace(PRELUDE + source, __dirname);

describe(`a network card over a TAP interface${WITHOUT_NETWORK}`, () => {
  networkTest('has its frames answered by the host', () => {
    const seen = run(`
      start();
      give();
      send(arp);
      const answer = receive(isAnswer);
      report({ answer: answer?.slice(32), log, used: drivers[1].usedIndex });
    `);

    expect(seen).toEqual({
      answer: expect.stringMatching(/0a0908010200000000020a090802$/) as string,
      log: [],
      used: 1,
    });
  });

  networkTest('drops what the host does not take, and goes on', () => {
    const seen = run(`
      start();
      give();
      // A header that promises a checksum where there is none.
      const bad = Buffer.from(arp);
      bad.set([1, 1, 0, 0, 1, 0, 255, 255, 255, 255]);
      send(bad);
      send(arp);
      report({ answered: receive(isAnswer) !== undefined, log, used: drivers[1].usedIndex });
    `) as { log: string[] };

    expect(seen).toMatchObject({ answered: true, used: 2 });
    expect(seen.log).toEqual([
      expect.stringMatching(/^a frame of the guest was dropped \(1 so far\): write: .*EINVAL/),
    ]);
  });

  networkTest('uses as many pairs as its driver asks for', () => {
    const seen = run(`
      start();
      const control = (pairs: number): number => {
        const driver = drivers[4];
        const answer = driver.place(Uint8Array.of(0xee));
        const at = driver.place(Uint8Array.of(4, 0, pairs, 0));
        driver.add([{ at, length: 4 }, { at: answer, length: 1, writable: true }]);
        card.handleQueue(4);
        return memory.readU8(answer);
      };
      report([control(2), control(1), control(2), control(2), control(3), log]);
    `);

    expect(seen).toEqual([
      0,
      0,
      0,
      0,
      1,
      ['the guest sent a command that is none, or cannot be done now'],
    ]);
  });

  networkTest('works again after a reset', () => {
    const seen = run(`
      start();
      card.reset();
      drivers.forEach((driver, index) => {
        driver.clear();
        queues[index] = new VirtQueue(memory, driver.config, { features });
      });
      start();
      give();
      send(arp);
      report([receive(isAnswer) !== undefined, log]);
    `);

    expect(seen).toEqual([true, []]);
  });

  networkTest('goes on when the interface was down', () => {
    const seen = run(`
      import { execFileSync } from 'node:child_process';
      start();
      give();
      execFileSync('ip', ['link', 'set', open.name, 'down']);
      loop.runOnce(50);
      send(arp);
      execFileSync('ip', ['link', 'set', open.name, 'up']);
      send(arp);
      report([receive(isAnswer) !== undefined, log]);
    `);

    expect(seen).toEqual([
      true,
      [expect.stringMatching(/^a frame of the guest was dropped \(1 so far\): write: .*EIO/)],
    ]);
  });

  networkTest('has no link any more when the interface is gone', () => {
    const seen = run(`
      import { execFileSync } from 'node:child_process';
      start();
      give();
      execFileSync('ip', ['link', 'delete', open.name]);
      for (let turn = 0; turn < 100 && log.length === 0; turn += 1) loop.runOnce(50);
      send(arp);
      report(log);
    `) as string[];

    expect(seen[0]).toMatch(/^the link is down: read: .*EBADFD/);
    expect(seen[1]).toMatch(/^a frame of the guest was dropped/);
  });
});
