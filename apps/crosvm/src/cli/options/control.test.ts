import { parseCommandLine } from '../parse-command-line';

describe('--on-panic and --restart', () => {
  it('are read', async () => {
    const command = await parseCommandLine(['run', '--restart', '--on-panic', 'hold', 'vmlinux']);

    expect(command).toMatchObject({ config: { restart: true, onPanic: 'hold' } });
  });

  it('know no other actions', async () => {
    await expect(parseCommandLine(['run', '--on-panic', 'x', 'vmlinux'])).rejects.toThrow(
      "--on-panic must be exit, restart or hold, not 'x'",
    );
  });
});

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
