import { parseInteger } from '../cli/integer';
import type { OptionSpec } from '../cli/option-group';
import { parseBytes } from '../cli/parse-bytes';
import { quote } from '../cli/quote';
import { UsageError } from '../cli/usage-error';
import { balloonStatsText, balloonText } from './balloon-text';
import type { ControlCommand } from './control-command';
import { statusLine, statusText } from './status-text';

/** A VM has 26 disks at most. */
const MAX_DISK_INDEX = 25;

const SHRINK: OptionSpec = {
  name: 'shrink',
  help: 'The disk may become smaller: what is behind the new end is lost',
};

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
  balloon: {
    summary: 'Ask guests to give memory back',
    text: 'Asks guests to do without SIZE bytes of their memory, or to take back what they gave beyond it. The host has that memory for others. It takes a while, and as much of it as a guest can spare: crosvm balloon_stats shows how far it has come.',
    args: ['SIZE'],
    example: ['Take 128 MiB from a guest', 'crosvm balloon 134217728 /run/crosvm.sock'],
    read: ([size = '']) => {
      const bytes = parseBytes(size, 'SIZE');
      return async (client, options) => {
        const result = await client.call('balloon', { bytes }, options);
        return { result, text: balloonText(result) };
      };
    },
  },
  balloon_stats: {
    summary: 'Show how much memory guests gave back, and how they use the rest',
    text: 'Shows how much memory guests gave back, and what they say about the rest.',
    args: [],
    example: ['See how a guest uses its memory', 'crosvm balloon_stats /run/crosvm.sock'],
    read: () => async (client, options) => {
      const result = await client.call('balloonStats', {}, options);
      return { result, text: balloonStatsText(result) };
    },
  },
  disk: {
    summary: 'Make disks of running virtual machines larger or smaller',
    text: 'Makes disk INDEX, in the order of the command line from 0 on, SIZE bytes large, and its image with it. The guest sees it at once. Read-only disks keep their size; a block device has its own, which the guest follows.',
    args: ['resize', 'INDEX', 'SIZE'],
    options: [SHRINK],
    example: ['Make the first disk 4 GiB', 'crosvm disk resize 0 4294967296 /run/crosvm.sock'],
    read: ([action = '', which = '', size = ''], values) => {
      if (action !== 'resize') {
        throw new UsageError(`a disk can be resized, but not ${quote(action)}`, {
          hint: 'say crosvm disk resize INDEX SIZE SOCKET',
        });
      }
      const index = parseInteger(which, { name: 'INDEX', least: 0, most: MAX_DISK_INDEX });
      const bytes = parseBytes(size, 'SIZE');
      const shrink = values.has(SHRINK.name);
      return async (client, options) => {
        const result = await client.call('resizeDisk', { index, bytes, shrink }, options);
        return { result, text: `disk ${index} has ${result.bytes} bytes` };
      };
    },
  },
  powerbtn: {
    summary: 'Press the power button: guests are asked to switch off',
    text: 'Presses the power button (ACPI). A guest that takes notice, as those of distributions do, shuts down in order and switches off, when it likes.',
    args: [],
    example: ['Ask a guest to shut down', 'crosvm powerbtn /run/crosvm.sock'],
    read: () => async (client, options) => {
      await client.powerButton(options);
      return { result: {}, text: 'power button pressed' };
    },
  },
  suspend: {
    summary: 'Stop virtual machines where they are',
    text: 'Stops virtual CPUs and devices where they are, until crosvm resume. The clocks of the guests stand still meanwhile.',
    args: [],
    example: ['Stop a virtual machine for a while', 'crosvm suspend /run/crosvm.sock'],
    read: () => async (client, options) => {
      await client.suspend(options);
      return { result: {}, text: 'suspended' };
    },
  },
  resume: {
    summary: 'Let virtual machines go on that were suspended',
    text: 'Lets virtual machines go on that were suspended.',
    args: [],
    example: ['Go on', 'crosvm resume /run/crosvm.sock'],
    read: () => async (client, options) => {
      await client.resume(options);
      return { result: {}, text: 'resumed' };
    },
  },
  vms: {
    summary: 'List the virtual machines whose control sockets are in a directory',
    text: 'Lists the control sockets in directories, and what the virtual machines are that they belong to.',
    args: [],
    directories: true,
    example: ['List virtual machines', 'crosvm vms /run/vms'],
    read: () => async (client, options) => {
      const status = await client.status(options);
      return { result: status, text: statusLine(status) };
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
