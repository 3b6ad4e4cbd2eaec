import * as kvmSys from '@crosvm/kvm-sys';

/** Constants that share the prefix of a list but are not of it. */
const NOT_EXIT_REASONS = new Set(['KVM_EXIT_IO_IN', 'KVM_EXIT_IO_OUT']);

/** Names by value of the constants with this prefix. */
function namesWith(prefix: string, isOfList: (name: string) => boolean): Map<number, string> {
  const constants = Object.entries(kvmSys) as [string, unknown][];
  return new Map(
    constants.flatMap(([name, value]) =>
      typeof value === 'number' && name.startsWith(prefix) && isOfList(name)
        ? [[value, name] as const]
        : [],
    ),
  );
}

const exitReasons = namesWith('KVM_EXIT_', (name) => !NOT_EXIT_REASONS.has(name));
const internalErrors = namesWith('KVM_INTERNAL_ERROR_', (name) => !name.includes('_FLAG_'));
const systemEvents = namesWith('KVM_SYSTEM_EVENT_', () => true);

/** The kernel's name of an exit reason. */
export function exitName(reason: number): string {
  return exitReasons.get(reason) ?? `KVM exit ${reason}`;
}

/** The kernel's name of an internal error's kind. */
export function internalErrorName(suberror: number): string {
  return internalErrors.get(suberror) ?? `internal error ${suberror}`;
}

/** The kernel's name of a system event. */
export function systemEventName(type: number): string {
  return systemEvents.get(type) ?? `system event ${type}`;
}
