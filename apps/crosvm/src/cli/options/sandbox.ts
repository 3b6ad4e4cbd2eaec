import type { RunConfig } from '../../config';
import type { OptionGroup } from '../option-group';

/** How devices are kept apart from the rest. */
export const sandboxOptions: OptionGroup<Pick<RunConfig, 'sandbox'>> = {
  title: 'Sandbox',
  options: [
    {
      name: 'disable-sandbox',
      help: 'Run the devices inside this process, instead of each in its own',
    },
  ],
  read: (values) => ({ sandbox: !values.has('disable-sandbox') }),
};
