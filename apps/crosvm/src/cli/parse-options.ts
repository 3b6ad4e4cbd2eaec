import { parseArgs, type ParseArgsConfig } from 'node:util';

import type { OptionSpec } from './option-group';
import { type GivenOption, OptionValues } from './option-values';
import { quote } from './quote';
import { suggest } from './suggest';
import { UsageError } from './usage-error';

/** A command line taken apart. */
export interface ParsedOptions {
  readonly values: OptionValues;
  /** What is no option and belongs to none, in order. */
  readonly positionals: readonly string[];
}

type Token = NonNullable<ReturnType<typeof tokenize>>[number];
type OptionToken = Extract<Token, { kind: 'option' }>;

/**
 * Takes the arguments of a command apart: `--name value`, `--name=value`, `-n value`, `-nvalue`,
 * `-n=value`; options and positional arguments in any order; only positional ones after `--`.
 * The argument after an option that takes a value is its value, whatever it begins with.
 * @throws UsageError for unknown options, missing and superfluous values, and options given twice
 */
export function parseOptions(args: readonly string[], specs: readonly OptionSpec[]): ParsedOptions {
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  const given: GivenOption[] = [];
  const positionals: string[] = [];
  for (const token of tokenize(args, specs)) {
    if (token.kind === 'positional') {
      positionals.push(token.value);
    } else if (token.kind === 'option') {
      const argument = args[token.index] ?? '';
      checkOneDash(token, argument, known);
      const spec = known.get(token.name);
      if (spec === undefined) {
        throw unknownOption(token.rawName, known.keys());
      }
      add(given, spec, optionValue(spec, token));
    }
  }
  return { values: new OptionValues(given), positionals };
}

/** Names an option that does not exist, and the one that was perhaps meant. */
function unknownOption(rawName: string, known: Iterable<string>): UsageError {
  const meant = suggest(rawName.replace(/^-+/, ''), known);
  return new UsageError(`unknown option ${quote(rawName)}`, {
    hint: meant === undefined ? 'the options are listed by --help' : `did you mean --${meant}?`,
  });
}

/** Node's own tokenizer: it costs less than a millisecond, an argument parser package 30. */
function tokenize(args: readonly string[], specs: readonly OptionSpec[]) {
  const options: ParseArgsConfig['options'] = {};
  for (const { name, short, value } of specs) {
    options[name] = {
      type: value === undefined ? 'boolean' : 'string',
      ...(short !== undefined && { short }),
    };
  }
  // Not strict: it would refuse values that begin with a dash, and its messages have no suggestions.
  return parseArgs({ args: [...args], options, strict: false, tokens: true }).tokens;
}

/** `-mem 512` would be `-m em`, and the mistake be told of a value that nobody gave. */
function checkOneDash(
  token: OptionToken,
  argument: string,
  known: ReadonlyMap<string, OptionSpec>,
): void {
  const long = /^-([^-=][^=]+)/.exec(argument)?.[1];
  if (!token.rawName.startsWith('--') && long !== undefined && known.has(long)) {
    throw new UsageError(`unknown option ${quote(`-${long}`)}`, {
      hint: `did you mean --${long}?`,
    });
  }
}

function optionValue(spec: OptionSpec, token: OptionToken): string {
  const { rawName, inlineValue, value } = token;
  if (spec.value === undefined) {
    if (value !== undefined) {
      throw new UsageError(`option ${rawName} takes no value`);
    }
    return '';
  }
  if (value === undefined) {
    throw new UsageError(`option ${rawName} needs a value: ${rawName} ${spec.value}`);
  }
  const assigned = inlineValue && !rawName.startsWith('--') && value.startsWith('=');
  return assigned ? value.slice(1) : value;
}

function add(given: GivenOption[], spec: OptionSpec, value: string): void {
  const { name, repeatable = false } = spec;
  if (!repeatable && given.some((option) => option.name === name)) {
    if (spec.value !== undefined) {
      throw new UsageError(`option --${name} is given twice`);
    }
    return;
  }
  given.push({ name, value });
}
