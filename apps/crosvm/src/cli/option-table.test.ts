import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { helpOption } from './options/general';
import { RUN_OPTIONS } from './parse-run';

const README = readFileSync(join(__dirname, '../../README.md'), 'utf8');

/** Rows of the README's table of options: names, and the default without its quotes. */
const rows = [...README.matchAll(/^\| (`-[^|]+?) +\| [^|]+ \| ([^|]+?) +\|$/gm)].map(
  ([, names = '', byDefault = '']) => ({
    names,
    byDefault: byDefault.replaceAll('`', ''),
  }),
);

const options = RUN_OPTIONS.filter((option) => option !== helpOption);

describe("the README's table of options", () => {
  test('has the options of crosvm run, by the names and values of its help text', () => {
    const expected = options.map(({ name, short, value }) => {
      const long = value === undefined ? `--${name}` : `--${name} ${value}`;
      return short === undefined ? `\`${long}\`` : `\`-${short}\`, \`${long}\``;
    });
    expect(rows.map(({ names }) => names).sort()).toEqual(expected.sort());
  });

  // What has keys tells of their defaults one by one.
  test('has the defaults of its help text', () => {
    const told = options.flatMap(({ name, help }) => {
      const byDefault = /^[^|]*\(default: ([^)]+)\)$/.exec(help)?.[1];
      return byDefault === undefined ? [] : [[name, byDefault]];
    });
    const inTable = told.map(([name]) => [
      name,
      rows.find(({ names }) => names.includes(`--${name!}`))?.byDefault,
    ]);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(inTable).toEqual(told);
  });
});
