import { HOST_KIND } from './host';

/** Software emulation takes about this many times as long. */
const EMULATED_FACTOR = 20;

/** A machine that does other things besides may take this many times as long. */
const NATIVE_FACTOR = 4;

/** By what everything that has a time limit is multiplied here; `CROSVM_E2E_TIME_FACTOR` sets it. */
const TIME_FACTOR = readFactor();

/** Most time to wait for the next thing that a guest at work prints. */
export const ANSWER_MS = 5_000 * TIME_FACTOR;

/** Most time from the start of a VM to the first thing it says. */
export const BOOT_MS = 8_000 * TIME_FACTOR;

/** Most time from being told to end to the end; also for commands that end by themselves. */
export const END_MS = 5_000 * TIME_FACTOR;

/** Most time until a VM is gone that something terrible happened to: two seconds on a real machine. */
export const PROMPT_MS = 500 * TIME_FACTOR;

/** A time limit for a whole test, from what it would take on a machine with nothing else to do. */
export function scaled(milliseconds: number): number {
  return milliseconds * TIME_FACTOR;
}

/** Resolves after a while: for giving others time, never for something to be done by then. */
export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What a promise brings, or undefined when that takes too long. */
export async function withLimit<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks again and again until the answer is other than undefined.
 * @throws Error saying what was waited for, after `limitMs`
 */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => T | undefined,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = ask();
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${limitMs} ms for ${what}`);
    }
    await pause(20);
  }
}

/** Asks until the answer is as it is to be; the last one, if that takes too long. */
export async function polled<T>(
  limitMs: number,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer) || performance.now() > deadline) {
      return answer;
    }
    await pause(50);
  }
}

function readFactor(): number {
  const wish = Number(process.env.CROSVM_E2E_TIME_FACTOR);
  if (wish > 0) {
    return wish;
  }
  return HOST_KIND === 'emulated' ? EMULATED_FACTOR : NATIVE_FACTOR;
}
