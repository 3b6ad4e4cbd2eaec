import { writeSync } from 'node:fs';

import { createPipe, type OwnedFd, PollLoop } from '@crosvm/sys-util';

import { GuestLines } from './guest-lines';

/** Longer than the pause between two reads. */
const PAUSE_MS = 20;

/** What a guest's lines become, with the test in the place of the device host. */
class Rig implements Disposable {
  readonly lines: string[] = [];
  readonly writer: OwnedFd;
  readonly guestLines: GuestLines;
  readonly #loop = new PollLoop();

  constructor() {
    const { reader, writer } = createPipe({ nonblock: true });
    this.writer = writer;
    this.guestLines = new GuestLines(reader, (line) => this.lines.push(line));
    this.guestLines.attach(this.#loop);
  }

  write(text: string): void {
    expect(writeSync(this.writer.raw, text)).toBe(text.length);
  }

  serve(): void {
    this.#loop.runOnce(0);
  }

  [Symbol.dispose](): void {
    this.guestLines[Symbol.dispose]();
    this.writer.close();
    this.#loop[Symbol.dispose]();
  }
}

const numbers = Array.from({ length: 3000 }, (_, index) => `line ${1000 + index}`);
const TEXT = numbers.map((line) => `${line}\n`).join('');

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('GuestLines', () => {
  it('passes on lines as they come', () => {
    using rig = new Rig();
    rig.write('one\ntw');
    rig.serve();
    expect(rig.lines).toEqual(['one']);
    rig.write('o\n');
    jest.advanceTimersByTime(PAUSE_MS);
    rig.serve();
    expect(rig.lines).toEqual(['one', 'two']);
  });

  it('reads a page and then pauses, so that nobody is flooded', () => {
    using rig = new Rig();
    rig.write(TEXT);
    rig.serve();
    const { length } = rig.lines;
    rig.serve();
    expect([length, rig.lines.length]).toEqual([409, 409]);
    jest.advanceTimersByTime(PAUSE_MS);
    rig.serve();
    expect(rig.lines).toHaveLength(819);
  });

  it('passes on all that is left when it ends, and a line that has no end', () => {
    using rig = new Rig();
    rig.write(`${TEXT}the last`);
    rig.serve();
    rig.guestLines[Symbol.dispose]();
    expect(rig.lines).toEqual([...numbers, 'the last']);
  });

  it('listens no more when the writer is gone', () => {
    using rig = new Rig();
    rig.write('all\n');
    rig.writer.close();
    rig.serve();
    jest.advanceTimersByTime(PAUSE_MS);
    rig.serve();
    jest.advanceTimersByTime(PAUSE_MS);
    rig.serve();
    expect([rig.lines, jest.getTimerCount()]).toEqual([['all'], 0]);
  });
});
