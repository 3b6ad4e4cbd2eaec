import { spawn } from 'node:child_process';

/** A command to time. */
export interface Timed {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Milliseconds from starting a command until its standard output has `text`. Then it is killed.
 * @throws Error if it ends before, or takes longer than `timeoutMs`
 */
export async function timeToOutput(
  { command, args }: Timed,
  text: string,
  timeoutMs: number,
): Promise<number> {
  const from = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('latin1')));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString('latin1')).slice(-65536);
        if (output.includes(text)) {
          resolve(performance.now() - from);
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
