import { OptionValues } from '../option-values';
import { bootOptions } from './boot';

describe('boot options', () => {
  test('are nothing by default', () => {
    expect(bootOptions.read(new OptionValues([]))).toEqual({ params: [] });
  });

  test('keep the kernel arguments in order, without empty ones', () => {
    const values = new OptionValues(
      ['b c', '', ' ', 'a'].map((value) => ({ name: 'params', value })),
    );
    expect(bootOptions.read(values)).toEqual({ params: ['b c', 'a'] });
  });

  test('name an initrd', () => {
    const values = new OptionValues([{ name: 'initrd', value: '/boot/initrd' }]);
    expect(bootOptions.read(values)).toEqual({ params: [], initrd: '/boot/initrd' });
  });

  test('refuse an empty path', () => {
    const values = new OptionValues([{ name: 'initrd', value: '' }]);
    expect(() => bootOptions.read(values)).toThrow('--initrd needs a path that is not empty');
  });
});
