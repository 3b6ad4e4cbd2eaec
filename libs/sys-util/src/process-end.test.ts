import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { bundleScript } from './testing/bundle';

const run = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });

describe('dieWithParent', () => {
  it('ends a process with its parent, even a parent that was killed', async () => {
    using child = bundleScript(`
      import { dieWithParent } from './index';
      dieWithParent();
      process.stdout.write('ready');
      setInterval(() => undefined, 1000);
    `);
    using parent = bundleScript(`
      import { spawn } from 'node:child_process';
      spawn(process.execPath, [process.argv[2]], { stdio: ['ignore', 'inherit', 'inherit'] });
    `);
    const { pid = 0, stdout } = run(parent.path, child.path);
    const [ready] = (await once(stdout!, 'data')) as [Buffer];
    const ended = once(stdout!, 'close');

    process.kill(pid, 'SIGKILL');
    // Whoever has the other end of the pipe is gone.
    await ended;

    expect(ready.toString()).toBe('ready');
  });
});

describe('exitNow', () => {
  it('ends a process whose other thread never comes back', async () => {
    using script = bundleScript(`
      import { isMainThread, Worker } from 'node:worker_threads';
      import { consumeSignal, exitNow, SignalSet } from './index';
      if (isMainThread) {
        new Worker(__filename).once('message', () => exitNow(7));
      } else {
        const { parentPort } = require('node:worker_threads');
        parentPort.postMessage('stuck');
        consumeSignal(new SignalSet([]), 1e9);
      }
    `);
    const child = run(script.path);
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(7);
  });
});
