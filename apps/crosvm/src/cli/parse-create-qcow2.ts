import type { DiskFormat } from '@crosvm/devices';

import type { Command } from './command';
import type { OptionSpec } from './option-group';
import { helpOption } from './options/general';
import { parseInteger } from './integer';
import { parseOptions } from './parse-options';
import { quote } from './quote';
import { type HelpPage, renderHelp } from './render-help';
import { UsageError } from './usage-error';

/** Most digits that a size is looked at with. */
const MAX_SIZE = 999_999_999_999_999;

const FACTORS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

const backingOption: OptionSpec = {
  name: 'backing_file',
  value: 'PATH',
  help: 'What the image stands on: what is not written yet is read from there',
};

const backingFormatOption: OptionSpec = {
  name: 'backing_format',
  value: 'raw|qcow2',
  choices: ['raw', 'qcow2'],
  help: 'What that is (default: raw)',
};

/** All options of `create_qcow2`. */
export const CREATE_QCOW2_OPTIONS: readonly OptionSpec[] = [
  backingOption,
  backingFormatOption,
  helpOption,
];

const USAGE = 'crosvm create_qcow2 [OPTIONS] PATH [SIZE]';

/** The help text of `create_qcow2`. */
export const createQcow2Help: HelpPage = {
  usage: USAGE,
  text:
    'Makes an empty disk image of the format qcow2, which takes as much room as is written to it. SIZE is ' +
    'in bytes, or with K, M, G or T; without it the disk is as large as what it stands on.',
  groups: [{ title: 'Options', options: CREATE_QCOW2_OPTIONS }],
  examples: [
    ['A disk of 20 GiB', 'crosvm create_qcow2 data.qcow2 20G'],
    [
      'A disk on top of an image that stays as it is',
      'crosvm create_qcow2 --backing_file debian.raw mine.qcow2',
    ],
  ],
};

/**
 * Reads the arguments after `crosvm create_qcow2`.
 * @throws UsageError if they cannot be understood
 */
export async function parseCreateQcow2(args: readonly string[]): Promise<Command> {
  const { values, positionals } = parseOptions(args, CREATE_QCOW2_OPTIONS);
  if (values.has(helpOption.name)) {
    const text = await renderHelp(createQcow2Help);
    return { kind: 'print', text, stream: 'stdout', exitStatus: 0 };
  }
  const [path = '', size, extra] = positionals;
  if (path === '') {
    throw new UsageError('no path of an image is given', { hint: `usage: ${USAGE}` });
  }
  if (extra !== undefined) {
    throw new UsageError(`unexpected argument ${quote(extra)}`, { hint: `usage: ${USAGE}` });
  }
  const backing = values.one(backingOption.name);
  const format = values.one(backingFormatOption.name);
  if (size === undefined && backing === undefined) {
    throw new UsageError('no size of the disk is given', { hint: `usage: ${USAGE}` });
  }
  if (backing === '') {
    throw new UsageError(`--${backingOption.name} needs a path that is not empty`);
  }
  return {
    kind: 'create-qcow2',
    path,
    ...(size !== undefined && { bytes: parseSize(size) }),
    ...(backing !== undefined && { backing: { path: backing, format: parseFormat(format) } }),
  };
}

function parseSize(text: string): number {
  const [, digits, letter] = /^(\d{1,9})([kmgt])(?:i?b)?$/.exec(text.toLowerCase()) ?? [];
  const factor = letter === undefined ? undefined : FACTORS[letter];
  const size = factor === undefined ? text : String(Number(digits) * factor);
  const bytes = parseInteger(size, { name: 'SIZE', least: 512, most: MAX_SIZE, unit: 'bytes' });
  if (bytes % 512 !== 0) {
    throw new UsageError(`SIZE must be whole sectors of 512 bytes, not ${quote(text)}`);
  }
  return bytes;
}

function parseFormat(text = 'raw'): DiskFormat {
  if (text !== 'raw' && text !== 'qcow2') {
    throw new UsageError(`--${backingFormatOption.name} must be raw or qcow2, not ${quote(text)}`);
  }
  return text;
}
