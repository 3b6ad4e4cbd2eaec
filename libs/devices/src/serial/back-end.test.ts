import {
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createPipe, OwnedFd, setNonblocking } from '@crosvm/sys-util';

import { SerialRig } from '../testing/serial-rig';
import { RX_RING_SIZE, TX_RING_SIZE } from './page';
import { openOutput } from './open-output';
import { FdSink } from './sink';

/** What is in a pipe now. */
function readPipe(fd: number): string {
  const buffer = Buffer.alloc(1 << 20);
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch {
    return '';
  }
}

/** Fills a pipe; returns the bytes that went in. */
function fillPipe(fd: number): number {
  setNonblocking(fd, true);
  let total = 0;
  try {
    for (;;) {
      total += writeSync(fd, Buffer.alloc(4096, 0x2e));
    }
  } catch {
    setNonblocking(fd, false);
    return total;
  }
}

describe('serial output', () => {
  it('goes to a pipe, in order, round the end of the ring', () => {
    const { reader, writer } = createPipe({ nonblock: true });
    using rig = new SerialRig({ sink: new FdSink(openOutput(writer.raw)) });
    const lines = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(1000));
    const output = lines.map((line) => {
      rig.send(line);
      rig.settle();
      return readPipe(reader.raw);
    });
    expect(output).toEqual(lines);
    reader.close();
    writer.close();
  });

  it('goes to a file, of which it needs no readiness', () => {
    const directory = mkdtempSync(join(tmpdir(), 'serial-test-'));
    const file = OwnedFd.adopt(openSync(join(directory, 'log'), 'w'));
    using rig = new SerialRig({ sink: new FdSink(openOutput(file.raw)) });
    rig.send('to a file\n');
    rig.settle();
    rig.send('and more\n');
    rig.settle();
    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('to a file\nand more\n');
    file.close();
    rmSync(directory, { recursive: true });
  });

  it('is counted', () => {
    using rig = new SerialRig({});
    rig.settle();
    rig.send('seven\n!');
    rig.settle();
    expect(rig.page.counters.read()).toMatchObject({ kicks: 1, fromGuestBytes: 7, errors: 0 });
  });

  it('asks for the doorbell only when it sleeps', () => {
    using rig = new SerialRig({});
    rig.settle();
    expect(rig.page.txSleeping.raised).toBe(true);
    rig.send('a');
    expect(rig.page.txSleeping.raised).toBe(false);
    rig.send('b');
    rig.settle();
    expect([rig.page.txSleeping.raised, rig.page.tx.used]).toEqual([true, 0]);
  });

  it('asks again when the doorbell came late, for what it had already sent', () => {
    using rig = new SerialRig({});
    rig.settle();
    // Between these two, a front end had pushed a byte, and the back end sent it and gone to sleep.
    const owed = rig.page.txSleeping.take();
    rig.kick.signal();
    rig.settle();
    expect([owed, rig.page.txSleeping.raised]).toEqual([true, true]);
    rig.send('more');
    rig.settle();
    expect(rig.page.tx.used).toBe(0);
  });

  it('waits for a pipe that is full, keeps everything, and holds up nothing but the ring', () => {
    const { reader, writer } = createPipe();
    const filled = fillPipe(writer.raw);
    using rig = new SerialRig({ sink: new FdSink(openOutput(writer.raw)) });
    rig.send('x'.repeat(TX_RING_SIZE));
    rig.serveFor(30);
    expect(rig.page.tx.free).toBe(0);

    setNonblocking(reader.raw, true);
    const before = readPipe(reader.raw);
    rig.settle();
    expect(before.length + readPipe(reader.raw).length).toBe(filled + TX_RING_SIZE);
    expect([rig.page.tx.used, rig.problems]).toEqual([0, []]);
    reader.close();
    writer.close();
  });

  it('leaves the flags of the open file that it was given alone', () => {
    const { reader, writer } = createPipe();
    using output = openOutput(writer.raw);
    expect(output.raw).not.toBe(writer.raw);
    expect(readFileSync(`/proc/self/fdinfo/${writer.raw}`, 'utf8')).toMatch(/flags:\s*02000001/);
    expect(readFileSync(`/proc/self/fdinfo/${output.raw}`, 'utf8')).toMatch(
      /flags:\s*02104001|02004001/,
    );
    reader.close();
    writer.close();
  });

  it('is discarded, with one word about it, when the reader is gone', () => {
    const { reader, writer } = createPipe();
    using rig = new SerialRig({ sink: new FdSink(openOutput(writer.raw)) });
    reader.close();
    rig.send('nobody');
    rig.settle();
    rig.send('listens');
    rig.settle();
    expect(rig.page.tx.used).toBe(0);
    expect(rig.problems).toEqual([expect.stringContaining('EPIPE')]);
    writer.close();
  });

  it('interrupts a guest that waits for the transmitter, once it has sent', () => {
    using rig = new SerialRig({});
    rig.send('quiet');
    rig.settle();
    expect(rig.irq.read()).toBeUndefined();
    rig.page.txInterrupt.raise();
    rig.send('loud');
    rig.settle();
    expect([rig.irq.read(), rig.page.txInterrupt.raised]).toEqual([1, false]);
  });

  it('is passed on whole before the end', () => {
    const { reader, writer } = createPipe({ nonblock: true });
    using rig = new SerialRig({ sink: new FdSink(openOutput(writer.raw)) });
    const done = jest.fn();
    rig.send('last words');
    rig.backEnd.drain(done);
    expect(done).not.toHaveBeenCalled();
    rig.settle();
    expect([readPipe(reader.raw), done.mock.calls.length]).toEqual(['last words', 1]);
    reader.close();
    writer.close();
  });

  it('has nothing to pass on when it is idle', () => {
    using rig = new SerialRig({});
    rig.settle();
    const done = jest.fn();
    rig.backEnd.drain(done);
    expect(done).toHaveBeenCalledTimes(1);
  });
});

describe('serial input', () => {
  it('comes to the ring, with an interrupt only if the guest wants one', () => {
    const { reader, writer } = createPipe();
    using rig = new SerialRig({ inputFd: reader.raw });
    writeSync(writer.raw, 'abc');
    rig.settle();
    expect([rig.receive(), rig.irq.read()]).toEqual(['abc', undefined]);
    rig.page.rxInterrupt.raise();
    writeSync(writer.raw, 'd');
    rig.settle();
    writeSync(writer.raw, 'e');
    rig.settle();
    expect([rig.receive(), rig.irq.read()]).toEqual(['de', 2]);
    reader.close();
    writer.close();
  });

  it('stays where it came from while the guest does not read', () => {
    const { reader, writer } = createPipe();
    using rig = new SerialRig({ inputFd: reader.raw });
    const text = Array.from({ length: 700 }, (_, index) => `line ${index}\n`).join('');
    writeSync(writer.raw, text);
    rig.settle();
    expect(rig.page.rx.used).toBe(RX_RING_SIZE);

    let received = '';
    for (let turn = 0; turn < 10; turn += 1) {
      received += rig.receive();
      rig.settle();
    }
    expect(received).toBe(text);
    reader.close();
    writer.close();
  });

  it('goes on when the doorbell came late, for room that is filled again', () => {
    const { reader, writer } = createPipe();
    using rig = new SerialRig({ inputFd: reader.raw });
    writeSync(writer.raw, 'x'.repeat(RX_RING_SIZE + 1));
    rig.settle();
    const owed = rig.page.rxStalled.take();
    rig.kick.signal();
    rig.settle();
    expect([owed, rig.page.rxStalled.raised]).toEqual([true, true]);
    rig.receive();
    rig.settle();
    expect(rig.receive()).toBe('x');
    reader.close();
    writer.close();
  });

  it('may be a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'serial-test-'));
    const text = 'echo hello\n'.repeat(300);
    writeFileSync(join(directory, 'script'), text);
    const file = OwnedFd.adopt(openSync(join(directory, 'script'), 'r'));
    using rig = new SerialRig({ inputFd: file.raw });
    let received = '';
    for (let turn = 0; turn < 6; turn += 1) {
      received += rig.receive();
      rig.settle();
    }
    expect(received).toBe(text);
    file.close();
    rmSync(directory, { recursive: true });
  });

  it('ends without ado, and output goes on', () => {
    const { reader, writer } = createPipe();
    const sink = createPipe({ nonblock: true });
    using rig = new SerialRig({ inputFd: reader.raw, sink: new FdSink(sink.writer) });
    writeSync(writer.raw, 'bye');
    writer.close();
    rig.settle();
    expect(rig.receive()).toBe('bye');
    rig.send('still here\n');
    rig.settle();
    expect([readPipe(sink.reader.raw), rig.problems]).toEqual(['still here\n', []]);
    reader.close();
    sink.reader.close();
  });

  it('that cannot be read is told of once', () => {
    const directory = OwnedFd.adopt(openSync(tmpdir(), 'r'));
    using rig = new SerialRig({ inputFd: directory.raw });
    rig.settle();
    expect(rig.problems).toEqual([expect.stringContaining('EISDIR')]);
    directory.close();
  });
});
