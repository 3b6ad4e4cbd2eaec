import { suggest } from './suggest';

describe('suggest', () => {
  const known = ['mem', 'cpus', 'cpu-affinity', 'initrd', 'params'];

  test.each([
    ['cpu', 'cpus'],
    ['memory', 'mem'],
    ['inird', 'initrd'],
    ['INITRD', 'initrd'],
    ['mme', 'mem'],
    ['parms', 'params'],
    ['cpu-afinity', 'cpu-affinity'],
  ])('takes %s for %s', (word, expected) => {
    expect(suggest(word, known)).toBe(expected);
  });

  test.each(['kernel', 'x', '', 'rootfs'])('knows nothing near %j', (word) => {
    expect(suggest(word, known)).toBeUndefined();
  });
});
