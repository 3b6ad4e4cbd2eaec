import { constants } from 'node:os';

import type { VmEnd } from './vm-end';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends the VM in order when this process is told to end by a signal, until it is disposed.
 * A second signal of the same kind does what it does by default: it ends the process at once.
 */
export function stopSignals(end: (end: VmEnd) => void): Disposable {
  const onSignal = (signal: NodeJS.Signals): void => {
    end({ kind: 'signal', signal, number: constants.signals[signal] });
  };
  STOP_SIGNALS.forEach((signal) => process.once(signal, onSignal));
  return {
    [Symbol.dispose]: () => STOP_SIGNALS.forEach((signal) => process.off(signal, onSignal)),
  };
}
