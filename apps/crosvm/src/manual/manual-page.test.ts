import { HELP_PAGES } from '../cli/help-pages';
import { mainHelp } from '../cli/main-help';
import { manualPage } from './manual-page';

const manual = manualPage(mainHelp, HELP_PAGES, '## EXIT STATUS');

describe('the manual', () => {
  it('has a chapter for every command that has options', () => {
    const commands = (mainHelp.commands ?? []).map(([name]) => name);
    const chapters = [...manual.matchAll(/^## CROSVM (\S+)$/gm)].map(([, name = '']) =>
      name.toLowerCase(),
    );

    expect(chapters.sort()).toEqual(commands.filter((name) => name !== 'version').sort());
  });

  it('has every option of crosvm run, with its value', () => {
    const [run] = HELP_PAGES;
    const names = run?.groups.flatMap(({ options }) => options.map(({ name }) => name)) ?? [];

    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !manual.includes(`\`--${name}`))).toEqual([]);
  });

  it('keeps what is no markup as it is', () => {
    const option = { name: 'x', value: 'A|B', help: 'one of [a_b]\nand <c>' };
    const page = { usage: 'crosvm y', text: '', groups: [{ title: 'T', options: [option] }] };

    expect(manualPage(mainHelp, [{ ...page, examples: [] }], '')).toContain(
      '- `--x A|B`:\n  one of \\[a\\_b\\]  \n  and \\<c\\>',
    );
  });

  it('ends with what is told besides', () => {
    expect(manual).toMatch(/## EXIT STATUS$/);
  });
});
