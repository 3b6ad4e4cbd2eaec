import { spawn } from 'node:child_process';

import { adopt } from './scratch';

/** A command to time. */
export interface Timed {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The environment without what makes Node.js do more than it does by itself: certificates that it is to
 * load, for one, take longer than the rest of its start.
 */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_'));
  return Object.fromEntries(kept);
}

/** When the text came, and what came with it. */
export interface Output {
  /** Milliseconds since the command was started. */
  readonly milliseconds: number;
  /** The last 64 KiB. */
  readonly output: string;
}

/**
 * Starts a command, waits until its standard output has `text`, and kills it.
 * @throws Error if it ends before, or takes longer than `timeoutMs`
 */
export async function outputUntil(
  { command, args }: Timed,
  text: string,
  timeoutMs: number,
): Promise<Output> {
  const from = performance.now();
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: plainEnvironment(),
  });
  adopt(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    return await new Promise<Output>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString('latin1')).slice(-65536);
        if (output.includes(text)) {
          resolve({ milliseconds: performance.now() - from, output });
        }
      });
      child.once('error', reject);
      child.once('close', (code, signal) => {
        const tail = `${errors.slice(-1000)}${output.slice(-1000)}`;
        reject(new Error(`${command} ended (${code ?? signal}) before '${text}':\n${tail}`));
      });
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
    await ended;
  }
}
