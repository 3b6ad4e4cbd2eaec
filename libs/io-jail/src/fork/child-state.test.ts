import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { Errno } from '@crosvm/sys-util';

import { anyStopped, pollStop } from './child-state';

/** Waits for what comes in its own time. */
async function eventually<Result>(look: () => Result | undefined): Promise<Result> {
  let result = look();
  for (; result === undefined; result = look()) {
    await delay(5);
  }
  return result;
}

it('tells once of a child that was stopped, and leaves its end to others', async () => {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  const pid = child.pid ?? 0;

  expect(pollStop(pid)).toBeUndefined();
  child.kill('SIGSTOP');
  expect(await eventually(anyStopped)).toBe(pid);
  expect(pollStop(pid)).toBe('SIGSTOP');
  expect([pollStop(pid), anyStopped()]).toEqual([undefined, undefined]);

  child.kill('SIGKILL');
  expect(await exit).toEqual([null, 'SIGKILL']);
  expect(() => pollStop(pid)).toThrow(expect.objectContaining({ errno: Errno.ECHILD }) as Error);
});
