import fc from 'fast-check';

import { request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { serial } from './front-end';
import { RX_RING_SIZE, SerialPage, TX_RING_SIZE } from './page';
import { FIFO_SIZE } from './registers';

const IRQ_FD = 4;
const PAGE_FD = 5;
const COM1 = 0x3f8;
const IIR = COM1 + 2;

/** A UART with a back end that does one thing at a time, as the real one does by its protocol. */
class Rig {
  readonly machine = new TestMachine(
    request(serial, { base: COM1, irqFd: IRQ_FD, connection: { pageFd: PAGE_FD, kickFd: 6 } }),
  );
  readonly bytes = this.machine.host.pages[PAGE_FD]!;
  readonly state = new Uint8Array(this.machine.set.buffer);
  readonly page = new SerialPage(this.bytes);

  get edges(): number {
    return this.machine.host.raised[IRQ_FD]!;
  }

  send(count: number): void {
    this.page.tx.consumed(Math.min(count, this.page.tx.used));
    if (this.page.tx.free >= FIFO_SIZE && this.page.txInterrupt.take()) {
      this.machine.host.raised[IRQ_FD] = this.edges + 1;
    }
  }

  input(count: number): void {
    for (let left = Math.min(count, this.page.rx.free); left > 0; left -= 1) {
      this.page.rx.push(left);
    }
    if (count > 0 && this.page.rxInterrupt.raised) {
      this.machine.host.raised[IRQ_FD] = this.edges + 1;
    }
  }

  /** Of a back end that had sent something, and looked at the flag only now. */
  tellLate(): void {
    if (this.page.txInterrupt.take()) {
      this.machine.host.raised[IRQ_FD] = this.edges + 1;
    }
  }

  /**
   * Whether an interrupt would be pending, and how many edges there would be, once the back end has
   * sent everything. Looking changes things, so it is done and then undone.
   */
  look(): { pending: boolean; edges: number } {
    const saved = { bytes: this.bytes.slice(), state: this.state.slice(), edges: this.edges };
    if (this.page.tx.used > 0) {
      this.send(this.page.tx.used);
    }
    const { edges } = this;
    const pending = (this.machine.in(IIR) & 1) === 0;
    this.bytes.set(saved.bytes);
    this.state.set(saved.state);
    this.machine.host.raised[IRQ_FD] = saved.edges;
    return { pending, edges };
  }
}

type Step = (rig: Rig) => void;

const register = fc.nat({ max: 7 });
const byte = fc.nat({ max: 255 });
const out = (offset: number, value: number): Step => {
  return (rig) => rig.machine.out(COM1 + offset, value);
};

/** Mostly what drivers do, so that the sequences get somewhere. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Step>((rig) => void rig.machine.in(IIR)) },
  { weight: 3, arbitrary: register.map<Step>((at) => (rig) => void rig.machine.in(COM1 + at)) },
  { weight: 3, arbitrary: byte.map((value) => out(0, value)) },
  { weight: 4, arbitrary: fc.nat({ max: 15 }).map((value) => out(1, value)) },
  { weight: 3, arbitrary: fc.constantFrom(0x0b, 0x02, 0x1b, 0).map((value) => out(4, value)) },
  { weight: 1, arbitrary: fc.tuple(register, byte).map(([at, value]) => out(at, value)) },
  { weight: 1, arbitrary: fc.constant(out(3, 0x03)) },
  { weight: 1, arbitrary: fc.constantFrom(16, TX_RING_SIZE).map(burst) },
  { weight: 1, arbitrary: fc.constantFrom(1, 16, 5000).map<Step>((n) => (rig) => rig.send(n)) },
  { weight: 1, arbitrary: fc.constant<Step>((rig) => rig.tellLate()) },
  { weight: 1, arbitrary: fc.nat({ max: RX_RING_SIZE }).map<Step>((n) => (rig) => rig.input(n)) },
);

/** Writes without a look at LSR. */
function burst(count: number): Step {
  return (rig) => {
    for (let left = count; left > 0; left -= 1) {
      rig.machine.out(COM1, left & 0xff);
    }
  };
}

describe('the interrupts of a UART and its back end together', () => {
  it('say that the ring has room again, also if the flag for that was taken before it was full', () => {
    const rig = new Rig();
    rig.machine.out(COM1 + 1, 0x02);
    burst(TX_RING_SIZE)(rig);
    rig.tellLate();
    const full = rig.machine.in(IIR);
    const before = rig.edges;
    rig.send(TX_RING_SIZE);
    expect([full, rig.edges]).toEqual([0x01, before + 1]);
  });

  it('are never pending without an edge since the last time that none was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rig = new Rig();
        let quietEdges = 0;
        for (const act of steps) {
          act(rig);
          const { pending, edges } = rig.look();
          expect(!pending || edges > quietEdges).toBe(true);
          quietEdges = pending ? quietEdges : rig.edges;
        }
      }),
      { numRuns: 400 },
    );
  });
});
