import { LOAD_MS, LOADS_PATTERN } from './settings';

/** A load on a disk. */
export interface Load {
  readonly name: string;
  /** Of the figures that the guest prints. */
  readonly id: string;
  readonly unit: string;
  /** For `disk-load`. */
  readonly args: string;
}

function load(operation: string, block: number, depth: number): Load {
  const isRandom = operation.startsWith('rand');
  const pattern = isRandom ? '4 KiB random' : '1 MiB sequential';
  return {
    name: `${pattern} ${operation.replace('rand', '')}, depth ${depth}`,
    id: `${operation}-${depth}`,
    unit: isRandom ? 'requests/s' : 'MiB/s',
    args: `${operation} ${block} ${depth} ${LOAD_MS}`,
  };
}

const PAGE = 4096;
const MIB = 1024 ** 2;

/** What is done to each disk, reads first: what was written may still be under way at the host. */
const ALL_LOADS: readonly Load[] = [
  load('randread', PAGE, 1),
  load('randread', PAGE, 32),
  load('read', MIB, 1),
  load('read', MIB, 8),
  load('randwrite', PAGE, 1),
  load('randwrite', PAGE, 32),
  load('write', MIB, 1),
  load('write', MIB, 8),
];

/** Those of them that are to be measured. */
export const LOADS = ALL_LOADS.filter(({ id }) => LOADS_PATTERN.test(id));

/** What all loads on a disk take: each of them is kept up for half as long before it counts. */
export const LOADS_MS = (LOADS.length + 2) * LOAD_MS * 1.5;

/** For `disk-load`, before all others, and not counted: a program that is compiled as it runs takes a while. */
export const WARM_UP_ARGS = `randread ${PAGE} 32 ${2 * LOAD_MS}`;
