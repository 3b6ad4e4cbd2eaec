/*
 * A VMM of a test's: it has no guest, and its devices are hostile. It runs them in batches, as a VM runs
 * its devices, and prints what came of their attempts.
 *
 * It uses the directory that it is started in, which is empty. Arguments: the mode, the directory of the
 * policies, and what to try in hosts of which kinds.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { EventLoopPoller, GuestMemory } from '@crosvm/sys-util';

import { SeccompPolicies } from '../host/seccomp-policies';
import { type Attempt, type HostKind, list, type Outcome } from './attempt';
import { attemptNamed, NOTHING } from './attempts';
import { Batch, type Ground, type Mode } from './batch';
import { Outside } from './outside';

/** What to try in one kind of host. */
export interface Task {
  readonly kind: HostKind;
  /** Names of attempts. */
  readonly attempts: readonly string[];
}

/** What a process looks like from outside. */
export interface Sight {
  /** Where its descriptors lead, in order, without numbers of inodes. */
  readonly fds: readonly string[];
  /** Permissions of its memory: each combination that there is, such as `r-xp`. */
  readonly permissions: readonly string[];
  /** Soft and hard. */
  readonly coreLimit: string;
}

/** What came of one task. */
export interface Result {
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** A host of that kind that did nothing; undefined where hosts are no processes. */
  readonly sight?: Sight | undefined;
}

/** Devices at a time. Those of one thread have to share the messages that it may say. */
const BATCH: Readonly<Record<Mode, number>> = { jailed: 40, unfiltered: 40, free: 10 };

/** Attempts of one device, where they are not ended by the first. */
const ATTEMPTS = 8;

function* chunks<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += size) {
    yield items.slice(at, at + size);
  }
}

function look(pid: number): Sight {
  const directory = `/proc/${pid}/fd`;
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').trim().split('\n');
  const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
  return {
    fds: readdirSync(directory)
      .map((fd) => readlinkSync(`${directory}/${fd}`).replace(/:\[\d+\]| \(deleted\)/, ''))
      .sort(),
    permissions: [...new Set(maps.map((line) => line.split(' ')[1] ?? ''))].sort(),
    coreLimit: /^Max core file size +(\S+ +\S+)/m.exec(limits)?.[1] ?? '',
  };
}

/** Whether nothing can be tried in the same process afterwards. */
function isLast({ isLast: always = false, jailed }: Attempt, mode: Mode): boolean {
  return (
    always || (mode === 'jailed' && list(jailed).some((each) => /^(forbidden|killed) /.test(each)))
  );
}

/** The attempts of each device. */
function shares(mode: Mode, attempts: readonly string[]): readonly (readonly string[])[] {
  const last = attempts.filter((name) => isLast(attemptNamed(name), mode));
  const others = attempts.filter((name) => !last.includes(name));
  return [...chunks(others, ATTEMPTS), ...chunks(last, 1)];
}

async function carryOut(
  ground: Ground,
  attempts: readonly string[],
  outside: Outside,
): Promise<Result> {
  const outcomes: (readonly [string, Outcome])[] = [];
  const idle = new Batch(
    ground,
    [{ attempts: [NOTHING], world: outside.world(undefined) }],
    () => [],
  );
  await idle.outcomes();
  const { pid } = idle;
  const world = outside.world(pid);
  const orders = shares(ground.mode, attempts).map((share) => ({ attempts: share, world }));
  for (const some of chunks(orders, BATCH[ground.mode])) {
    const batch = new Batch(ground, some, () => outside.resources());
    outcomes.push(...(await batch.outcomes()));
    await batch.stop();
  }
  const sight = pid === undefined ? undefined : look(pid);
  await idle.stop();
  return { outcomes: Object.fromEntries(outcomes), sight };
}

async function main(): Promise<void> {
  const [mode, policyDir, tasks = '[]'] = process.argv.slice(2);
  const memory = GuestMemory.create([{ at: 0, size: 0x10_0000 }]);
  using poller = new EventLoopPoller();
  using outside = new Outside(process.cwd(), memory);
  await outside.listen();
  const policies = new SeccompPolicies(policyDir);
  const results: Result[] = [];
  for (const { kind, attempts } of JSON.parse(tasks) as Task[]) {
    const ground: Ground = { mode: mode as Mode, kind, policies, memory, poller };
    results.push(await carryOut(ground, attempts, outside));
  }
  process.stdout.write(JSON.stringify(results));
}

// A device may make a terminal its own, whose end is heard of then.
process.on('SIGHUP', () => undefined);
void main().finally(() => process.exit());
