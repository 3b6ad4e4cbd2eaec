import { type SyscallArch, syscallsOf } from '@crosvm/syscall-defines';
import fc from 'fast-check';

import {
  type AddressRange,
  AUDIT_ARCH,
  compileFilter,
  type CompileOptions,
  decide,
  decodeAction,
  parsePolicy,
  type Policy,
  runFilter,
  type SeccompAction,
  type SystemCall,
  type Violation,
} from '../index';
import { drawnCalls, fitCall, policyText } from '../testing/arbitrary-policy';

const ARCHES: readonly SyscallArch[] = ['x86_64', 'aarch64'];
const RANGE: AddressRange = { start: 0x7f12_ffff_e000, end: 0x7f13_0000_4000 };
const OTHER_RANGE: AddressRange = { start: 0x7f12_fff0_0000, end: 0x7f12_fff8_0000 };
/** Addresses and lengths around the range, and protections. */
const NEAR_RANGE = [
  RANGE.start,
  RANGE.end,
  RANGE.end - RANGE.start,
  0x2000,
  0xffff_f000,
  4,
  5,
  7,
].map(BigInt);

const VIOLATIONS: Readonly<Record<string, SeccompAction>> = {
  kill: { kind: 'kill-process' },
  trap: { kind: 'trap', data: 0 },
  log: { kind: 'log' },
  notify: { kind: 'notify' },
  38: { kind: 'errno', errno: 38 },
};

/** What the option `executable` adds, said without halves. */
function mayProtect(
  arch: SyscallArch,
  { nr, args }: SystemCall,
  ranges: readonly AddressRange[],
): boolean {
  const { mprotect, pkey_mprotect } = syscallsOf(arch);
  const [address = 0n, length = 0n, protection = 0n] = args;
  return (
    [mprotect, pkey_mprotect].includes(nr) &&
    protection <= 7n &&
    ranges.some(({ start, end }) => address >= BigInt(start) && address + length <= BigInt(end))
  );
}

/** What a filter should answer to a call of the policy's own ABI. */
function expected(policy: Policy, call: SystemCall, options: CompileOptions): SeccompAction {
  const { violation = 'kill', allowed = 'allow', executable = [] } = options;
  const decision = decide(policy, call);
  if (decision.kind === 'allow' || mayProtect(policy.arch, call, executable)) {
    return { kind: allowed };
  }
  return decision.kind === 'errno' ? decision : (VIOLATIONS[violation] ?? { kind: 'allow' });
}

const options: fc.Arbitrary<CompileOptions> = fc.record(
  {
    violation: fc.constantFrom<Violation>('kill', 'trap', 'log', 'notify', 38),
    allowed: fc.constantFrom('allow', 'notify'),
    executable: fc.constantFrom([], [RANGE], [OTHER_RANGE, RANGE]),
  },
  { requiredKeys: [] },
);

describe.each(ARCHES)('filter and policy of %s', (arch) => {
  const agree = (most: number, numRuns: number): void => {
    const property = fc.property(
      policyText(arch, most),
      drawnCalls,
      options,
      (text, drawn, chosen) => {
        const policy = parsePolicy(text, { arch });
        const program = compileFilter(policy, chosen);
        const isOwn = ({ nr }: SystemCall): boolean => arch === 'aarch64' || nr < 0x4000_0000;

        const calls = drawn.map((call) => fitCall(policy, call, NEAR_RANGE)).filter(isOwn);
        const answers = calls.map((call) =>
          decodeAction(runFilter(program, { ...call, arch: AUDIT_ARCH[arch] })),
        );

        expect(answers).toEqual(calls.map((call) => expected(policy, call, chosen)));
      },
    );
    fc.assert(property, { numRuns });
  };

  it('agree about small policies', () => agree(6, 200));

  it('agree about policies that are longer than a jump reaches', () => agree(250, 12));

  it('agree that calls of another ABI kill', () => {
    const other = fc.record({ nr: fc.nat(2 ** 32 - 1), arch: fc.nat(2 ** 32 - 1) });
    const property = fc.property(policyText(arch, 20), other, options, (text, call, chosen) => {
      fc.pre(call.arch !== AUDIT_ARCH[arch]);
      const program = compileFilter(parsePolicy(text, { arch }), chosen);

      expect(decodeAction(runFilter(program, { ...call, args: [] }))).toEqual({
        kind: 'kill-process',
      });
    });
    fc.assert(property, { numRuns: 100 });
  });
});

it('calls with the bit of x32 kill', () => {
  const number = fc.integer({ min: 0x4000_0000, max: 2 ** 32 - 1 });
  const property = fc.property(policyText('x86_64', 20), number, options, (text, nr, chosen) => {
    const program = compileFilter(parsePolicy(text, { arch: 'x86_64' }), chosen);
    const value = runFilter(program, { nr, arch: AUDIT_ARCH.x86_64, args: [] });

    expect(decodeAction(value)).toEqual({ kind: 'kill-process' });
  });
  fc.assert(property, { numRuns: 100 });
});
