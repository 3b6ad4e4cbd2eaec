import type { SyscallArch } from '@crosvm/syscall-defines';

import { parseAlternatives, parseValue } from './expression';
import { findCall, unknownCallText } from './names';
import type { Alternative, Refusal, Rule } from './policy';
import type { PolicyProblem } from './policy-error';
import type { TokenReader } from './token-reader';

const MAX_ERRNO = 4095n;
const VIOLATION: Refusal = { kind: 'violation' };

/** What minijail has and a policy here must not say, with the reason. */
const UNSUPPORTED: ReadonlyMap<string, string> = new Map([
  ['kill-thread', "a process that lost one thread is neither alive nor dead: write 'kill'"],
  ['trap', 'whoever installs the policy chooses what follows a violation'],
  ['trace', 'whoever installs the policy chooses what follows a violation'],
  ['user-notify', 'whoever installs the policy chooses what follows a violation'],
  ['log', "it would allow the call: write '1' or 'return ERRNO'"],
]);

/** What a rule says after its colon. */
type Outcome = Pick<Rule, 'alternatives' | 'otherwise'>;

function parseReturn(reader: TokenReader, arch: SyscallArch): Refusal {
  reader.expect('return');
  const { position } = reader;
  const errno = parseValue(reader, arch);
  if (errno > MAX_ERRNO) {
    const text = `an error number is 0 to ${MAX_ERRNO.toString()}: write EPERM, or its number`;
    throw reader.mistake('bad-errno', text, position);
  }
  return { kind: 'errno', errno: Number(errno) };
}

function parseOutcome(reader: TokenReader, arch: SyscallArch): Outcome {
  const { next, position, taken } = reader;
  const reason = UNSUPPORTED.get(next?.text ?? '');
  if (reason !== undefined) {
    throw reader.mistake('unsupported', `'${next?.text ?? ''}' is not supported: ${reason}`);
  }
  if (reader.accept('1') || reader.accept('allow')) {
    const always: Alternative = { comparisons: [], text: reader.textSince(taken), position };
    return { alternatives: [always], otherwise: VIOLATION };
  }
  if (reader.accept('kill') || reader.accept('kill-process')) {
    return { alternatives: [], otherwise: VIOLATION };
  }
  if (next?.text === 'return') {
    return { alternatives: [], otherwise: parseReturn(reader, arch) };
  }
  if (next?.text === '{') {
    throw reader.mistake('unsupported', "lists of filters are not supported: join terms by '||'");
  }
  const alternatives = parseAlternatives(reader, arch);
  const otherwise = reader.accept(';') ? parseReturn(reader, arch) : VIOLATION;
  return { alternatives, otherwise };
}

type NamedCall = Pick<Rule, 'name' | 'number' | 'position'>;

function parseCall(
  reader: TokenReader,
  arch: SyscallArch,
  problems: PolicyProblem[],
): NamedCall | undefined {
  const { position } = reader;
  const wanted = 'the name of a system call';
  const { text } = reader.take(wanted, ({ kind }) => kind === 'word' || kind === 'number');
  if (reader.next?.text === '[') {
    throw reader.mistake(
      'unsupported',
      "'[...]' is not supported: each architecture has its own file",
    );
  }
  const call = findCall(arch, text);
  if (call === undefined) {
    problems.push({ code: 'unknown-call', text: unknownCallText(arch, text), position });
    return undefined;
  }
  return { ...call, position };
}

/**
 * Parses `name: ...` or `{name, name}: ...`.
 * @param problems takes unknown names, so that all mistakes of a line are found
 * @returns a rule for each name
 */
export function parseStatement(
  reader: TokenReader,
  arch: SyscallArch,
  problems: PolicyProblem[],
): readonly Rule[] {
  const calls: (NamedCall | undefined)[] = [];
  if (reader.accept('{')) {
    do {
      calls.push(parseCall(reader, arch, problems));
    } while (reader.accept(','));
    reader.expect('}', "',' or '}'");
  } else {
    calls.push(parseCall(reader, arch, problems));
  }
  reader.expect(':', "':' after the name of the system call");
  const outcome = parseOutcome(reader, arch);
  reader.end();
  return calls.filter((call) => call !== undefined).map((call) => ({ ...call, ...outcome }));
}
