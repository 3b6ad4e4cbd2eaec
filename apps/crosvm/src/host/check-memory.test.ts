import { outcome } from '../cli/testing/outcome';
import { checkMemory } from './check-memory';
import { TemporaryHost } from './testing/temporary-host';

/** 4000 MiB of memory, 1000 MiB of swap. */
const MEMINFO = [
  'MemTotal:        4096000 kB',
  'MemFree:          100000 kB',
  'SwapTotal:       1024000 kB',
  '',
].join('\n');

describe('checkMemory', () => {
  test('accepts what the host has', () => {
    using host = new TemporaryHost();
    expect(checkMemory(4000, host.write('meminfo', MEMINFO).paths.meminfo)).toBeUndefined();
  });

  test.each([4001, 80000])('warns of %d MiB, which the host may run out of', (memory) => {
    using host = new TemporaryHost();
    expect(checkMemory(memory, host.write('meminfo', MEMINFO).paths.meminfo)).toBe(
      `the guest may use ${memory} MiB of memory, this machine has 4000: if it does, the host may end it`,
    );
  });

  test('refuses what is out of proportion', () => {
    using host = new TemporaryHost();
    const { meminfo } = host.write('meminfo', MEMINFO).paths;
    expect(outcome(() => checkMemory(80001, meminfo))).toMatchObject({
      message:
        '--mem 80001 is out of proportion: this machine has 4000 MiB of memory and 1000 MiB of swap',
      hint: 'say --mem 80000 or less',
    });
  });

  test.each(['', 'MemTotal: much\n'])('leaves it to the host where it tells %j', (text) => {
    using host = new TemporaryHost();
    expect(checkMemory(2 ** 26, host.write('meminfo', text).paths.meminfo)).toBeUndefined();
  });

  test('leaves it to the host where there is no file', () => {
    using host = new TemporaryHost();
    expect(checkMemory(2 ** 26, host.paths.meminfo)).toBeUndefined();
  });

  test('reads the memory of this machine', () => {
    expect(() => checkMemory(2 ** 40)).toThrow(/this machine has [1-9]\d* MiB of memory/);
  });
});
