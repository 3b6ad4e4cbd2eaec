import { parseCommandLine } from '../parse-command-line';

describe('--socket', () => {
  it('is none by default', async () => {
    const command = await parseCommandLine(['run', 'vmlinux']);

    expect(command).not.toHaveProperty('config.socket');
  });

  it('is also -s', async () => {
    const command = await parseCommandLine(['run', '-s', '/run/vm', 'vmlinux']);

    expect(command).toMatchObject({ config: { socket: '/run/vm' } });
  });

  it('is not empty', async () => {
    await expect(parseCommandLine(['run', '-s', '', 'vmlinux'])).rejects.toThrow(
      '--socket needs a path that is not empty',
    );
  });
});
