import type { OptionSpec } from './option-group';

/** What a help text says. */
export interface HelpPage {
  readonly usage: string;
  /** What it does, a paragraph. */
  readonly text: string;
  /** Commands with what they do. */
  readonly commands?: readonly (readonly [string, string])[];
  readonly groups: readonly { readonly title: string; readonly options: readonly OptionSpec[] }[];
  /** What to do, with the command line that does it. */
  readonly examples: readonly (readonly [string, string])[];
}

/** Columns of a help text. */
const WIDTH = 80;

/**
 * Lays a help text out. Only here yargs is loaded: that takes 60 ms, and starting a VM is not to
 * wait for a text that nobody asked for.
 */
export async function renderHelp(page: HelpPage): Promise<string> {
  const { default: yargs } = await import('yargs');
  const parser = yargs([])
    .scriptName('crosvm')
    .locale('en')
    .help(false)
    .version(false)
    .exitProcess(false)
    .wrap(WIDTH)
    .usage(`Usage: ${page.usage}\n\n${page.text}`)
    .epilogue(['Examples:', ...page.examples.flatMap(example)].join('\n'));
  for (const [command, text] of page.commands ?? []) {
    parser.command(command, text);
  }
  for (const { title, options } of page.groups) {
    for (const { name, value, short, help } of options) {
      // yargs shows no names of values; it parses nothing here, so the key may be what is shown.
      const key = value === undefined ? name : `${name} ${value}`;
      parser.option(key, { describe: help, group: `${title}:`, ...(short && { alias: short }) });
    }
  }
  return `${await parser.getHelp()}\n`;
}

function example([text, command]: readonly [string, string]): readonly string[] {
  return [`  ${text}:`, `    ${command}`];
}
