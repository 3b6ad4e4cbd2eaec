import { join } from 'node:path';

import { compileFilter, decodeAction, loadPolicy, runFilter } from '@crosvm/io-jail';
import { WITHOUT_RINGS } from '@crosvm/sys-util/testing';

import { type Attempt, list, type Outcome } from './attempt';
import { COMPILED_MEMORY, CRASH, DISK, GROUPS, INTERPRETED_MEMORY, RING } from './attempts';
import { trials } from './kinds';
import { HostileVmm, POLICIES, WITHOUT_NAMESPACES } from './run-vmm';
import type { Result } from './vmm';

// Some hundred processes, on whatever machine.
jest.setTimeout(120_000);

const describeWithJails = WITHOUT_NAMESPACES === '' ? describe : describe.skip;

const withRings = WITHOUT_RINGS === '' ? it : it.skip;

const SPECIAL = {
  "V8's memory for code, where it compiles": COMPILED_MEMORY,
  "V8's memory for code, where it does not": INTERPRETED_MEMORY,
  'descriptors of a disk': DISK,
};
const ALL_GROUPS = Object.entries({ ...GROUPS, ...SPECIAL });
const TRIALS = trials();

const name = ({ name: text }: Attempt): string => text;

/** What came of attempts otherwise than it should. */
function surprises(
  attempts: readonly Attempt[],
  outcomes: Readonly<Record<string, Outcome>>,
  expected: (attempt: Attempt) => readonly Outcome[],
): readonly string[] {
  return attempts
    .filter((attempt) => expected(attempt).length > 0)
    .filter((attempt) => !expected(attempt).includes(outcomes[attempt.name] ?? ''))
    .map(
      (attempt) =>
        `${attempt.name}: ${outcomes[attempt.name]}, not ${expected(attempt).join(' or ')}`,
    );
}

/** What comes of everything in one mode, whatever the policy. */
function merged(results: readonly Result[]): Readonly<Record<string, Outcome>> {
  return Object.assign({}, ...results.map(({ outcomes }) => outcomes)) as Record<string, Outcome>;
}

describeWithJails(`a hostile device${WITHOUT_NAMESPACES}`, () => {
  let vmm: HostileVmm;
  let jailed: readonly Result[];
  let unfiltered: Readonly<Record<string, Outcome>>;
  let free: Readonly<Record<string, Outcome>>;

  beforeAll(async () => {
    vmm = new HostileVmm();
    const tasks = TRIALS.map(({ kind, attempts }) => ({ kind, attempts: attempts.map(name) }));
    const some = (mode: 'unfiltered' | 'free') =>
      TRIALS.map(({ kind, attempts }) => ({
        kind,
        attempts: attempts.filter((each) => each[mode].length > 0).map(name),
      }));
    const results = await Promise.all([
      vmm.run('jailed', tasks),
      vmm.run('unfiltered', some('unfiltered')),
      vmm.run('free', some('free')),
    ]);
    jailed = results[0];
    unfiltered = merged(results[1]);
    free = merged(results[2]);
  });

  afterAll(() => vmm[Symbol.dispose]());

  it.each(TRIALS.map((trial, index) => [trial.kind.policy, trial.attempts, index] as const))(
    'does not get out under the policy %s',
    (_policy, attempts, index) => {
      const outcomes = jailed[index]?.outcomes ?? {};

      expect(surprises(attempts, outcomes, (attempt) => list(attempt.jailed))).toEqual([]);
    },
  );

  it.each(ALL_GROUPS)(
    'finds other walls where forbidden calls are only logged: %s',
    (_group, attempts) => {
      expect(surprises(attempts, unfiltered, (attempt) => attempt.unfiltered)).toEqual([]);
    },
  );

  it.each(ALL_GROUPS)('has its way without a sandbox: %s', (_group, attempts) => {
    expect(surprises(attempts, free, (attempt) => attempt.free)).toEqual([]);
  });

  withRings(`does with a ring of its own what the ring of a disk refuses${WITHOUT_RINGS}`, () => {
    expect(surprises(RING, unfiltered, (attempt) => attempt.unfiltered)).toEqual([]);
    expect(surprises(RING, free, (attempt) => attempt.free)).toEqual([]);
  });

  it('has no descriptors but its own, nor code that can be written to where nothing is compiled', () => {
    const sights = jailed.map(({ sight }, index) => ({ sight, kind: TRIALS[index]?.kind }));
    const interpreted = sights.filter(({ kind }) => kind?.compiled === false);

    const fds = sights.map(({ sight }) => [...new Set(sight?.fds)]);
    const own = ['/memfd:crosvm_guest', '/memfd:stderr', '/null'];
    const nameless = ['anon_inode:[eventfd]', 'anon_inode:[eventpoll]', 'socket'];
    expect(fds).toEqual(sights.map(() => [...own, ...nameless]));
    const permissions = new Set(interpreted.flatMap(({ sight }) => sight?.permissions ?? []));
    expect([...permissions].filter((each) => each.includes('wx'))).toEqual([]);
    expect(permissions).toContain('rw-p');
  });

  it('leaves no core file', async () => {
    const { kind } = TRIALS[0]!;
    const [result] = await vmm.run('jailed', [{ kind, attempts: [CRASH.name] }]);

    expect(surprises([CRASH], result?.outcomes ?? {}, ({ jailed: one }) => list(one))).toEqual([]);
    expect(result?.sight?.coreLimit).toMatch(/^0 +0$/);
    const crash = vmm.run('free', [{ kind, attempts: [CRASH.name] }]);
    await expect(crash).rejects.toMatchObject({ signal: 'SIGSEGV' });
  });
});

describe.each(TRIALS.map(({ kind }) => kind.policy))('the filter of %s', (policy) => {
  const filter = compileFilter(loadPolicy(join(POLICIES, `${policy}.policy`)));

  // AUDIT_ARCH_I386, _ARM, _AARCH64: what int 0x80 and the like would be.
  it.each([0x4000_0003, 0x4000_0028, 0xc000_00b7])('kills for calls of architecture %d', (arch) => {
    const actions = Array.from({ length: 512 }, (_, nr) =>
      decodeAction(runFilter(filter, { nr, arch, args: [] })),
    );

    expect(new Set(actions.map(({ kind }) => kind))).toEqual(new Set(['kill-process']));
  });
});
