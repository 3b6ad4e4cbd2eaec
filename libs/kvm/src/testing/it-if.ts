/** What a test is given: its name and what it does. */
export type DefineTest = (name: string, run: () => void | Promise<void>, timeout?: number) => void;

interface TestGlobals {
  readonly it: DefineTest & { readonly skip: DefineTest };
}

/**
 * jest's `it` where `condition` holds; else a test that is reported as skipped, with the reason.
 * For what a machine may lack: never for what is merely inconvenient.
 */
export function itIf(condition: boolean, reason: string): DefineTest {
  const { it } = globalThis as unknown as TestGlobals;
  return condition
    ? it
    : (name, run, timeout) => it.skip(`${name} [skipped: ${reason}]`, run, timeout);
}
