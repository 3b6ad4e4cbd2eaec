import { readSync, writeSync } from 'node:fs';

import {
  createPipe,
  EventFd,
  type LogRecord,
  Mapping,
  PollLoop,
  SharedMemory,
  sinkLogger,
} from '@crosvm/sys-util';

import type { BackEnd } from '../back-end/back-end';
import { SERIAL_PAGE_SIZE, SerialPage } from './page';
import { startSerialBackEnd } from './start-back-end';

/** A serial back end that is made of descriptors alone, which are its own. */
class Rig implements Disposable {
  readonly #loop = new PollLoop();
  readonly log: LogRecord[] = [];
  readonly page: SerialPage;
  readonly backEnd: BackEnd;
  readonly output = createPipe({ nonblock: true });
  readonly input = createPipe({ nonblock: true });

  constructor() {
    const memory = SharedMemory.create('serial-test', SERIAL_PAGE_SIZE);
    this.page = new SerialPage(Mapping.ofFd(memory.fd.raw, { size: SERIAL_PAGE_SIZE }).bytes);
    const fds = {
      page: memory.fd,
      kick: EventFd.create().fd,
      irq: EventFd.create().fd,
      output: this.output.writer,
      input: this.input.reader,
    };
    const logger = sinkLogger({ write: (record) => this.log.push(record) });
    this.backEnd = startSerialBackEnd(fds, { poller: this.#loop, logger });
  }

  /** Serves until all that was sent is passed on. */
  drain(): void {
    this.backEnd.drain(() => this.#loop.stop());
    this.#loop.run();
  }

  send(text: string): void {
    Buffer.from(text).forEach((byte) => this.page.tx.push(byte));
  }

  [Symbol.dispose](): void {
    this.backEnd[Symbol.dispose]();
    this.#loop[Symbol.dispose]();
    [this.output.reader, this.input.writer].forEach((fd) => fd.close());
  }
}

describe('startSerialBackEnd', () => {
  it('connects a port with its output and its input', () => {
    using rig = new Rig();
    writeSync(rig.input.writer.raw, 'in');
    rig.send('out');
    rig.drain();
    const text = Buffer.alloc(16);
    expect(text.toString('latin1', 0, readSync(rig.output.reader.raw, text))).toBe('out');
    expect([rig.page.rx.pop(), rig.page.rx.pop()]).toEqual([...Buffer.from('in')]);
  });

  it('says once that the output is of no use, and goes on', () => {
    using rig = new Rig();
    rig.output.reader.close();
    rig.send('nobody');
    rig.drain();
    rig.send('listens');
    rig.drain();
    expect(rig.log).toMatchObject([
      { level: 'warn', message: expect.stringContaining('EPIPE') as string },
    ]);
  });

  it('closes the output with the back end, so that its reader sees the end', () => {
    using rig = new Rig();
    rig.backEnd[Symbol.dispose]();
    expect(readSync(rig.output.reader.raw, Buffer.alloc(1))).toBe(0);
  });
});
