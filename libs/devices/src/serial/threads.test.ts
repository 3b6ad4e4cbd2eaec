import { readSync, writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { createPipe, EventFd, setNonblocking, SharedMemory } from '@crosvm/sys-util';

import { allocateFrontEnds, request } from '../front-end/allocate';
import { bundleScript, type ScriptFile } from '../testing/bundle';
import { serial } from './front-end';
import { SERIAL_PAGE_SIZE } from './page';

/**
 * A guest's driver on its own thread. It does nothing without an interrupt, and handles them in one of
 * two styles: like Linux, until IIR says that there are none; or one cause for each interrupt.
 */
const DRIVER = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { createFrontEnds, FRONT_ENDS, hostServices } from './index';
  import { Epoll, EventFd, POLL_READABLE } from '@crosvm/sys-util';
  const { set, irqFd, total, style } = workerData;
  const { device } = createFrontEnds(set, FRONT_ENDS, hostServices({}))[0].ports[0];
  const irq = EventFd.adopt(irqFd);
  const epoll = Epoll.create(1);
  epoll.add(irqFd, POLL_READABLE, 0);
  let sent = 0;
  let received = 0;
  const handlers = {
    0x2: () => {
      if (sent === total) device.write(1, 1, 1);
      for (let left = 16; left > 0 && sent < total; left -= 1) device.write(0, 1, sent++ % 251);
    },
    0x4: () => {
      while (device.read(5, 1) & 1) {
        if (device.read(0, 1) !== received % 241) throw new Error('input ' + received + ' is wrong');
        received += 1;
      }
    },
    0x0: () => device.read(6, 1),
    0x6: () => device.read(5, 1),
  };
  handlers[0xc] = handlers[0x4];
  const serve = () => {
    const cause = device.read(2, 1) & 0x0f;
    handlers[cause]?.();
    return cause !== 1;
  };
  device.write(2, 1, 0xc1);
  device.write(4, 1, 0x0b);
  device.write(1, 1, 3);
  while (sent < total || received < total) {
    if (epoll.wait(10_000) === 0) {
      throw new Error('no interrupt for 10 s, after ' + sent + ' sent and ' + received + ' received');
    }
    irq.read();
    if (style === 'until none') while (serve()); else serve();
  }
  parentPort.postMessage('done');
`;

const HOST = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { FdSink, openOutput, SerialBackEnd } from './index';
  import { PollLoop } from '@crosvm/sys-util';
  const { sinkFd, ...fds } = workerData;
  const loop = new PollLoop();
  new SerialBackEnd({ ...fds, sink: new FdSink(openOutput(sinkFd)), onProblem: console.error }).attach(loop);
  parentPort.postMessage(loop.stopEvent.fd.dup().release());
  loop.run();
`;

interface Thread {
  readonly worker: Worker;
  readonly message: Promise<unknown>;
  readonly exit: Promise<number>;
}

function start(script: ScriptFile, workerData: unknown): Thread {
  const worker = new Worker(script.path, { workerData });
  const message = new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const exit = new Promise<number>((resolve) => worker.once('exit', resolve));
  return { worker, message, exit };
}

/** Tries a non-blocking read or write; 0 if it would have to wait. */
function attempt(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') {
      return 0;
    }
    throw error;
  }
}

const pattern = (from: number, length: number, modulus: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (from + index) % modulus);

describe('a serial port between two threads', () => {
  it.each([
    ['until none', 60_000],
    ['one by one', 20_000],
  ])(
    'loses no byte and no interrupt, with a driver that serves them %s',
    async (style, total) => {
      using driverScript = bundleScript(DRIVER);
      using hostScript = bundleScript(HOST);
      using memory = SharedMemory.create('serial-threads', SERIAL_PAGE_SIZE);
      using kick = EventFd.create();
      using irq = EventFd.create();
      const [output, input] = [createPipe(), createPipe()];
      const ends = [output.reader, output.writer, input.reader, input.writer];
      setNonblocking(output.reader.raw, true);
      setNonblocking(input.writer.raw, true);
      const connection = { pageFd: memory.fd.raw, kickFd: kick.raw };
      const set = allocateFrontEnds([request(serial, { base: 0x3f8, irqFd: irq.raw, connection })]);

      const host = start(hostScript, {
        ...connection,
        irqFd: irq.raw,
        sinkFd: output.writer.raw,
        inputFd: input.reader.raw,
      });
      using stop = EventFd.adopt((await host.message) as number);
      const driver = start(driverScript, { set, irqFd: irq.raw, total, style });
      let driverState = 'running';
      const watched = driver.message.then(() => (driverState = 'done'));

      let [sent, received, wrong] = [0, 0, 0];
      const buffer = new Uint8Array(4096);
      const step = (): void => {
        const piece = pattern(sent, Math.min(1500, total - sent), 241);
        sent += attempt(() => writeSync(input.writer.raw, piece));
        const got = attempt(() => readSync(output.reader.raw, buffer));
        const expected = pattern(received, got, 251);
        wrong += expected.filter((byte, index) => byte !== buffer[index]).length;
        received += got;
      };
      const pump = setInterval(step, 5);
      try {
        await watched;
        while (received < total) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        clearInterval(pump);
        stop.signal();
        await host.exit;
        await driver.worker.terminate();
        ends.forEach((end) => end.close());
      }
      expect([driverState, sent, received, wrong]).toEqual(['done', total, total, 0]);
    },
    60_000,
  );
});
