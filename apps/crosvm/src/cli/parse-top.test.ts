import { parseCommandLine } from './parse-command-line';

const parse = (...args: string[]): Promise<unknown> => parseCommandLine(['top', ...args]);

describe('crosvm top', () => {
  it('watches a VM, or looks once', async () => {
    expect(await parse('vm.sock')).toEqual({ kind: 'top', socket: 'vm.sock', intervalMs: 1000 });
    expect(await parse('--once', '--interval', '5', 'vm.sock')).toEqual({
      kind: 'top',
      socket: 'vm.sock',
      intervalMs: 5000,
      times: 1,
    });
  });

  it.each([
    [[], 'no SOCKET is given'],
    [['a', 'b'], "unexpected argument 'b'"],
    [['--interval', '0', 'a'], '--interval'],
  ])('is refused: %s', async (args, reason) => {
    await expect(parse(...args)).rejects.toThrow(reason);
  });
});
