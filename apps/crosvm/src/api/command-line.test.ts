import { parseCommandLine } from '../cli/parse-command-line';
import { commandLine } from './command-line';
import { ConfigError } from './errors';

describe('commandLine', () => {
  it('says what the configuration says', async () => {
    const args = commandLine({
      kernel: '--kernel',
      mem: 64,
      params: ['-x', 'a=b c'],
      disk: { path: 'a,b.img', id: 'x' },
      disableSandbox: true,
      seccompLogFailures: false,
    });

    await expect(parseCommandLine(['run', ...args])).resolves.toMatchObject({
      config: {
        kernel: '--kernel',
        memory: 64,
        params: ['-x', 'a=b c'],
        disks: [{ path: 'a,b.img', id: 'x' }],
        sandbox: false,
      },
    });
  });

  it.each([
    [{}, 'no kernel is given'],
    [{ kernel: 'a', memory: 5 }, 'memory is no name of a configuration'],
    [{ kernel: 'a', mem: '5' }, "mem must be a number, not '5'"],
    [{ kernel: 'a', mem: 0 }, '--mem must be from 1'],
    [{ kernel: 'a', serial: { num: 5 } }, '--serial'],
    [{ kernel: 'a', params: 'a\0b' }, 'a text of the configuration has a NUL in it'],
  ])('refuses %j', (config, message) => {
    const build = (): unknown => commandLine(config as never);
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(message);
  });
});
