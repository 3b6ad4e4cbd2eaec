import { type ChildProcess, execFileSync, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import type { Connection, Exit, Launch } from './connection';
import { Transcript } from './transcript';

/** How a process is connected that has no terminal. */
export interface PipeOptions {
  /** No standard input at all: `/dev/null`, as under a service manager. */
  readonly noInput?: boolean;
  /** Where the standard output is a real pipe, of 64 KiB; Node makes socket pairs, which hold more. */
  readonly fifoIn?: string;
}

/** A connection whose output can be left unread for a while. */
export interface PipeConnection extends Connection {
  /** Reads no more of the standard output, so that its writer has to wait. */
  holdOutput(): void;
  releaseOutput(): void;
}

/** Starts a process on pipes. */
export function connectByPipes(launch: Launch, options: PipeOptions): PipeConnection {
  const [program = '', ...args] = launch.command;
  const fifo = options.fifoIn === undefined ? undefined : makeFifo(options.fifoIn);
  const stdio: StdioOptions = [options.noInput === true ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  if (fifo !== undefined) {
    stdio[1] = fifo.writeEnd;
  }
  const child = spawn(program, args, {
    cwd: launch.cwd,
    env: launch.env,
    stdio,
    // A session of its own: signals to the tests' terminal are no part of a test.
    detached: true,
  });
  if (fifo !== undefined) {
    closeSync(fifo.writeEnd);
  }
  const output = fifo?.readEnd ?? child.stdout;
  const stdout = collect('standard output', output);
  const stderr = collect('standard error', child.stderr);
  // Typing to a process that has just ended is no failure of the test.
  child.stdin?.on('error', () => undefined);
  const exit = exitOf(child, [output, child.stderr]).finally(() => {
    stdout.end('crosvm ended');
    stderr.end('crosvm ended');
  });
  // Whoever does not wait for the end hears of it from the transcripts.
  exit.catch(() => undefined);
  return {
    stdout,
    stderr,
    exit,
    pid: () => Promise.resolve(child.pid ?? 0),
    type: (text) => child.stdin?.write(text),
    holdOutput: () => output?.pause(),
    releaseOutput: () => output?.resume(),
    close: () => [output, child.stderr, child.stdin].forEach((stream) => stream?.destroy()),
  };
}

/** Both ends of a named pipe in a directory; the end to read does not block. */
function makeFifo(directory: string): { readEnd: Socket; writeEnd: number } {
  const path = join(directory, 'stdout');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const readEnd = new Socket({ fd, readable: true, writable: false });
  return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
}

function collect(name: string, stream: Readable | null): Transcript {
  const transcript = new Transcript(name);
  stream?.on('data', (chunk: Buffer) => transcript.add(chunk));
  return transcript;
}

async function exitOf(child: ChildProcess, streams: readonly (Readable | null)[]): Promise<Exit> {
  const drained = streams
    .filter((stream) => stream !== null)
    .map((stream) => once(stream, 'close'));
  const ended = await new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await Promise.all(drained);
  return ended;
}
