import { ROUNDS } from './settings';
import { figure, median } from './statistics';
import { figuresOf } from './tool';

const REQUESTS = 1_000_000;

/** What `queue-crosvm` prints. */
interface QueueFigures {
  readonly nanoseconds: number;
  readonly bytes: number;
}

/** What the queue code alone costs: requests of three descriptors, and nothing is read or written. */
export function queue(): void {
  for (const kind of ['direct', 'indirect']) {
    const rounds = Array.from(
      { length: ROUNDS },
      () => figuresOf('queue-crosvm.js', kind, `${REQUESTS}`) as QueueFigures,
    );
    const nanoseconds = rounds.map((each) => each.nanoseconds / REQUESTS);
    const kibibytes = median(rounds.map((each) => each.bytes / 1024));
    console.log(
      `virtqueue alone, ${kind} descriptors: ${figure(nanoseconds)} ns a request of 3, ` +
        `${Math.round(1e9 / median(nanoseconds))} requests/s; ` +
        `${kibibytes.toFixed(0)} KiB of heap for ${REQUESTS} requests`,
    );
  }
}
