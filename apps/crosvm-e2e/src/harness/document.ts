import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { checkout } from './command';

/** A block of shell commands in a document. */
export interface ShellBlock {
  /** What stands behind `sh` where the block begins: what it needs. */
  readonly words: readonly string[];
  readonly script: string;
}

/** A file that a document has in whole. */
export interface DocumentFile {
  readonly name: string;
  readonly text: string;
}

/** A page of the documentation. */
export interface Document {
  /** The name of its file. */
  readonly name: string;
  readonly blocks: readonly ShellBlock[];
  /** What the reader is told to put into files. */
  readonly files: readonly DocumentFile[];
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

/** The blocks of TypeScript that begin with the name of a file. */
function fileBlocks(markdown: string): readonly DocumentFile[] {
  return [...markdown.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm)].map(([, name = '', text = '']) => ({
    name,
    text,
  }));
}

/** All pages in `docs` that have shell commands. */
export function documents(): readonly Document[] {
  const directory = join(checkout(), 'docs');
  return readdirSync(directory)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(directory, name), 'utf8') }))
    .map(({ name, text }) => ({ name, blocks: shellBlocks(text), files: fileBlocks(text) }))
    .filter(({ blocks }) => blocks.length > 0);
}
