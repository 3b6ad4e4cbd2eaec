import { areaOf, request } from '../front-end/allocate';
import { TestMachine } from '../testing/test-machine';
import { acpiPm, pressPowerButton } from './front-end';

const [STATUS, ENABLE, CONTROL, RESET] = [0x600, 0x602, 0x604, 0xcf9] as const;
const IRQ_FD = 9;
const POWER_BUTTON = 0x100;

const machine = (): TestMachine =>
  new TestMachine(request(acpiPm, { base: STATUS, resetPort: RESET, irqFd: IRQ_FD }));

function press(pm: TestMachine): void {
  pressPowerButton(areaOf(pm.set, 0), pm.host.interrupt(IRQ_FD));
}

describe('ACPI power management', () => {
  it('is in ACPI mode, and cannot leave it', () => {
    const pm = machine();
    expect(pm.ports.load(CONTROL, 2)).toBe(1);
    pm.ports.store(CONTROL, 2, 0);
    expect(pm.ports.load(CONTROL, 2)).toBe(1);
  });

  it('switches the machine off for S5 together with the enable bit', () => {
    const pm = machine();
    pm.ports.store(CONTROL, 2, 0x1401);
    expect([pm.host.powerOffs, pm.ports.load(CONTROL, 2)]).toEqual([0, 0x1401]);
    pm.ports.store(CONTROL, 2, 0x3401);
    expect([pm.host.powerOffs, pm.ports.load(CONTROL, 2)]).toEqual([1, 0x1401]);
  });

  it('switches off by a byte, too, and not for states that it has not', () => {
    const pm = machine();
    pm.ports.store(CONTROL, 2, 0x2001);
    pm.ports.store(CONTROL, 2, 0x2401);
    expect(pm.host.powerOffs).toBe(0);
    pm.out(CONTROL + 1, 0x34);
    expect(pm.host.powerOffs).toBe(1);
  });

  it('clears status bits by ones', () => {
    const pm = machine();
    press(pm);
    pm.ports.store(STATUS, 2, 0x00ff);
    expect(pm.ports.load(STATUS, 2)).toBe(POWER_BUTTON);
    pm.ports.store(STATUS, 2, POWER_BUTTON);
    expect(pm.ports.load(STATUS, 2)).toBe(0);
  });

  it('tells of the power button when that is enabled, or becomes so', () => {
    const pm = machine();
    press(pm);
    expect(pm.host.raised[IRQ_FD]).toBe(0);
    pm.ports.store(ENABLE, 2, POWER_BUTTON);
    expect(pm.host.raised[IRQ_FD]).toBe(1);
    pm.ports.store(STATUS, 2, POWER_BUTTON);
    press(pm);
    expect([pm.host.raised[IRQ_FD], pm.ports.load(STATUS, 4)]).toEqual([2, 0x0100_0100]);
  });

  it('keeps the enable bits that exist', () => {
    const pm = machine();
    pm.ports.store(ENABLE, 2, 0xffff);
    expect(pm.ports.load(ENABLE, 2)).toBe(0x0721);
  });

  it.each([0x04, 0x06, 0x0e])('resets the machine by the reset register: 0x%x', (value) => {
    const pm = machine();
    pm.out(RESET, 0x02);
    expect([pm.host.resets, pm.in(RESET)]).toEqual([0, 0x02]);
    pm.out(RESET, value);
    expect(pm.host.resets).toBe(1);
  });

  it('leaves the PCI address register around the reset register alone', () => {
    const pm = machine();
    pm.ports.store(0xcf8, 4, 0x8000_0000);
    expect([pm.host.resets, pm.in(0xcf8), pm.in(0xcfa)]).toEqual([0, 0xff, 0xff]);
  });

  it('is as at power-on after a reset', () => {
    const pm = machine();
    press(pm);
    pm.ports.store(ENABLE, 2, POWER_BUTTON);
    pm.ports.store(CONTROL, 2, 0x1401);
    pm.frontEnds[0]!.reset();
    expect([pm.ports.load(STATUS, 4), pm.ports.load(CONTROL, 2)]).toEqual([0, 1]);
  });
});
