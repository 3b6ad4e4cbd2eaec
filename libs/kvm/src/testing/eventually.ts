const POLL_MS = 5;
const PATIENCE_MS = 5000;

/**
 * Waits until `condition` holds, as KVM does some things in the background.
 * @throws Error if it does not within five seconds
 */
export async function eventually(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
    if (condition()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error('it did not happen');
}
