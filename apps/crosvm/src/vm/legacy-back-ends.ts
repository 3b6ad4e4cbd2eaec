import {
  areaOf,
  type BackEnd,
  cmos,
  drainAll,
  FdSink,
  LineSink,
  RtcTimer,
  SerialBackEnd,
  type SerialSink,
} from '@crosvm/devices';
import { EventLoopPoller } from '@crosvm/sys-util';

import type { DeviceMessage, DevicePlan, SerialPlan } from './device-plan';

/** The back ends of a VM's legacy devices, on the event loop of the thread that this is made on. */
export class LegacyBackEnds implements Disposable {
  readonly #poller = new EventLoopPoller();
  readonly #backEnds: BackEnd[] = [];
  readonly #post: (message: DeviceMessage) => void;

  constructor(post: (message: DeviceMessage) => void) {
    this.#post = post;
  }

  /**
   * Makes the back ends of a plan and serves them from now on.
   * @throws SysError if one cannot be made
   */
  start(plan: DevicePlan): void {
    const { frontEnds, rtc } = plan;
    const clock = frontEnds.placements.findIndex(({ module }) => module === cmos.name);
    this.#backEnds.push(new RtcTimer({ area: areaOf(frontEnds, clock), ...rtc }));
    plan.serial.forEach((port) => this.#backEnds.push(this.#serial(port)));
    this.#backEnds.forEach((backEnd) => backEnd.attach(this.#poller));
  }

  /** Passes on what the guest, which has stopped, left behind; then calls `done`. */
  drain(done: () => void): void {
    drainAll(this.#backEnds, done);
  }

  [Symbol.dispose](): void {
    this.#backEnds.forEach((backEnd) => backEnd[Symbol.dispose]());
    this.#poller[Symbol.dispose]();
  }

  #serial({ num, sink, ...rest }: SerialPlan): SerialBackEnd {
    const onProblem = (problem: string): void =>
      this.#post({ kind: 'log', level: 'warn', message: `serial ${num}: ${problem}` });
    return new SerialBackEnd({
      ...rest,
      onProblem,
      ...(sink === undefined ? {} : { sink: this.#sink(num, sink) }),
    });
  }

  #sink(num: number, sink: NonNullable<SerialPlan['sink']>): SerialSink {
    return sink.kind === 'fd'
      ? new FdSink(sink.fd)
      : new LineSink((line) => this.#post({ kind: 'guest-line', port: num, line }));
  }
}
