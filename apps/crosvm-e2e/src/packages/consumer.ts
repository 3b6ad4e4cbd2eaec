import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Registry } from './registry';

const ROOT = join(__dirname, '../../../..');
const FIXTURES = join(ROOT, 'apps/crosvm-e2e/fixtures/packages');

/** How TypeScript finds packages: what Node.js does since 16, what it does now, and what bundlers do. */
export type Resolution = 'node16' | 'nodenext' | 'bundler';

/** What a program printed and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The first example in a package's README. */
function exampleOf(readme: string): string | undefined {
  return /^```ts\n([^]*?)^```/m.exec(readme)?.[1];
}

/** The files of TypeScript that a page of the documentation has its readers write. */
function filesOf(page: string): readonly { readonly name: string; readonly text: string }[] {
  const blocks = page.matchAll(/^```ts (\S+)\.ts\n([^]*?)^```/gm);
  return [...blocks].map(([, name = '', text = '']) => ({ name, text }));
}

/** A program of somebody who installed the packages: a directory outside of the checkout. */
export class Consumer {
  constructor(
    readonly directory: string,
    private readonly registry: Registry,
  ) {}

  /** Installs packages from the registry, and puts the programs of the test beside them. */
  install(names: readonly string[]): void {
    writeFileSync(join(this.directory, 'package.json'), '{ "private": true }\n');
    execFileSync('npm', ['install', '--loglevel=error', ...names], {
      cwd: this.directory,
      env: this.registry.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    cpSync(FIXTURES, this.directory, { recursive: true });
  }

  /** Writes the examples of the READMEs of packages into a file each, and returns their names. */
  writeExamples(names: readonly string[]): readonly string[] {
    mkdirSync(join(this.directory, 'examples'));
    return names.flatMap((name) => {
      const readme = join(this.directory, 'node_modules', name, 'README.md');
      const example = exampleOf(readFileSync(readme, 'utf8'));
      if (example === undefined) {
        return [];
      }
      const file = `${name.replace(/^@crosvm\//, '')}.mts`;
      writeFileSync(join(this.directory, 'examples', file), `export {};\n${example}`);
      return [name];
    });
  }

  /** Writes the files of TypeScript that the pages in `docs` have, and returns their names. */
  writePages(): readonly string[] {
    const docs = join(ROOT, 'docs');
    mkdirSync(join(this.directory, 'docs'));
    const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
    return pages
      .flatMap((page) => filesOf(readFileSync(join(docs, page), 'utf8')))
      .map(({ name, text }) => {
        writeFileSync(join(this.directory, 'docs', `${name}.mts`), text);
        return name;
      });
  }

  /** What TypeScript says of all programs; empty if all is well. Writes JavaScript where asked. */
  compile(resolution: Resolution, outDir?: string): string {
    const sources = readdirSync(this.directory, { recursive: true, encoding: 'utf8' });
    const config = {
      compilerOptions: {
        module: resolution === 'bundler' ? 'esnext' : resolution,
        moduleResolution: resolution,
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        types: ['node'],
        strict: true,
        skipLibCheck: false,
        ...(outDir === undefined ? { noEmit: true } : { outDir, rootDir: '.' }),
      },
      files: sources.filter(
        (file) => /(?<!\.d)\.[mc]ts$/.test(file) && !file.includes('node_modules'),
      ),
    };
    const project = join(this.directory, `tsconfig.${resolution}.json`);
    writeFileSync(project, JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    return spawnSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' }).stdout;
  }

  /** Runs a program to its end. */
  run(command: string, ...args: readonly string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: this.directory,
      env: this.registry.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { status, stdout, stderr };
  }
}
