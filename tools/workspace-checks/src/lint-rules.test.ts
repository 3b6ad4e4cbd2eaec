import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const BOUNDARIES = '@nx/enforce-module-boundaries';

const importing = (name: string): string =>
  `import * as it from '${name}';\nexport const names = Object.keys(it);\n`;

interface Plant {
  readonly what: string;
  /** A file that exists; the text is linted in its place. */
  readonly file: string;
  readonly text: string;
  readonly rule: string;
}

const upward = (file: string, name: string): Plant => ({
  what: `${name} in ${file}`,
  file,
  text: importing(name),
  rule: BOUNDARIES,
});

const required = (file: string, name: string): Plant => ({
  what: `require of ${name} in ${file}`,
  file,
  text: `module.exports = require('${name}');\n`,
  rule: BOUNDARIES,
});

const koffi = (file: string, text: string): Plant => ({
  what: `koffi in ${file} by ${text.trim().replaceAll('\n', ' ')}`,
  file,
  text,
  rule: 'no-restricted-syntax',
});

const FORBIDDEN: readonly Plant[] = [
  upward('libs/data-model/src/index.ts', '@crosvm/kvm-sys'),
  upward('libs/kvm-sys/src/index.ts', '@crosvm/sys-util'),
  upward('libs/sys-util/src/index.ts', '@crosvm/kvm'),
  upward('libs/kvm/src/index.ts', '@crosvm/devices'),
  upward('libs/devices/src/index.ts', 'crosvm/testing'),
  upward('libs/devices/src/index.ts', '../../../apps/crosvm/src/testing'),
  upward('libs/data-model/src/index.ts', '../../kvm/src/index'),
  required('libs/data-model/tools/update-golden.cjs', '@crosvm/kvm'),
  koffi('libs/kvm/src/index.ts', importing('koffi')),
  koffi('libs/sys-util/src/index.ts', importing('koffi')),
  koffi('apps/crosvm/src/main.ts', importing('koffi')),
  koffi('libs/kvm/src/index.ts', `export const k: unknown = require('koffi');\n`),
  koffi('libs/kvm/src/index.ts', `export const k = import('koffi');\n`),
  koffi('libs/kvm/src/index.ts', 'export const k = import(`koffi`);\n'),
  koffi('libs/kvm/src/index.ts', `export const k: unknown = createRequire(__filename)('koffi');\n`),
  koffi('libs/kvm/src/index.ts', 'export const k: unknown = createRequire(__filename)(`koffi`);\n'),
  koffi('libs/kvm/src/index.ts', `const name = 'koffi';\nexport const k = import(name);\n`),
  koffi('libs/kvm/src/index.ts', `import k = require('koffi');\nexport { k };\n`),
  koffi('libs/kvm/src/index.ts', `export * from 'koffi';\n`),
  koffi('libs/kvm/src/index.ts', `export type K = typeof import('koffi');\n`),
  koffi('libs/kvm/src/index.ts', importing('koffi/indirect')),
  koffi('libs/kvm/src/index.ts', `export const k = import('koffi/indirect');\n`),
  koffi('libs/kvm/src/index.ts', importing('@koromix/koffi-linux-x64')),
  koffi('libs/kvm/src/index.ts', `/* eslint-disable */\n${importing('koffi')}`),
  koffi('libs/kvm/src/index.ts', `/* eslint no-restricted-syntax: off */\nimport 'koffi';\n`),
  koffi('libs/kvm/src/index.ts', `import 'koffi'; // eslint-disable-line\n`),
  koffi('libs/kvm/src/readme.kvm.test.ts', importing('koffi')),
  koffi('libs/data-model/tools/update-golden.cjs', `module.exports = require('koffi');\n`),
  koffi('libs/data-model/jest.config.cjs', `module.exports = require('koffi');\n`),
  koffi('libs/kvm/src/planted.cts', `export const k: unknown = require('koffi');\n`),
  koffi('libs/kvm/src/planted.js', `import 'koffi';\n`),
  koffi('apps/crosvm/build.mjs', `import 'koffi';\n`),
  koffi('apps/crosvm/build.mjs', 'await import(`koffi`);\n'),
];

const ALLOWED: readonly Plant[] = [
  upward('libs/kvm/src/index.ts', '@crosvm/data-model'),
  koffi('libs/sys-util/src/ffi/bind.ts', importing('koffi')),
  koffi('apps/crosvm/build.mjs', `export const external = ['koffi'];\n`),
  koffi('libs/kvm/src/index.ts', importing('./koffi')),
];

describe('lint', () => {
  let broken: readonly (readonly string[])[] = [];

  beforeAll(() => {
    const plants = [...FORBIDDEN, ...ALLOWED].map(({ file, text }) => [file, text]);
    const output = execFileSync(process.execPath, [join(__dirname, '../lint-planted.mjs')], {
      input: JSON.stringify(plants),
      encoding: 'utf8',
    });
    broken = JSON.parse(output) as readonly (readonly string[])[];
  }, 120_000);

  it.each(FORBIDDEN.map((plant, index) => ({ ...plant, index })))(
    'forbids $what',
    ({ rule, index }) => {
      expect(broken[index]).toContain(rule);
    },
  );

  it.each(ALLOWED.map((plant, index) => ({ ...plant, index })))(
    'allows $what',
    ({ rule, index }) => {
      expect(broken[FORBIDDEN.length + index]).not.toContain(rule);
    },
  );
});
