import type { Command } from './command';
import { parseInteger } from './integer';
import type { OptionSpec } from './option-group';
import { helpOption } from './options/general';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

const SECOND_MS = 1000;
const DEFAULT_INTERVAL_S = 1;
const MAX_INTERVAL_S = 3600;

const USAGE = 'crosvm top [OPTIONS] SOCKET';

const onceOption: OptionSpec = { name: 'once', help: 'Print one table, of one interval, and end' };

const intervalOption: OptionSpec = {
  name: 'interval',
  value: 'SECONDS',
  help: `How long to count between two tables (default: ${DEFAULT_INTERVAL_S})`,
};

/** All options of `top`. */
export const TOP_OPTIONS: readonly OptionSpec[] = [onceOption, intervalOption, helpOption];

/** The help text of `top`. */
export const topHelp: HelpPage = {
  usage: USAGE,
  text:
    'Shows what the vCPUs and devices of a virtual machine do, by its control socket, until it ends or q ' +
    'is typed. When the output is no terminal, a table is printed each interval. IN is what the guest gets: ' +
    'reads from a disk, frames that it receives.',
  groups: [{ title: 'Options', options: TOP_OPTIONS }],
  examples: [
    ['Watch a virtual machine', 'crosvm top /run/crosvm.sock'],
    ['What it did in ten seconds', 'crosvm top --once --interval 10 /run/crosvm.sock'],
  ],
};

/**
 * Reads the arguments after `crosvm top`.
 * @throws UsageError if they cannot be understood
 */
export async function parseTop(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, TOP_OPTIONS);
  if (values.has(helpOption.name)) {
    return { kind: 'print', text: await renderHelp(topHelp), stream: 'stdout', exitStatus: 0 };
  }
  const [socket, extra] = positionals;
  if (socket === undefined) {
    throw new UsageError('no SOCKET is given', { hint: `usage: ${USAGE}` });
  }
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`);
  }
  const interval = parseInteger(values.one(intervalOption.name) ?? String(DEFAULT_INTERVAL_S), {
    name: '--interval',
    least: 1,
    most: MAX_INTERVAL_S,
    unit: 'seconds',
  });
  const times = values.has(onceOption.name) ? { times: 1 } : {};
  return { kind: 'top', socket, intervalMs: interval * SECOND_MS, ...times };
}
