import type { ControlCommand } from './control-command';
import { statusText } from './status-text';

/** Every command that talks to control sockets: a new one is a row here. */
export const COMMANDS = {
  stop: {
    summary: 'End virtual machines in order, without asking the guest',
    text: 'Ends virtual machines in order, and waits until they are gone. The guests are not asked.',
    args: [],
    example: ['End a virtual machine', 'crosvm stop /run/crosvm.sock'],
    read: () => async (client, options) => {
      await client.stop(options);
      return { result: {}, text: 'stopped' };
    },
  },
  status: {
    summary: 'Show what virtual machines are and how they do',
    text: 'Shows what virtual machines are and how they do.',
    args: [],
    example: ['See how a virtual machine does', 'crosvm status /run/crosvm.sock'],
    read: () => async (client, options) => {
      const status = await client.status(options);
      return { result: status, text: statusText(status) };
    },
  },
} satisfies Readonly<Record<string, ControlCommand>>;

/** The name of such a command. */
export type ControlCommandName = keyof typeof COMMANDS;
