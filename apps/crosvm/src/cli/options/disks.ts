import type { DiskFormat } from '@crosvm/devices';

import type { DiskSettings, RunConfig } from '../../config';
import { type KeyValueRule, parseKeyValues, parseSwitch } from '../key-values';
import type { OptionGroup } from '../option-group';
import type { GivenOption } from '../option-values';
import { quote } from '../quote';
import { UsageError } from '../usage-error';

/** vda to vdz; the slots of the bus that are left are for other devices. */
const MAX_DISKS = 26;

/** VIRTIO_BLK_ID_BYTES. */
const MAX_ID_BYTES = 20;

/** A sector, and a page: Linux takes no disk with larger blocks. */
const BLOCK_SIZES = [512, 1024, 2048, 4096];

const FORMATS = ['raw', 'qcow2'] as const;

const KEYS = ['format', 'backing', 'backing_format', 'sparse', 'block_size', 'o_direct', 'id'];

const SHAPE = { keys: KEYS, first: 'path' };

interface DiskOption {
  readonly readOnly: boolean;
  readonly isRoot: boolean;
}

const DISK_OPTIONS: ReadonlyMap<string, DiskOption> = new Map([
  ['root', { readOnly: true, isRoot: true }],
  ['rwroot', { readOnly: false, isRoot: true }],
  ['disk', { readOnly: true, isRoot: false }],
  ['rwdisk', { readOnly: false, isRoot: false }],
]);

/** The disks, in the order in which they are given. */
export const diskOptions: OptionGroup<Pick<RunConfig, 'disks' | 'root'>> = {
  title: 'Disks',
  options: [
    {
      name: 'root',
      slot: 'root',
      ...SHAPE,
      short: 'r',
      value: 'PATH[,KEYS]',
      repeatable: true,
      help: 'A read-only disk, which the guest is told to mount as its root',
    },
    {
      name: 'rwroot',
      slot: 'root',
      ...SHAPE,
      value: 'PATH[,KEYS]',
      repeatable: true,
      help: 'The same, writable',
    },
    {
      name: 'disk',
      ...SHAPE,
      short: 'd',
      value: 'PATH[,KEYS]',
      repeatable: true,
      help: `A read-only disk; may be repeated, up to ${MAX_DISKS} disks in all`,
    },
    {
      name: 'rwdisk',
      ...SHAPE,
      value: 'PATH[,KEYS]',
      repeatable: true,
      help: [
        'A writable disk; may be repeated',
        'PATH is an image or a block device. Disks are vda, vdb, ... in the order in which they ' +
          'are given. Keys, joined by commas:',
        'format=raw|qcow2: what the image is (default: raw, whatever it looks like)',
        'backing=PATH: what a qcow2 image stands on; it is only read (default: nothing)',
        'backing_format=raw|qcow2: what that is (default: raw)',
        'sparse=true|false: what the guest discards is given back to the host (default: true)',
        `block_size=${BLOCK_SIZES.join('|')}: bytes of a logical block (default: 512)`,
        "o_direct=true|false: past the host's page cache (default: false)",
        `id=TEXT: serial number, up to ${MAX_ID_BYTES} characters (default: none)`,
      ].join('\n'),
    },
  ],
  read(values) {
    const given = values.among([...DISK_OPTIONS.keys()]);
    if (given.length > MAX_DISKS) {
      throw new UsageError(`${given.length} disks are given, but a VM can have ${MAX_DISKS}`, {
        hint: 'put several file systems on one disk, as partitions',
      });
    }
    const root = rootIndex(given);
    return { disks: given.map(parseDisk), ...(root !== undefined && { root }) };
  },
};

/** There is one root at most. */
function rootIndex(given: readonly GivenOption[]): number | undefined {
  const isRoot = ({ name }: GivenOption): boolean => DISK_OPTIONS.get(name)?.isRoot === true;
  const [first, second] = given.filter(isRoot);
  if (first === undefined) {
    return undefined;
  }
  if (second !== undefined) {
    const what =
      first.name === second.name
        ? `option --${first.name} is given twice`
        : `--${first.name} and --${second.name} are both given`;
    throw new UsageError(`${what}, but there is one root`, {
      hint: 'give the other disks with --disk or --rwdisk',
    });
  }
  return given.indexOf(first);
}

/**
 * Reads the value of one of these options, such as `data.img,id=data`.
 * @throws UsageError for anything else
 */
export function parseDisk({ name, value }: GivenOption): DiskSettings {
  const option = `--${name}`;
  const rule: KeyValueRule = { option, ...SHAPE };
  const pairs = parseKeyValues(value, rule);
  const path = pairs.get('path') ?? '';
  if (path === '') {
    throw new UsageError(`${option} needs a path that is not empty`, {
      hint: `say ${option} PATH, then what else there is: ${option} disk.img,id=data`,
    });
  }
  return {
    path,
    readOnly: DISK_OPTIONS.get(name)?.readOnly !== false,
    sparse: !pairs.has('sparse') || parseSwitch(pairs, 'sparse', rule),
    direct: parseSwitch(pairs, 'o_direct', rule),
    ...(pairs.has('block_size') && { blockSize: parseBlockSize(pairs, option) }),
    ...(pairs.has('id') && { id: parseId(pairs, option) }),
    ...parseFormats(pairs, option),
  };
}

type Pairs = ReturnType<typeof parseKeyValues>;

type Formats = Pick<DiskSettings, 'format' | 'backing' | 'backingFormat'>;

/** What the image is, and what is under it. */
function parseFormats(pairs: Pairs, option: string): Formats {
  const format = parseFormat(pairs, 'format', option);
  const backingFormat = parseFormat(pairs, 'backing_format', option);
  const backing = pairs.get('backing');
  if (pairs.has('backing') && (backing ?? '') === '') {
    throw new UsageError(`${option}: backing needs a path that is not empty`);
  }
  if (format !== 'qcow2' && (pairs.has('backing') || backingFormat !== undefined)) {
    throw new UsageError(`${option}: only a qcow2 image stands on another file`, {
      hint: 'add format=qcow2, if it is one',
    });
  }
  if (backing === undefined && backingFormat !== undefined) {
    throw new UsageError(`${option}: backing_format needs backing=PATH`);
  }
  if (format === 'qcow2' && parseSwitch(pairs, 'o_direct', { option, ...SHAPE })) {
    throw new UsageError(`${option}: o_direct is for raw images, not for qcow2`);
  }
  return {
    ...(format !== undefined && { format }),
    ...(backing !== undefined && { backing }),
    ...(backingFormat !== undefined && { backingFormat }),
  };
}

function parseFormat(pairs: Pairs, key: string, option: string): DiskFormat | undefined {
  if (!pairs.has(key)) {
    return undefined;
  }
  const text = pairs.get(key) ?? '';
  const format = FORMATS.find((candidate) => candidate === text);
  if (format === undefined) {
    throw new UsageError(`${option}: ${key} must be raw or qcow2, not ${quote(text)}`);
  }
  return format;
}

function parseBlockSize(pairs: Pairs, option: string): number {
  const text = pairs.get('block_size') ?? '';
  const size = BLOCK_SIZES.find((candidate) => String(candidate) === text);
  if (size === undefined) {
    throw new UsageError(
      `${option}: block_size must be one of ${BLOCK_SIZES.join(', ')}, not ${quote(text)}`,
    );
  }
  return size;
}

function parseId(pairs: Pairs, option: string): string {
  const id = pairs.get('id') ?? '';
  if (!/^[\x20-\x7e]*$/.test(id) || id.length > MAX_ID_BYTES) {
    throw new UsageError(
      `${option}: id must be up to ${MAX_ID_BYTES} printable ASCII characters, not ${quote(id)}`,
    );
  }
  return id;
}
