import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { loadPolicy, parsePolicy, type Policy } from '../index';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'policy-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const load = (path: string): Policy => loadPolicy(path, { arch: 'x86_64' });
const namesOf = ({ rules }: Policy): readonly string[] => rules.map(({ name }) => name);

describe('a policy in a file', () => {
  it('includes files relative to its own directory, or by absolute paths', () => {
    mkdirSync(join(directory, 'sub'));
    const absolute = write('absolute.policy', 'close: 1');
    write('sub/plain.policy', '@include ../up.policy # from here\nread: 1');
    write('up.policy', 'write: 1');
    const path = write('a.policy', `@include ./sub/plain.policy\n@include ${absolute}\nfstat: 1`);

    const policy = load(path);

    expect(namesOf(policy)).toEqual(['read', 'write', 'close', 'fstat']);
    expect(policy.files.map((file) => file.slice(directory.length + 1))).toEqual([
      'a.policy',
      'sub/plain.policy',
      'up.policy',
      'absolute.policy',
    ]);
  });

  it('needs no ./ before the name of what it includes', () => {
    write('common.policy', 'read: 1');

    expect(namesOf(load(write('a.policy', '@include common.policy')))).toEqual(['read']);
  });

  it('may be reached by a symbolic link', () => {
    symlinkSync(write('a.policy', 'read: 1'), join(directory, 'link'));

    expect(namesOf(load(join(directory, 'link')))).toEqual(['read']);
  });

  it('is for this machine if nothing else is said', () => {
    expect(loadPolicy(write('a.policy', 'read: 1')).rules).toHaveLength(1);
  });

  it('tells mistakes in what it includes by their own places', () => {
    write('common.policy', '\nraed: 1\nwrite: 1');
    const path = write('a.policy', '@include common.policy\nwrite: 1\nread 1');

    expect(() => load(path)).toThrow(
      [
        `${directory}/common.policy:2:1: unknown system call 'raed' on x86_64: did you mean 'read'?`,
        `${path}:2:1: 'write' has a rule at ${directory}/common.policy:3:1 already: join them by '||'`,
        `${path}:3:6: expected ':' after the name of the system call, found '1'`,
      ].join('\n'),
    );
  });
});

describe('a file that cannot be read', () => {
  it('is named', () => {
    const path = join(directory, 'none.policy');

    expect(() => load(path)).toThrow(`${path}: no such file`);
    expect(() => load(directory)).toThrow(`${directory}: it is a directory`);
    expect(() => load(join(write('a', ''), 'b'))).toThrow('a part of its path is no directory');
  });

  it('is no pipe that nobody writes to', () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);

    expect(() => load(path)).toThrow(`${path}: not a regular file`);
  });

  it('is not too large', () => {
    expect(() => load(write('a.policy', '#'.repeat(1024 * 1024 + 1)))).toThrow(
      'too many for a policy',
    );
  });

  it('is named where it is included', () => {
    const path = write('a.policy', 'read: 1\n  @include ./none.policy');

    expect(() => load(path)).toThrow(
      `${path}:2:12: cannot include ${directory}/none.policy: no such file`,
    );
  });
});

describe('an include', () => {
  const read = (files: Readonly<Record<string, string>>) => (path: string) => {
    const text = files[path];
    if (text === undefined) {
      throw new Error('not here');
    }
    return text;
  };

  const parse = (files: Readonly<Record<string, string>>): Policy =>
    parsePolicy(files.a ?? '', { arch: 'x86_64', file: 'a', read: read(files) });

  it('can come from anywhere', () => {
    expect(namesOf(parse({ a: '@include d/b', 'd/b': '@include c', 'd/c': 'read: 1' }))).toEqual([
      'read',
    ]);
  });

  it('does not come from anywhere if nobody says how', () => {
    expect(() => parsePolicy('@include b', { arch: 'x86_64' })).toThrow(
      'policy:1:10: cannot include b: this text cannot include files',
    );
  });

  it('cannot go round in circles', () => {
    expect(() => parse({ a: '@include b', b: '@include c', c: '\n@include ./b' })).toThrow(
      "c:2:10: './b' includes itself: b -> c -> b",
    );
    expect(() => parse({ a: '@include a' })).toThrow("a:1:10: 'a' includes itself: a -> a");
  });

  it('is once enough', () => {
    const files = { a: '@include b\n@include c', b: '@include c', c: 'read: 1' };

    expect(() => parse(files)).toThrow("a:2:10: 'c' is included at b:1:10 already");
  });

  it('cannot be nested without end', () => {
    const text = (path: string): string => `@include ${path}x`;

    expect(() => parsePolicy(text('x'), { arch: 'x86_64', file: 'x', read: text })).toThrow(
      'more than 10 files include each other: x -> xx -> xxx',
    );
  });

  it('has a path, and nothing after it', () => {
    expect(() => parse({ a: '@include' })).toThrow(
      'a:1:9: expected the path of a policy, found the end of the line',
    );
    expect(() => parse({ a: '@include # none' })).toThrow('expected the path of a policy');
    expect(() => parse({ a: '@include b c' })).toThrow("expected the end of the line, found 'c'");
  });
});
