/**
 * Sees to it that Node was started with some flags.
 * @param what needs them, for the message
 * @throws Error
 */
export function requireNodeFlags(what: string, flags: readonly string[]): void {
  const missing = flags.filter((flag) => !process.execArgv.includes(flag));
  if (missing.length > 0) {
    throw new Error(`${what} must be started by node ${missing.join(' ')}`);
  }
}
