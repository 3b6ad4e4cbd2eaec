import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkout } from './command';

/** A block of shell commands in a document. */
export interface ShellBlock {
  /** What stands behind `sh` where the block begins: what it needs. */
  readonly words: readonly string[];
  readonly script: string;
}

/** A page of the documentation. */
export interface Document {
  /** The name of its file. */
  readonly name: string;
  readonly blocks: readonly ShellBlock[];
}

/** The blocks that begin with `sh` in a markdown text, in order. */
function shellBlocks(markdown: string): readonly ShellBlock[] {
  return [...markdown.matchAll(/^```sh(.*)\n([^]*?)^```$/gm)].map(
    ([, words = '', script = '']) => ({
      words: words.split(' ').filter((word) => word !== ''),
      script,
    }),
  );
}

/** All pages in `docs`. */
export function documents(): readonly Document[] {
  const directory = join(checkout(), 'docs');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => ({ name, blocks: shellBlocks(readFileSync(join(directory, name), 'utf8')) }));
}
