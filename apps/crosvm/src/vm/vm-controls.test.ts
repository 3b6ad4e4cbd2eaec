import type { GuestClock } from './guest-clock';
import { SharedRunState } from './run-state';
import { VmControls } from './vm-controls';
import type { VmEnd } from './vm-end';

/** A VM of which is written down what is done with it. */
function vm({ suspend = (): Promise<void> => Promise.resolve() } = {}) {
  const done: string[] = [];
  const runState = SharedRunState.create(1);
  let end: (why: VmEnd) => void = () => undefined;
  const ended = new Promise<VmEnd>((resolve) => (end = resolve));
  const controls = new VmControls({
    hosts: {
      devices: [],
      awaited: ['disk vda'],
      suspend: () => {
        done.push('hosts stop');
        return suspend();
      },
      resume: () => {
        done.push('hosts go on');
        return Promise.resolve();
      },
    },
    vcpus: {
      pause: () => {
        done.push('vCPUs stop');
        return Promise.resolve();
      },
    },
    runState,
    end: (why) => end(why),
    ended,
  });
  const clock = { stop: () => done.push('clock stops'), start: () => 17n };
  const machine = {
    clock: clock as unknown as GuestClock,
    pressPowerButton: () => void done.push('power button'),
  };
  return { controls, machine, runState, done };
}

describe('a VM', () => {
  it('is suspended from the guest to its devices, and goes on the other way round', async () => {
    const { controls, machine, runState, done } = vm();
    controls.running(machine);

    await controls.suspend();
    const state = controls.state;
    await controls.resume();

    expect(state).toBe('suspended');
    expect(controls.state).toBe('running');
    expect(done).toEqual(['vCPUs stop', 'clock stops', 'hosts stop', 'hosts go on']);
    expect([runState.resumes, runState.stoppedTsc]).toEqual([1, 17n]);
  });

  it('may be told so twice, by several at once', async () => {
    const { controls, machine, runState } = vm();
    controls.running(machine);

    await Promise.all([controls.suspend(), controls.suspend(), controls.resume()]);
    await controls.resume();

    expect([controls.state, runState.resumes]).toEqual(['running', 1]);
  });

  it('refuses before it runs, and when it ends', async () => {
    const { controls, machine } = vm();

    await expect(controls.suspend()).rejects.toThrow('does not run yet');
    controls.running(machine);
    controls.end({ kind: 'stopped' });
    await Promise.resolve();
    await expect(controls.suspend()).rejects.toThrow('about to end');
  });

  it('that ends while it is being suspended keeps nobody waiting', async () => {
    const { controls, machine } = vm({ suspend: () => new Promise(() => undefined) });
    controls.running(machine);
    const suspending = controls.suspend();
    await Promise.resolve();

    controls.end({ kind: 'stopped' });

    await expect(suspending).rejects.toThrow('about to end');
  });

  it('has a power button as long as its guest runs', async () => {
    const { controls, machine, done } = vm();

    expect(() => controls.pressPowerButton()).toThrow('does not run yet');
    controls.running(machine);
    controls.pressPowerButton();
    await controls.halt();

    expect(done).toContain('power button');
    expect(controls.state).toBe('halted');
    expect(() => controls.pressPowerButton()).toThrow('has panicked');
    await expect(controls.resume()).rejects.toThrow('has panicked');
  });
});
