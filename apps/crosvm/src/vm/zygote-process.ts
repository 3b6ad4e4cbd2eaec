import type * as ChildProcess from 'node:child_process';
import { join } from 'node:path';

import { adoptOrphans, FORKABLE_NODE_FLAGS, INTERPRETER_NODE_FLAGS } from '@crosvm/io-jail';
import { closeInheritedOnExec, type OwnedFd, socketPair } from '@crosvm/sys-util';

import { UserError } from '../user-error';
import { KeptStderr } from './kept-stderr';

/** Takes some milliseconds to load: not before there is a process to start. */
function loadChildProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

/** Lets programs that are started have no descriptors but those that they are given. */
function keepDescriptors(): void {
  try {
    closeInheritedOnExec();
  } catch (cause) {
    throw new UserError('device hosts cannot be started', {
      cause,
      hint: '/proc must be there: mount -t proc proc /proc',
    });
  }
}

/** What it says first of what went wrong, after the lines in which Node.js shows where. */
function complaint(said: string): string {
  const [line] = /^\w*Error\b.*$/m.exec(said) ?? said.split('\n', 1);
  return line === undefined || line === '' ? '' : `: ${line}`;
}

/** A process that device hosts are forked from; see `zygote.ts` for what it does. */
export interface ZygoteProcess {
  readonly process: ChildProcess.ChildProcess;
  /** What it runs, by which its forks are known. */
  readonly script: string;
  /** The socket to it; it ends when that is closed. */
  readonly socket: OwnedFd;
  /** Resolves when it has ended, or could not be started, with how it came to that. */
  readonly gone: Promise<string>;
}

/**
 * Starts it. It and the hosts get no descriptor but those they are given and no environment, and a session
 * of their own, so that keys of the terminal are not meant for them; they end with the thread that called
 * this, whatever ends that.
 * @param custom whether it is for devices of the user's own, too
 * @throws SysError EMFILE
 * @throws UserError if there is no /proc
 */
export function startZygote(custom: boolean): ZygoteProcess {
  // The hosts are children of a process that ends at once.
  adoptOrphans();
  keepDescriptors();
  const [near, far] = socketPair();
  const stderr = new KeptStderr();
  const flags = [...FORKABLE_NODE_FLAGS, ...INTERPRETER_NODE_FLAGS];
  const script = join(__dirname, custom ? 'custom-device-zygote.js' : 'device-zygote.js');
  const child = loadChildProcess().spawn(process.execPath, [...flags, script], {
    // The last one has the number CONTROL_FD.
    stdio: ['ignore', 'ignore', stderr.fd, far.raw],
    cwd: '/',
    env: {},
    detached: true,
  });
  far.close();
  child.unref();
  const gone = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      resolve(`${how}${complaint(stderr.text)}`);
      stderr[Symbol.dispose]();
    };
    child.once('error', (error) => end(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) => end(`it ended (${signal ?? `status ${code}`})`));
  });
  return { process: child, script, socket: near, gone };
}
