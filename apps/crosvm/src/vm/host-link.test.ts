import { setTimeout as delay } from 'node:timers/promises';

import {
  EventFd,
  FdSocket,
  type LogRecord,
  type OwnedFd,
  PollLoop,
  sinkLogger,
  socketPair,
} from '@crosvm/sys-util';

import { HostLink } from './host-link';
import { decodeRequest, encodeMessage, type HostMessage } from './host-messages';

const options = { nonblock: true, maxBytes: 1024, maxFds: 0 };

const NO_HURRY = new AbortController().signal;
const PATIENT = { hostMs: 10_000, hurry: NO_HURRY, hurriedOutputMs: 10_000 };
const IMPATIENT = { hostMs: 1, hurry: NO_HURRY, hurriedOutputMs: 1 };

const FINISHED: HostMessage = { kind: 'finished' };

/** A link whose host is the test. */
class Rig implements Disposable {
  readonly log: LogRecord[] = [];
  readonly failures: string[] = [];
  readonly events: string[] = [];
  readonly link: HostLink;
  /** Ends the host. */
  end!: (how: Error | undefined) => void;
  readonly #loop = new PollLoop();
  readonly #far: OwnedFd;
  readonly host: FdSocket;

  constructor(
    onKill: (rig: Rig) => boolean = () => false,
    { hasOutput = false, isJailed = false } = {},
  ) {
    const [near, far] = socketPair();
    this.#far = far;
    this.host = FdSocket.adopt(far, { ...options, maxBytes: 64 * 1024 });
    const ended = new Promise<Error | undefined>((resolve) => (this.end = resolve));
    const parts = {
      part: 'the device host of disk vda',
      names: ['disk vda', 'rng'],
      hasOutput,
      control: FdSocket.adopt(near, options),
      isJailed,
      logForbidden: false,
      host: {
        pid: Promise.resolve(undefined),
        ended,
        kill: () => {
          this.events.push('kill');
          return onKill(this);
        },
        abandon: () => void this.events.push('abandon'),
      },
    };
    this.link = new HostLink(parts, {
      onFailure: ({ message }) => this.failures.push(message),
      log: sinkLogger({ write: (record) => this.log.push(record) }),
    });
    this.link.attach(this.#loop);
  }

  /** A host that passes on output of the guest. */
  static withOutput(): Rig {
    return new Rig(undefined, { hasOutput: true });
  }

  say(...messages: readonly HostMessage[]): void {
    messages.forEach((message) => this.host.send(encodeMessage(message)));
  }

  listen(times = 1): void {
    for (let count = 0; count < times; count += 1) {
      this.#loop.runOnce(0);
    }
  }

  /** What the host was told, in order. */
  told(): string[] {
    const kinds: string[] = [];
    for (let next = this.host.receive(); typeof next !== 'string'; next = this.host.receive()) {
      kinds.push(decodeRequest(next.bytes).kind);
    }
    return kinds;
  }

  [Symbol.dispose](): void {
    this.#far.close();
    this.#loop[Symbol.dispose]();
  }
}

/** Waits until the supervisor has hung up. */
async function hungUp(host: FdSocket): Promise<void> {
  while (host.receive() !== 'closed') {
    await delay(1);
  }
}

const warning = (component: string, message: string): HostMessage => ({
  kind: 'log',
  record: { level: 'warn', component, message },
});

describe('HostLink', () => {
  it('logs what its host says, under the names of its own devices', () => {
    using rig = new Rig();
    rig.say(warning('rng', 'one'), warning('block', 'two'));
    rig.listen(2);
    expect(rig.log).toEqual([
      { level: 'warn', component: 'rng', message: 'one' },
      { level: 'warn', component: 'disk vda, rng', message: 'two' },
    ]);
  });

  it('lets no host fill the log', () => {
    using rig = new Rig();
    jest.useFakeTimers();
    for (let round = 0; round < 3; round += 1) {
      rig.say(...Array.from({ length: 50 }, () => warning('rng', 'again')));
      rig.listen(50);
      jest.runAllTimers();
    }
    rig.listen(150);
    jest.useRealTimers();
    expect(rig.log).toHaveLength(100);
  });

  it('has others take their turn when a host says much at once', () => {
    using rig = new Rig();
    jest.useFakeTimers();
    rig.say(...Array.from({ length: 80 }, () => warning('rng', 'again')));
    rig.listen(80);
    const atOnce = rig.log.length;
    jest.runAllTimers();
    rig.listen(80);
    jest.useRealTimers();
    expect([atOnce, rig.log.length]).toEqual([64, 80]);
  });

  it('listens no more to a host that says what is too large', () => {
    using rig = new Rig();
    rig.host.send(new Uint8Array(4096));
    rig.listen();
    rig.say(warning('rng', 'afterwards'));
    rig.listen();
    expect(rig.log).toEqual([]);
  });

  it('asks its host, and gives each answer to whom it is for', async () => {
    using rig = new Rig();
    const asked = rig.link.command('rng', { kind: 'balloon-state' }, 10_000);
    const message = rig.host.receive();
    expect(typeof message === 'string' ? message : decodeRequest(message.bytes)).toEqual({
      kind: 'command',
      id: 1,
      device: 'rng',
      command: { kind: 'balloon-state' },
    });
    rig.say({ kind: 'answer', id: 7, answer: 'to nobody' }, { kind: 'answer', id: 1, answer: 5 });
    rig.listen(2);
    expect(await asked).toBe(5);
    expect([rig.link.serves('rng'), rig.link.serves('disk vdb')]).toEqual([true, false]);
  });

  it('asks no more when the VM has ended, or its host', async () => {
    using rig = new Rig();
    const asked = rig.link.command('rng', { kind: 'balloon-state' }, 10_000);
    rig.end(undefined);
    await expect(asked).rejects.toThrow('its device host is gone');
    using ended = new Rig();
    ended.link.vmEnded();
    await expect(ended.link.command('rng', { kind: 'balloon-state' }, 1)).rejects.toThrow();
  });

  it.each([
    [new Error('it was killed by SIGSEGV'), 'it was killed by SIGSEGV'],
    [undefined, 'it ended'],
  ])('reports a host that ends by itself: %p', async (how, expected) => {
    using rig = new Rig();
    rig.end(how);
    await Promise.resolve();
    expect(rig.failures).toEqual([expected]);
  });

  it('reports what a host said of its failure rather than how it ended', async () => {
    using rig = new Rig();
    rig.say({ kind: 'failed', message: 'disk vda: EIO', stack: '' });
    rig.end(new Error('it ended with status 1'));
    await Promise.resolve();
    expect(rig.failures).toEqual(['disk vda: EIO']);
  });

  it('lets a host finish, and reports nothing', async () => {
    using rig = new Rig();
    const stopped = rig.link.stop(PATIENT);
    const told = rig.told();
    rig.say(FINISHED);
    rig.end(undefined);
    await stopped;
    expect([told, rig.events, rig.failures, rig.log]).toEqual([['drain'], [], [], []]);
  });

  it.each([
    [new Error('it ended with status 1'), 'it ended with status 1'],
    [undefined, 'it ended'],
  ])('says so when a host ends before it has finished: %p', async (how, expected) => {
    using rig = new Rig();
    const stopped = rig.link.stop(PATIENT);
    rig.end(how);
    await stopped;
    expect(rig.failures).toEqual([]);
    expect(rig.log.map(({ message }) => message)).toEqual([
      `the device host of disk vda did not end well: ${expected}`,
    ]);
  });

  it('reports a host that could not be jailed, although the guest has ended meanwhile', async () => {
    using rig = new Rig(undefined, { isJailed: true });
    const stopped = rig.link.stop(PATIENT);
    rig.end(new Error('it cannot be jailed'));
    await stopped;
    expect([rig.failures, rig.log]).toEqual([['it cannot be jailed'], []]);
  });

  it('kills a host that does not end', async () => {
    using rig = new Rig((self) => {
      self.end(new Error('it was killed by SIGKILL'));
      return true;
    });
    await rig.link.stop(IMPATIENT);
    expect(rig.events).toEqual(['kill']);
    expect(rig.log.map(({ message }) => message)).toEqual([
      'the device host of disk vda does not end, and is killed',
    ]);
  });

  it('waits for a reader as long as nobody is in a hurry, and no longer', async () => {
    using rig = Rig.withOutput();
    const hurry = new AbortController();
    const patience = { hostMs: 10_000, hurry: hurry.signal, hurriedOutputMs: 1 };
    const stopped = rig.link.stop(patience);
    rig.say(FINISHED);
    rig.listen();
    const waiting = await Promise.race([stopped.then(() => 'ended'), delay(20, 'waiting')]);
    hurry.abort();
    await hungUp(rig.host);
    rig.end(undefined);
    await stopped;
    expect([waiting, rig.events, rig.log]).toEqual(['waiting', [], []]);
  });

  it('asks a host that waits for a reader again and again, and kills it when it is silent', async () => {
    using rig = Rig.withOutput();
    const stopped = rig.link.stop({ ...PATIENT, hostMs: 50 });
    rig.say(FINISHED);
    rig.listen();
    await stopped;
    expect(rig.told()).toEqual(['drain', 'drain']);
    expect(rig.events).toEqual(['kill', 'abandon']);
  });

  it('hangs up on a host that says that it has finished and does not end', async () => {
    using rig = new Rig();
    const stopped = rig.link.stop({ ...PATIENT, hostMs: 20 });
    rig.say(FINISHED);
    rig.listen();
    await hungUp(rig.host);
    rig.end(undefined);
    await stopped;
    expect([rig.events, rig.log]).toEqual([[], []]);
  });

  it('gives up a host that cannot be killed', async () => {
    using rig = new Rig(() => false);
    await rig.link.stop(IMPATIENT);
    expect(rig.events).toEqual(['kill', 'abandon']);
    expect(rig.log.map(({ message }) => message)).toEqual([
      'the device host of disk vda does not end, and is given up',
    ]);
  });

  it('does not mind a host that went away without reading what it was told', async () => {
    using rig = new Rig();
    rig.link.send({ kind: 'setup', logLevel: 'warn' });
    rig.host[Symbol.dispose]();
    expect(() => rig.link.send({ kind: 'setup', logLevel: 'warn' })).not.toThrow();
    rig.end(undefined);
    await rig.link.stop(PATIENT);
  });

  it('does not mind a host that is gone when it is told something', async () => {
    using rig = new Rig();
    using event = EventFd.create();
    rig.host[Symbol.dispose]();
    expect(() => rig.link.send({ kind: 'drain' }, [event.raw])).not.toThrow();
    rig.end(undefined);
    await rig.link.stop(PATIENT);
    expect(rig.events).toEqual([]);
  });
});
