import type { Attempt } from '../attempt';
import { CRASH } from './crash';
import { DESCRIPTORS } from './descriptors';
import { DISK } from './disk';
import { FILES } from './files';
import { KERNEL } from './kernel';
import { COMPILED_MEMORY, INTERPRETED_MEMORY, MEMORY } from './memory';
import { NUMBERS } from './numbers';
import { PRIVILEGES } from './privileges';
import { PROCESSES } from './processes';
import { RING } from './ring';
import { SOCKETS } from './sockets';

/** The name of the attempt that does nothing. */
export const NOTHING = 'nothing';

const IDLE: Attempt = {
  name: NOTHING,
  run: () => undefined,
  jailed: 'works',
  unfiltered: ['works'],
  free: ['works'],
};

/** What devices of every kind try. */
export const GROUPS: Readonly<Record<string, readonly Attempt[]>> = {
  'files and directories': FILES,
  sockets: SOCKETS,
  'programs and processes': PROCESSES,
  'privileges and namespaces': PRIVILEGES,
  memory: MEMORY,
  'its descriptors': DESCRIPTORS,
  'the kernel and the machine': KERNEL,
  'numbers of calls': NUMBERS,
};

export { COMPILED_MEMORY, CRASH, DISK, INTERPRETED_MEMORY, RING };

/** @throws RangeError if there is none of that name */
export function attemptNamed(name: string): Attempt {
  const general = Object.values(GROUPS).flat();
  const special = [...COMPILED_MEMORY, ...INTERPRETED_MEMORY, ...DISK, ...RING];
  const found = [IDLE, CRASH, ...general, ...special].find((each) => each.name === name);
  if (found === undefined) {
    throw new RangeError(`no attempt is called '${name}'`);
  }
  return found;
}
