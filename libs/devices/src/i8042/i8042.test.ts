import { request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { i8042 } from './front-end';

const DATA = 0x60;
const COMMAND = 0x64;

class Controller {
  readonly machine = new TestMachine(request(i8042, { base: DATA }));

  get status(): number {
    return this.machine.in(COMMAND);
  }

  /** Writes a command and its data, and reads the answer; undefined if none comes. */
  command(command: number, ...data: number[]): number | undefined {
    this.machine.out(COMMAND, command);
    data.forEach((byte) => this.machine.out(DATA, byte));
    return this.status & 1 ? this.machine.in(DATA) : undefined;
  }
}

describe('i8042', () => {
  it('passes its self-test and says so from then on', () => {
    const controller = new Controller();
    expect(controller.command(0xaa)).toBe(0x55);
    expect(controller.status).toBe(0x1c);
  });

  it('has a keyboard port and no auxiliary port', () => {
    const controller = new Controller();
    expect([controller.command(0xab), controller.command(0xa9)]).toEqual([0x00, 0x01]);
    controller.command(0xa8);
    expect(controller.command(0x20)! & 0x20).toBe(0x20);
  });

  it('answers the loop of the auxiliary port as keyboard data', () => {
    const controller = new Controller();
    controller.machine.out(COMMAND, 0xd3);
    controller.machine.out(DATA, 0x5a);
    expect(controller.status & 0x21).toBe(0x01);
    expect(controller.machine.in(DATA)).toBe(0x5a);
    expect(controller.status & 0x01).toBe(0);
  });

  it('keeps its configuration, its memory and the keyboard’s clock', () => {
    const controller = new Controller();
    expect(controller.command(0x20)).toBe(0x65);
    expect(controller.command(0x60, 0x47)).toBeUndefined();
    expect(controller.command(0x20)).toBe(0x67);
    controller.command(0xad);
    expect(controller.command(0x20)).toBe(0x77);
    controller.command(0xae);
    expect(controller.command(0x20)).toBe(0x67);
    controller.command(0x7f, 0x99);
    expect(controller.command(0x3f)).toBe(0x99);
  });

  it('shows its ports and switches A20', () => {
    const controller = new Controller();
    expect([controller.command(0xc0), controller.command(0xd0)]).toEqual([0x80, 0x03]);
    controller.command(0xdd);
    expect(controller.command(0xd0)).toBe(0x01);
    controller.command(0xdf);
    expect(controller.command(0xd0)).toBe(0x03);
    controller.command(0xd1, 0x01);
    expect([controller.command(0xd0), controller.command(0xe0)]).toEqual([0x01, 0x00]);
    expect(controller.machine.host.resets).toBe(0);
  });

  it('gives back what is written to the keyboard’s buffer, and swallows what goes to devices', () => {
    const controller = new Controller();
    expect(controller.command(0xd2, 0x1c)).toBe(0x1c);
    expect(controller.command(0xd4, 0xf2)).toBeUndefined();
    controller.machine.out(DATA, 0xed);
    expect(controller.status & 1).toBe(0);
  });

  it('shows whether a command or data was written last', () => {
    const controller = new Controller();
    controller.machine.out(COMMAND, 0xae);
    expect(controller.status & 0x08).toBe(0x08);
    controller.machine.out(DATA, 0);
    expect(controller.status & 0x08).toBe(0);
  });

  it.each([0xfe, 0xf0, 0xfc])('resets the machine by pulsing the line: 0x%x', (command) => {
    const controller = new Controller();
    controller.command(command);
    expect(controller.machine.host.resets).toBe(1);
  });

  it.each([0xff, 0xf1, 0x00, 0xa7, 0xbb])('does not reset for 0x%x', (command) => {
    const controller = new Controller();
    controller.command(command);
    expect([controller.machine.host.resets, controller.status & 1]).toEqual([0, 0]);
  });

  it('resets the machine through the output port', () => {
    const controller = new Controller();
    controller.command(0xd1, 0x02);
    expect(controller.machine.host.resets).toBe(1);
  });

  it('is as at power-on after a reset', () => {
    const controller = new Controller();
    controller.command(0x60, 0);
    controller.machine.out(COMMAND, 0xaa);
    controller.machine.frontEnds[0]!.reset();
    expect([controller.status, controller.command(0x20)]).toEqual([0x14, 0x65]);
  });

  it('leaves the ports between its two alone', () => {
    const controller = new Controller();
    expect(controller.machine.ports.load(DATA, 4)).toBe(0xffff_ff00);
  });
});
