import * as v from 'valibot';

import { quote } from '../cli/quote';
import { suggest } from '../cli/suggest';
import { UsageError } from '../cli/usage-error';
import { propertyName } from './property-name';
import { vmConfigSchema, type VmConfig } from './schema';

type Path = readonly v.IssuePathItem[];

type Issue = v.BaseIssue<unknown>;

/** The names of types as valibot writes them, and what to call them. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  Object: 'an object',
  Array: 'a list',
};

/** `disk[0].path` */
function pathText(path: Path): string {
  return path.reduce((text, { key }) => {
    if (typeof key === 'number') {
      return `${text}[${key}]`;
    }
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/**
 * What is wrong with a value that could be of several kinds: the kind that comes nearest tells. Paths of
 * its issues begin at the value.
 */
function nearest(issue: Issue): { readonly issue: Issue; readonly path: Path } {
  const path = issue.path ?? [];
  const kinds = issue.type === 'union' ? (issue.issues ?? []).map(nearest) : [];
  const [deepest] = kinds.sort((a, b) => b.path.length - a.path.length);
  if (deepest === undefined || deepest.path.length === 0) {
    return { issue, path };
  }
  return { issue: deepest.issue, path: [...path, ...deepest.path] };
}

function expectation({ expected, requirement }: Issue): string {
  if (expected === null) {
    return 'a whole number';
  }
  if (typeof requirement === 'number') {
    return `${requirement} or more`;
  }
  const parts = expected.replace(/[()]/g, '').split(' | ');
  const kinds = [...new Set(parts.map((part) => KINDS[part] ?? part.replace(/^"(.*)"$/, '$1')))];
  const last = kinds.pop() ?? '';
  return kinds.length === 0 ? last : `${kinds.join(', ')} or ${last}`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quote(value) : JSON.stringify(value);
}

/** What was meant by a name: one of the configuration's, or that of a key in camelCase. */
function meantBy(path: Path): string | undefined {
  const word = String(path.at(-1)?.key);
  if (path.length === 1) {
    return suggest(word, Object.keys(vmConfigSchema.entries));
  }
  const property = propertyName(word);
  return property === word ? undefined : property;
}

function unknownName(path: Path): UsageError {
  const meant = meantBy(path);
  return new UsageError(`${pathText(path)} is no name of a configuration`, {
    hint:
      meant === undefined
        ? 'the names are those of the options, in camelCase; crosvm config-schema prints them'
        : `did you mean ${meant}?`,
  });
}

function configError(first: Issue): UsageError {
  const { issue, path } = nearest(first);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return unknownName(path);
  }
  const what = path.length === 0 ? 'a configuration' : pathText(path);
  return new UsageError(
    issue.input === undefined
      ? `${what} is missing`
      : `${what} must be ${expectation(issue)}, not ${shown(issue.input)}`,
  );
}

/** A list is an object, too, but none with names. */
function checkObject(value: unknown): void {
  if (Array.isArray(value)) {
    throw new UsageError('a configuration must be an object, not a list');
  }
}

/**
 * Checks that something is a configuration of a VM, as far as its form goes.
 * @throws UsageError that names the property, what it must be, and what it is
 */
export function checkConfig(value: unknown): VmConfig {
  checkObject(value);
  const { success, output, issues } = v.safeParse(vmConfigSchema, value, { abortEarly: true });
  if (!success) {
    throw configError(issues[0]);
  }
  return output;
}
