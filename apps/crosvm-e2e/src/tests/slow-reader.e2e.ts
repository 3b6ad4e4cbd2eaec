import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  hostLacksBareMetal,
  Scratch,
  testUnless,
  tooSlowUnless,
} from '../harness';

const lack = hostLacksBareMetal();

/** A named pipe that is full, and that nobody reads until the test does. */
class FullPipe implements Disposable {
  readonly #files = new Scratch();
  readonly path = this.#files.file('pipe');
  readonly #fd: number;

  constructor() {
    execFileSync('mkfifo', [this.path]);
    this.#fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
    expect(() => {
      for (;;) {
        writeSync(this.#fd, Buffer.alloc(4096, '.'));
      }
    }).toThrow('EAGAIN');
  }

  /** What is in it, but for what it was filled with. */
  read(): string {
    const buffer = Buffer.alloc(2 ** 20);
    const text = buffer.toString('latin1', 0, readSync(this.#fd, buffer));
    return text.replace(/^\.*/, '');
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
    this.#files[Symbol.dispose]();
  }
}

/** A VM whose guest has come to its end, while all that it printed waits for the reader of the pipe. */
async function endedGuest(pipe: FullPipe, more: readonly string[]): Promise<Crosvm> {
  const options = ['--log-level', 'info', ...more, '--serial', `type=file,path=${pipe.path}`];
  const vm = Crosvm.spawn(['run', ...options, bareMetalProgram('selftest')], { noInput: true });
  await vm.stderr.expect('INFO the guest powered off', BOOT_MS);
  return vm;
}

describe.each([
  ['a process for each device', []],
  ['one process for all devices', ['--disable-sandbox']],
])('output that nobody reads when the guest has ended, with %s', (_, options) => {
  const lackOfWay = lack ?? tooSlowUnless(options.length === 0);

  testUnless(lackOfWay, 'is waited for, and comes to its last line', async () => {
    using pipe = new FullPipe();
    await using vm = await endedGuest(pipe, options);
    pipe.read();
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(pipe.read()).toMatch(/^test boot: ok[^]*\n\d+ ok, 0 failed\r?\n$/);
  });

  testUnless(lackOfWay, 'is given up when crosvm is told to end', async () => {
    using pipe = new FullPipe();
    await using vm = await endedGuest(pipe, options);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(pipe.read()).toBe('');
    expect(vm.stderr.text).not.toContain('WARN');
  });
});

testUnless(
  lack,
  'a serial port that is stopped when the guest has ended holds up nobody',
  async () => {
    using pipe = new FullPipe();
    await using vm = await endedGuest(pipe, []);
    await vm.signalHost('serial 1', 'SIGSTOP');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stderr.text).toContain(
      'WARN the device host of serial 1 did not end well: it was stopped by SIGSTOP\n',
    );
  },
);
