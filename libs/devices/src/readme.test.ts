import { readSync } from 'node:fs';

import { createPipe, EventFd, PollLoop, SharedMemory } from '@crosvm/sys-util';

import {
  allocateFrontEnds,
  attachFrontEnds,
  createFrontEnds,
  FdSink,
  FRONT_ENDS,
  hostServices,
  MmioBus,
  openOutput,
  PortBus,
  request,
  serial,
  SERIAL_PAGE_SIZE,
  SerialBackEnd,
} from './index';

it('does what the README says', () => {
  const irq = EventFd.create();
  const kick = EventFd.create();
  const page = SharedMemory.create('com1', SERIAL_PAGE_SIZE);
  const connection = { pageFd: page.fd.raw, kickFd: kick.raw };
  const set = allocateFrontEnds([request(serial, { base: 0x3f8, irqFd: irq.raw, connection })]);

  const buses = { ports: new PortBus(), mmio: new MmioBus() };
  const host = hostServices({ reset: () => process.exit(), powerOff: () => process.exit() });
  attachFrontEnds(createFrontEnds(set, FRONT_ENDS, host), buses);

  const loop = new PollLoop();
  const fds = { ...connection, irqFd: irq.raw };
  const stdout = createPipe();
  const sink = new FdSink(openOutput(stdout.writer.raw));
  const backEnd = new SerialBackEnd({ ...fds, sink, onProblem: console.error });
  backEnd.attach(loop);

  buses.ports.store(0x3f8, 1, '!'.charCodeAt(0));
  backEnd.drain(() => loop.stop());
  loop.run();

  const printed = Buffer.alloc(10);
  expect(printed.toString('latin1', 0, readSync(stdout.reader.raw, printed))).toBe('!');
});
