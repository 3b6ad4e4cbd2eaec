import { syscallConstant, syscallsOf } from '@crosvm/syscall-defines';

import { matchRule } from '../policy/decide';
import type { Policy } from '../policy/policy';

/** What a process is told of calls that it cannot do without. */
interface EssentialCall {
  readonly name: string;
  readonly args: readonly bigint[];
}

/** The call by which a listener travels to the supervisor. */
const HAND_OVER = 'sendmsg';

const PAGE = 4096n;

/**
 * What is called before a supervisor listens: a process whose policy forbids one of these would wait
 * for an answer that nobody gives. To send the listener, and memory for JavaScript meanwhile, in the ways
 * in which V8 and libc ask for it.
 */
function essentialCalls({ arch }: Policy): readonly EssentialCall[] {
  const value = (name: string): bigint => BigInt(syscallConstant(arch, name) ?? 0);
  const none = value('PROT_NONE');
  const readWrite = value('PROT_READ') | value('PROT_WRITE');
  const anonymous = value('MAP_PRIVATE') | value('MAP_ANONYMOUS');
  const sendFlags = value('MSG_DONTWAIT') | value('MSG_NOSIGNAL');
  return [
    { name: HAND_OVER, args: [3n, PAGE, sendFlags] },
    { name: 'brk', args: [PAGE] },
    { name: 'mmap', args: [0n, PAGE, none, anonymous | value('MAP_NORESERVE')] },
    { name: 'mmap', args: [0n, PAGE, readWrite, anonymous] },
    { name: 'mprotect', args: [PAGE, PAGE, readWrite] },
    { name: 'munmap', args: [PAGE, PAGE] },
    { name: 'madvise', args: [PAGE, PAGE, value('MADV_DONTNEED')] },
  ];
}

/** A policy that forbids what a process needs to be locked down by it at all. */
export class EssentialCallError extends Error {
  override readonly name = 'EssentialCallError';

  constructor(
    /** The policy's file; undefined if it is of none. */
    readonly file: string | undefined,
    /** The calls that it forbids. */
    readonly calls: readonly string[],
  ) {
    const which = file === undefined ? 'the policy' : `the policy '${file}'`;
    super(`${which} forbids ${calls.join(', ')}, which every process needs to start`);
  }
}

/**
 * Sees to it that a process can be locked down by a policy.
 * @throws EssentialCallError
 */
export function checkEssentialCalls(policy: Policy): void {
  const numbers = syscallsOf(policy.arch);
  const forbidden = essentialCalls(policy)
    .filter(({ name, args }) => matchRule(policy, { nr: numbers[name] ?? -1, args }) === undefined)
    .map(({ name }) => name);
  if (forbidden.length > 0) {
    throw new EssentialCallError(policy.files[0], [...new Set(forbidden)]);
  }
}

/**
 * What of a policy is left when a supervisor wants to see every call: what brings it the listener, and
 * what the thread that sends it may tell other threads meanwhile.
 */
export function handOverOnly(policy: Policy): Policy {
  return {
    ...policy,
    rules: policy.rules.filter(({ name }) => [HAND_OVER, 'futex'].includes(name)),
  };
}
