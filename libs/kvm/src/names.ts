import * as kvmSys from '@crosvm/kvm-sys';

/** Constants that share the prefix of a list but are not of it. */
const NOT_EXIT_REASONS = new Set(['KVM_EXIT_IO_IN', 'KVM_EXIT_IO_OUT']);

/**
 * The name of the constant with this prefix and value. Looked for each time: it is for messages, and
 * tables of all names took milliseconds of every start.
 */
function nameOf(
  value: number,
  prefix: string,
  isOfList: (name: string) => boolean = () => true,
): string | undefined {
  const constants = Object.entries(kvmSys) as [string, unknown][];
  return constants.find(
    ([name, constant]) => constant === value && name.startsWith(prefix) && isOfList(name),
  )?.[0];
}

/** The kernel's name of an exit reason. */
export function exitName(reason: number): string {
  return nameOf(reason, 'KVM_EXIT_', (name) => !NOT_EXIT_REASONS.has(name)) ?? `KVM exit ${reason}`;
}

/** The kernel's name of an internal error's kind. */
export function internalErrorName(suberror: number): string {
  return (
    nameOf(suberror, 'KVM_INTERNAL_ERROR_', (name) => !name.includes('_FLAG_')) ??
    `internal error ${suberror}`
  );
}

/** The kernel's name of a system event. */
export function systemEventName(type: number): string {
  return nameOf(type, 'KVM_SYSTEM_EVENT_') ?? `system event ${type}`;
}
