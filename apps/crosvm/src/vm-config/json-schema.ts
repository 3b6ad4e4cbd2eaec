import { toJsonSchema } from '@valibot/to-json-schema';

import { RUN_OPTIONS } from '../cli/parse-run';
import { propertyName } from './property-name';
import { vmConfigSchema } from './schema';

/** The JSON schema of configurations, with the help texts of the options. */
export function configJsonSchema(): object {
  const { properties = {}, ...schema } = toJsonSchema(vmConfigSchema);
  const helpOf = new Map(RUN_OPTIONS.map(({ name, help }) => [propertyName(name), help]));
  const described = Object.entries(properties).map(([name, property]) => {
    const help = name === 'kernel' ? 'The kernel: an ELF vmlinux or a bzImage' : helpOf.get(name);
    return [
      name,
      help === undefined || typeof property === 'boolean'
        ? property
        : { description: help, ...property },
    ];
  });
  return {
    ...schema,
    title: 'The configuration of a virtual machine of crosvm',
    properties: Object.fromEntries(described) as object,
  };
}
