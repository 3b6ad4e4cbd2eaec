import type { SyscallArch } from '@crosvm/syscall-defines';

import { findConstant, unknownConstantText } from './names';
import type { Alternative, Comparison, Operator } from './policy';
import type { TokenReader } from './token-reader';
import type { Token } from './tokens';

const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '&', 'in']);
const ARGUMENT = /^arg(\d+)$/;
const NUMBER = /^-?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)$/;

const LAST_ARGUMENT = 5;
const MAX_UNSIGNED = 2n ** 64n - 1n;
const MIN_SIGNED = -(2n ** 63n);

function parseNumber(reader: TokenReader, token: Token): bigint {
  const { text } = token;
  if (!NUMBER.test(text)) {
    const hint = 'numbers are decimal, hexadecimal (0x1f) or octal (017)';
    throw reader.mistake('bad-number', `'${text}' is no number: ${hint}`, reader.positionOf(token));
  }
  const digits = text.replace('-', '');
  const magnitude = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = text.startsWith('-') ? -magnitude : magnitude;
  if (value > MAX_UNSIGNED || value < MIN_SIGNED) {
    const position = reader.positionOf(token);
    throw reader.mistake('bad-number', `${text} does not fit in 64 bits`, position);
  }
  return BigInt.asUintN(64, value);
}

function parseSingle(reader: TokenReader, arch: SyscallArch): bigint {
  const token = reader.take(
    'a constant or a number',
    ({ kind }) => kind === 'word' || kind === 'number',
  );
  if (token.kind === 'number') {
    return parseNumber(reader, token);
  }
  const value = findConstant(arch, token.text);
  if (value === undefined) {
    const text = unknownConstantText(arch, token.text);
    throw reader.mistake('unknown-constant', text, reader.positionOf(token));
  }
  return value;
}

function parseTerm(reader: TokenReader, arch: SyscallArch): bigint {
  const complement = reader.accept('~');
  let value: bigint;
  if (reader.accept('(')) {
    value = parseValue(reader, arch);
    reader.expect(')');
  } else {
    value = parseSingle(reader, arch);
  }
  return complement ? BigInt.asUintN(64, ~value) : value;
}

/**
 * Parses constants joined by `|`, with parentheses and `~`.
 * @returns 64 bits, negative numbers in two's complement
 */
export function parseValue(reader: TokenReader, arch: SyscallArch): bigint {
  let value = parseTerm(reader, arch);
  while (reader.accept('|')) {
    value |= parseTerm(reader, arch);
  }
  return value;
}

function parseArgument(reader: TokenReader): number {
  if (reader.next?.text === '(' || reader.next?.text === '!') {
    const text = "conditions are not grouped or negated: write alternatives, joined by '||'";
    throw reader.mistake('syntax', text);
  }
  const token = reader.take("an argument, 'arg0' to 'arg5'", ({ text }) => ARGUMENT.test(text));
  const number = Number(token.text.slice('arg'.length));
  if (number > LAST_ARGUMENT) {
    const text = `'${token.text}' does not exist: system calls have arg0 to arg5`;
    throw reader.mistake('bad-argument', text, reader.positionOf(token));
  }
  return number;
}

function parseComparison(reader: TokenReader, arch: SyscallArch): Comparison {
  const argument = parseArgument(reader);
  const wanted = "one of '==', '!=', '<', '<=', '>', '>=', '&', 'in'";
  const operator = reader.take(wanted, ({ text }) => OPERATORS.has(text)).text as Operator;
  return { argument, operator, value: parseValue(reader, arch) };
}

function parseAlternative(reader: TokenReader, arch: SyscallArch): Alternative {
  const { position, taken } = reader;
  const comparisons = [parseComparison(reader, arch)];
  while (reader.accept('&&')) {
    comparisons.push(parseComparison(reader, arch));
  }
  return { comparisons, text: reader.textSince(taken), position };
}

/** Parses comparisons joined by `&&` and, binding less tightly, `||`. */
export function parseAlternatives(reader: TokenReader, arch: SyscallArch): readonly Alternative[] {
  const alternatives = [parseAlternative(reader, arch)];
  while (reader.accept('||')) {
    alternatives.push(parseAlternative(reader, arch));
  }
  return alternatives;
}
