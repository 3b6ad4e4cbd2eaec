import type { OptionSpec } from '../cli/option-group';
import type { HelpPage } from '../cli/render-help';

/** What markdown would take for markup; values in angle brackets among it. */
const escaped = (text: string): string => text.replace(/[\\`*_<>[\]|]/g, '\\$&');

function option({ name, short, value, help }: OptionSpec): string {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  const names = short === undefined ? `\`${long}\`` : `\`-${short}\`, \`${long}\``;
  // Help texts that have lines of their own, such as lists of keys, keep them.
  return `- ${names}:\n${escaped(help).replace(/^/gm, '  ').replaceAll('\n', '  \n')}`;
}

function options({ groups }: HelpPage): readonly string[] {
  return groups.flatMap(({ title, options: ofGroup }) => [
    `### ${title}`,
    ...ofGroup.map((each) => option(each)),
  ]);
}

function example([text, command]: readonly [string, string]): string {
  return `${text}:\n\n\`\`\`\n${command}\n\`\`\``;
}

/** A help text as a part of the manual. */
function chapter(page: HelpPage): string {
  return [
    `## ${page.usage.replace(/^(crosvm \S+).*/, '$1').toUpperCase()}`,
    `\`${page.usage}\``,
    escaped(page.text),
    ...options(page),
    '### Examples',
    ...page.examples.map(example),
  ].join('\n\n');
}

/**
 * The manual of the command line, in markdown: what the help texts say of every command, and what
 * `sections` says besides. Its first line is what man pages have of a name.
 */
export function manualPage(main: HelpPage, pages: readonly HelpPage[], sections: string): string {
  const commands = (main.commands ?? []).map(
    ([name, text]) => `- \`crosvm ${name}\`:\n  ${escaped(text)}`,
  );
  return [
    '# crosvm(1) -- virtual machine monitor for Linux/KVM',
    '## SYNOPSIS',
    ...pages.map(({ usage }) => `\`${usage}\`  `),
    '## DESCRIPTION',
    escaped(main.text),
    ...commands,
    ...pages.map(chapter),
    sections,
  ].join('\n\n');
}
