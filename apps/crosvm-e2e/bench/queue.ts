import { ROUNDS } from './settings';
import { report } from './report';
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
    const what = `virtqueue alone, ${kind} descriptors`;
    const nanoseconds = rounds.map((each) => each.nanoseconds / REQUESTS);
    report.figure({ what, unit: 'ns a request of 3', values: nanoseconds });
    report.figure({
      what: `heap of a ${what}`,
      unit: 'bytes a request',
      values: rounds.map((each) => each.bytes / REQUESTS),
      budget: 2,
    });
  }
}
