import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { transformSync } from 'esbuild';

import * as dataModel from './index';

const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';

describe('the example of the README', () => {
  it('prints what its comments say', () => {
    const printed: string[] = [];
    const require = (): unknown => dataModel;
    const console = { log: (...values: unknown[]) => printed.push(values.join(' ')) };
    const { code } = transformSync(example, { loader: 'ts', format: 'cjs' });
    new Function('require', 'console', 'module', code)(require, console, {});

    const comments = Array.from(example.matchAll(/console\.log.*; \/\/ (.*)/g), ([, text]) => text);
    expect(comments.length).toBeGreaterThan(3);
    expect(printed).toEqual(comments);
  });
});
