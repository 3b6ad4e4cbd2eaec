import { koffi } from './koffi';

/** A descriptor that Node's event loop watches. */
export interface LoopWatch {
  /** Lets the process end although it watches. */
  unref(): void;
  /** Undoes `unref`. */
  ref(): void;
  /** Ends it. Call it once, before the descriptor is closed. */
  close(): void;
}

/** koffi ends a watch whose handle is collected as garbage, so they are kept here. */
const handles = new Set<object>();

/**
 * Calls `callback` in every turn of this thread's event loop in which `fd` is readable.
 * It runs in the turn's check phase, like that of `setImmediate`: koffi calls back without what Node
 * does around a callback of its own, so that promises and `process.nextTick` would wait for the next
 * event and an exception would surface there (seen with Node 26).
 */
export function watchReadable(fd: number, callback: () => void): LoopWatch {
  const handle = koffi.node.poll(fd, { readable: true }, () => {
    setImmediate(callback);
  });
  handles.add(handle);
  return {
    unref: () => handle.unref(),
    ref: () => handle.ref(),
    close: () => {
      handles.delete(handle);
      handle.close();
    },
  };
}
