import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { ControlClient, ControlError } from '@crosvm/vm-control';

import type { Command } from '../cli/command';
import { errorHint, errorText } from '../cli/error-text';
import { printError } from '../cli/print-error';
import { printText } from '../cli/print-text';
import { UserError } from '../user-error';
import type { Outcome } from './control-command';

const EXIT_FAILURE = 1;

/** What came of one socket. */
type SocketOutcome = { readonly socket: string } & (Outcome | { readonly error: unknown });

/** The sockets in a directory. */
function socketsIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isSocket())
      .map(({ name }) => join(directory, name))
      .sort();
  } catch (cause) {
    throw new UserError(`${directory} cannot be listed`, { cause });
  }
}

/** Whether nobody listens at a socket that is there. */
function isGone(error: unknown): boolean {
  return error instanceof ControlError && error.code === 'NOT_LISTENING';
}

async function performOn(
  socket: string,
  command: Command & { kind: 'control' },
): Promise<SocketOutcome> {
  const { perform, timeoutMs } = command;
  try {
    using client = await ControlClient.connect(socket, { timeoutMs });
    return { socket, ...(await perform(client, { timeoutMs })) };
  } catch (error) {
    return command.directories && isGone(error)
      ? { socket, result: { state: 'gone' }, text: 'gone: its VM has ended without removing it' }
      : { socket, error };
  }
}

/** The error, and which VM it is about. */
function naming(socket: string, error: unknown): unknown {
  return errorText(error).includes(socket) ? error : new Error(socket, { cause: error });
}

function jsonOf(outcome: SocketOutcome): object {
  const { socket } = outcome;
  if (!('error' in outcome)) {
    return { socket, result: outcome.result };
  }
  const { error } = outcome;
  const code = error instanceof Error && 'code' in error ? error.code : 'INTERNAL';
  return { socket, error: { code, message: errorText(error), hint: errorHint(error) } };
}

async function print(outcome: SocketOutcome, json: boolean): Promise<void> {
  if (json) {
    await printText(process.stdout, `${JSON.stringify(jsonOf(outcome))}\n`);
  } else if ('error' in outcome) {
    printError(naming(outcome.socket, outcome.error));
  } else {
    await printText(process.stdout, `${outcome.socket}: ${outcome.text}\n`);
  }
}

/** Does what a command line asks of VMs that run, all at once; returns the exit status. */
export async function runControlCommand(command: Command & { kind: 'control' }): Promise<number> {
  const { directories } = command;
  const sockets = directories ? command.sockets.flatMap(socketsIn) : command.sockets;
  const outcomes = await Promise.all(sockets.map((socket) => performOn(socket, command)));
  for (const outcome of outcomes) {
    await print(outcome, command.json);
  }
  return outcomes.some((outcome) => 'error' in outcome) ? EXIT_FAILURE : 0;
}
