import type { RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';
import { UsageError } from '../usage-error';

/** What is booted besides the kernel itself. */
export const bootOptions: OptionGroup<Pick<RunConfig, 'initrd' | 'params'>> = {
  title: 'Boot',
  options: [
    { name: 'initrd', short: 'i', value: 'PATH', help: 'Initial ramdisk' },
    {
      name: 'params',
      short: 'p',
      value: 'PARAMS',
      repeatable: true,
      help: 'Kernel arguments to add after the default ones; may be repeated',
    },
  ],
  read(values) {
    const initrd = values.one('initrd');
    if (initrd === '') {
      throw new UsageError('--initrd needs a path that is not empty');
    }
    // Scripts pass an empty variable: no arguments, and no mistake.
    const params = values.all('params').filter((param) => param.trim() !== '');
    return { params, ...(initrd !== undefined && { initrd }) };
  },
};
