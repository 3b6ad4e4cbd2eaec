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
  return { controls, clock: clock as unknown as GuestClock, runState, done };
}

describe('a VM', () => {
  it('is suspended from the guest to its devices, and goes on the other way round', async () => {
    const { controls, clock, runState, done } = vm();
    controls.running(clock);

    await controls.suspend();
    const state = controls.state;
    await controls.resume();

    expect(state).toBe('suspended');
    expect(controls.state).toBe('running');
    expect(done).toEqual(['vCPUs stop', 'clock stops', 'hosts stop', 'hosts go on']);
    expect([runState.resumes, runState.stoppedTsc]).toEqual([1, 17n]);
  });

  it('may be told so twice, by several at once', async () => {
    const { controls, clock, runState } = vm();
    controls.running(clock);

    await Promise.all([controls.suspend(), controls.suspend(), controls.resume()]);
    await controls.resume();

    expect([controls.state, runState.resumes]).toEqual(['running', 1]);
  });

  it('refuses before it runs, and when it ends', async () => {
    const { controls, clock } = vm();

    await expect(controls.suspend()).rejects.toThrow('does not run yet');
    controls.running(clock);
    controls.end({ kind: 'stopped' });
    await Promise.resolve();
    await expect(controls.suspend()).rejects.toThrow('about to end');
  });

  it('that ends while it is being suspended keeps nobody waiting', async () => {
    const { controls, clock } = vm({ suspend: () => new Promise(() => undefined) });
    controls.running(clock);
    const suspending = controls.suspend();
    await Promise.resolve();

    controls.end({ kind: 'stopped' });

    await expect(suspending).rejects.toThrow('about to end');
  });
});
