import { EscapeFilter } from './escape-filter';

function typed(...chunks: string[]): { guest: string; commands: string[] } {
  const commands: string[] = [];
  const filter = new EscapeFilter((command) => commands.push(command));
  const guest = chunks.map((chunk) => Buffer.from(filter.filter(Buffer.from(chunk))).toString());
  return { guest: guest.join(''), commands };
}

describe('EscapeFilter', () => {
  it('passes on what is typed, Ctrl-C and escape sequences too', () => {
    expect(typed('ls\r\x03\x1b[A')).toEqual({ guest: 'ls\r\x03\x1b[A', commands: [] });
  });

  it('takes out commands', () => {
    expect(typed('a\x01hb\x01xc')).toEqual({ guest: 'abc', commands: ['help', 'quit'] });
  });

  it('knows a command that comes in two pieces', () => {
    expect(typed('a\x01', 'x')).toEqual({ guest: 'a', commands: ['quit'] });
  });

  it('sends Ctrl-A for two of them, and a key that is no command as it is', () => {
    expect(typed('\x01\x01x\x01q')).toEqual({ guest: '\x01xq', commands: [] });
  });
});
