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

  it.each([
    ['stop', 'no SOCKET is given'],
    ['stop --timeout 0 x', '--timeout must be from 1 to 86400 seconds'],
    ['stop --force x', "unknown option '--force'"],
  ])('%s: %s', async (line, message) => {
    await expect(parse(line)).rejects.toThrow(message);
  });
});
