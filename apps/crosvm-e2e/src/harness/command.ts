import { join } from 'node:path';

/**
 * The command line program that is tested: `CROSVM_E2E_BIN`, or this checkout's `bin/crosvm`.
 * Both become what they run (exec), so a process id of theirs is that of the VMM.
 */
export const CROSVM = process.env.CROSVM_E2E_BIN ?? join(checkout(), 'bin', 'crosvm');

/** The checkout: tests run bundled, from `apps/crosvm-e2e/dist`, and unbundled, from two levels below. */
export function checkout(): string {
  const found = /^(.*)\/apps\/crosvm-e2e(?:\/|$)/.exec(__dirname)?.[1];
  if (found === undefined) {
    throw new Error(`${__dirname} is not in a checkout of crosvm`);
  }
  return found;
}
