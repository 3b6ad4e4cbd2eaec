import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { METHODS } from './index';
import { ControlClient } from './client/control-client';
import { TestServer } from './testing/test-server';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');

describe('README.md', () => {
  it('has an example that does what it says', async () => {
    using server = new TestServer();
    const [, example = ''] = /```ts\n[^\n]+\n\n([^]*?)await client\.stop/.exec(readme) ?? [];
    const source = example.replace('/run/crosvm.sock', server.path).replace('using', 'const');
    const logged: unknown[][] = [];
    const AsyncFunction = (async () => Promise.resolve()).constructor as FunctionConstructor;
    const run = new AsyncFunction('ControlClient', 'console', `${source}; client.close();`) as (
      ...args: unknown[]
    ) => Promise<void>;

    await run(ControlClient, { log: (...values: unknown[]) => logged.push(values) });

    expect(logged).toEqual([['running', ['rng', 'disk vda']]]);
  });

  it('has every method in its table', () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);

    expect(rows).toEqual(Object.keys(METHODS));
  });

  it('has an example in Python that works where there is Python', async () => {
    using server = new TestServer();
    const [, example = ''] = /```python\n([^]*?)```/.exec(readme) ?? [];
    const python = hasPython() ? 'python3' : '/bin/echo';
    const args = hasPython()
      ? ['-c', example.replace('/run/crosvm.sock', server.path)]
      : ['running'];

    const { stdout } = await promisify(execFile)(python, args);

    expect(stdout.trim()).toBe('running');
  });
});

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
