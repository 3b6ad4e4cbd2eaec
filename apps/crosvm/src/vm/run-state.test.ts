import { RunState, SharedRunState } from './run-state';

describe('SharedRunState', () => {
  it('starts paused, with no threads and a guest that has done nothing', () => {
    const runState = SharedRunState.create(2);
    expect(runState.state).toBe(RunState.Paused);
    expect([runState.threadOf(0), runState.threadOf(1)]).toEqual([0, 0]);
    expect(runState.guestActed).toBe(false);
  });

  it('is the same for everyone who has its buffer', () => {
    const runState = SharedRunState.create(2);
    const other = new SharedRunState(runState.buffer);
    runState.setThread(1, 4711);
    runState.setGuestActed();
    runState.state = RunState.Stopping;
    expect(other.threadOf(0)).toBe(0);
    expect(other.threadOf(1)).toBe(4711);
    expect(other.guestActed).toBe(true);
    expect(other.state).toBe(RunState.Stopping);
  });

  it('does not wait when the VM is not paused', () => {
    const runState = SharedRunState.create(1);
    runState.state = RunState.Running;
    expect(runState.waitWhilePaused()).toBe(RunState.Running);
  });
});
