import { setTimeout as delay } from 'node:timers/promises';

import { ControlClient, ControlError } from '@crosvm/vm-control';

import type { Command } from '../cli/command';
import { printText } from '../cli/print-text';
import { Screen } from './screen';
import { type Status, topText } from './top-text';

const SECOND_MS = 1000;

/** What ends it, besides the VM and the keyboard. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves in that time, or before it when the signal is aborted. */
async function rest(ms: number, { signal }: AbortController): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/** What the VM has done; undefined when it is gone. */
async function statusOf(client: ControlClient): Promise<Status | undefined> {
  try {
    return await client.status();
  } catch (error) {
    if (error instanceof ControlError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * `crosvm top`: shows what a VM does until it ends or the user has seen enough, and returns the exit
 * status.
 * @throws ControlError and others if there is no VM
 */
export async function topCommand(command: Command & { kind: 'top' }): Promise<number> {
  const { socket, intervalMs, times } = command;
  using client = await ControlClient.connect(socket);
  const quit = new AbortController();
  const stop = (): void => quit.abort();
  const isOver = (): boolean => quit.signal.aborted;
  SIGNALS.forEach((signal) => process.once(signal, stop));
  // Whoever reads the output may be gone.
  process.stdout.once('error', stop);
  using screen = process.stdout.isTTY && times === undefined ? new Screen(stop) : undefined;
  let before = await client.status();
  let at = performance.now();
  for (let shown = 0; !isOver() && shown !== times; shown += 1) {
    await rest(intervalMs, quit);
    const now = await statusOf(client);
    if (now === undefined || isOver()) {
      break;
    }
    const seconds = (performance.now() - at) / SECOND_MS;
    at = performance.now();
    const text = topText(before, now, seconds);
    before = now;
    if (screen === undefined) {
      await printText(process.stdout, text);
    } else {
      screen.show(text);
    }
  }
  return 0;
}
