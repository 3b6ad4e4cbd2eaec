import type { RunConfig } from '../config';
import type { ControlledVm } from './controlled-vm';
import { VmSlot } from './vm-slot';

const slot = (config: Partial<RunConfig> = {}): VmSlot => new VmSlot(config as RunConfig);
const vm = (end = jest.fn()): ControlledVm => ({ end }) as unknown as ControlledVm;

describe('VmSlot', () => {
  it('counts restarts', () => {
    const vms = slot();
    const before = vms.restarts;
    [1, 2, 3].forEach(() => vms.set(vm()));

    expect([before, vms.restarts]).toEqual([0, 2]);
  });

  it.each([
    [{}, 'reset', false],
    [{ restart: true }, 'reset', true],
    [{ restart: true }, 'panic', false],
    [{ restart: true }, 'poweroff', false],
    [{ onPanic: 'restart' }, 'panic', true],
    [{ onPanic: 'restart' }, 'reset', false],
  ] as const)('with %j, after %s: %s', (config, kind, again) => {
    expect(slot(config).restartsAfter({ kind })).toBe(again);
  });

  it('that was stopped restarts no more, also between two VMs', () => {
    const vms = slot({ restart: true });
    const end = jest.fn();
    vms.set(vm(end));

    vms.stop();

    expect(end).toHaveBeenCalledWith({ kind: 'stopped' });
    expect(vms.restartsAfter({ kind: 'reset' })).toBe(false);
  });
});
