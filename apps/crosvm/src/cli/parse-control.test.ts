import { COMMANDS } from '../control/commands';
import type { Command } from './command';
import { parseCommandLine } from './parse-command-line';

const parse = (line: string): Promise<Command> => parseCommandLine(line.split(' '));

describe('commands that talk to control sockets', () => {
  it.each(Object.entries(COMMANDS))('%s has an example', async (_name, command) => {
    const example = await parse(command.example[1].replace(/^crosvm /, ''));

    expect(example).toMatchObject({ kind: 'control' });
  });

  it('take sockets and options in any order', async () => {
    await expect(parse('status a.sock --json b.sock --timeout 5')).resolves.toMatchObject({
      kind: 'control',
      sockets: ['a.sock', 'b.sock'],
      json: true,
      timeoutMs: 5000,
    });
  });

  it('take what they need before the sockets', async () => {
    const commands = ['balloon 4096 a b', 'disk resize --shrink 0 512 a b'];
    const parsed = await Promise.all(commands.map(parse));

    expect(parsed).toMatchObject([{ sockets: ['a', 'b'] }, { sockets: ['a', 'b'] }]);
  });

  it.each([
    ['balloon 1G x', "SIZE must be a whole number of bytes, not '1G'"],
    ['balloon 4096', 'no SOCKET is given'],
    ['balloon', 'no SIZE is given'],
    ['disk grow 0 512 x', "a disk can be resized, but not 'grow'"],
    ['disk resize 26 512 x', 'INDEX must be from 0 to 25'],
    ['disk resize 0 x', 'no SOCKET is given'],
    ['stop', 'no SOCKET is given'],
    ['stop --timeout 0 x', '--timeout must be from 1 to 86400 seconds'],
    ['stop --force x', "unknown option '--force'"],
  ])('%s: %s', async (line, message) => {
    await expect(parse(line)).rejects.toThrow(message);
  });
});
