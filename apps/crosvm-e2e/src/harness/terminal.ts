import { readFileSync } from 'node:fs';

import { spawn } from '@lydell/node-pty';

import type { Connection, Exit, Launch } from './connection';
import { ANSWER_MS, until } from './time';
import { Transcript } from './transcript';

/** The settings of a terminal (`stty -g`) before a program ran on it and afterwards. */
export interface TerminalSettings {
  readonly before: string;
  readonly after: string;
}

/** A connection by a terminal. */
export interface TerminalConnection extends Connection {
  /** Resolves when the program has ended. */
  readonly settings: Promise<TerminalSettings>;
}

/**
 * What stands in for the user's shell: it leads the session, looks at the settings of the terminal,
 * has the program run in the foreground, and looks again. What a killed program leaves to others to put right
 * takes a moment. It stays until all it wrote was read, for its terminal goes when it does.
 */
const SHELL = `
trap : INT QUIT TERM
before=$(stty -g)
sh -c 'echo $$ >"$0"; exec "$@"' "$@"
status=$?
tries=20
until after=$(stty -g); [ "$after" = "$before" ] || [ $tries = 0 ]; do
  tries=$((tries - 1))
  sleep 0.1
done
printf '\\r\\n[terminal %s %s status %s]\\r\\n' "$before" "$after" "$status"
read -r _
`;

/** What it reports in the end. */
const REPORT = /\r+\n\[terminal (\S+) (\S+) status (\d+)\]\r+\n/;

/** Starts a process on a pseudo-terminal, as the foreground program of a shell. */
export function connectByTerminal(launch: Launch, pidFile: string): TerminalConnection {
  const terminal = spawn('/bin/sh', ['-c', SHELL, 'shell', pidFile, ...launch.command], {
    cwd: launch.cwd,
    env: { ...launch.env },
    cols: 80,
    rows: 24,
    encoding: null,
  });
  const output = new Transcript('terminal');
  // Without an encoding it is bytes, which its types do not know.
  terminal.onData((data) => output.add(data as unknown as Buffer));
  terminal.onExit(() => output.end('the shell on the terminal ended'));
  const report = output.find(REPORT).then((match) => {
    output.end('crosvm ended');
    terminal.write('\n');
    return match;
  });
  const exit = report.then(exitOf);
  const settings = report.then(([, before = '', after = '']) => ({ before, after }));
  // Whoever does not wait for the end hears of a failure from the transcript.
  exit.catch(() => undefined);
  settings.catch(() => undefined);
  return {
    stdout: output,
    stderr: output,
    exit,
    settings,
    pid: () => until('the process id', ANSWER_MS, () => readPid(pidFile)),
    type: (text) => terminal.write(text),
    close: () => terminal.kill('SIGKILL'),
  };
}

/** A shell's status does not tell an end by a signal from a status above 128. */
function exitOf([, , , status = '']: RegExpExecArray): Exit {
  return { code: Number(status), signal: null };
}

function readPid(path: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(path, 'latin1'), 10) || undefined;
  } catch {
    return undefined;
  }
}
