import { parseCommandLine } from './parse-command-line';

describe('crosvm doctor', () => {
  test.each([
    [[], false],
    [['--json'], true],
  ])('%j', async (args, json) => {
    await expect(parseCommandLine(['doctor', ...args])).resolves.toEqual({ kind: 'doctor', json });
  });

  test.each([
    [['vmlinux'], "unexpected argument 'vmlinux'"],
    [['--jsn'], "unknown option '--jsn'"],
  ])('refuses %j', async (args, message) => {
    await expect(parseCommandLine(['doctor', ...args])).rejects.toThrow(message);
  });
});
