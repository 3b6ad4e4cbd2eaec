import { EventFd, POLL_READABLE, PollLoop } from '@crosvm/sys-util';

import { PausablePoller } from './pausable-poller';

/** A poller, and an event at which it calls `handler`. */
function set(handler: () => void) {
  const loop = new PollLoop();
  const poller = new PausablePoller(loop);
  const event = EventFd.create();
  const registration = poller.add(event.raw, POLL_READABLE, () => {
    event.read();
    handler();
  });
  return { loop, poller, event, registration };
}

describe('a poller that is paused', () => {
  it('calls nobody, and later those for whom something came', () => {
    const handler = jest.fn();
    const { loop, poller, event } = set(handler);

    poller.pause();
    event.signal();
    loop.runOnce(0);
    const whilePaused = handler.mock.calls.length;
    poller.resume();
    loop.runOnce(0);

    expect([whilePaused, handler.mock.calls.length]).toEqual([0, 1]);
  });

  it('remembers what is waited for', () => {
    const handler = jest.fn();
    const { loop, poller, event, registration } = set(handler);

    poller.pause();
    registration.setInterest(0);
    event.signal();
    poller.resume();
    loop.runOnce(0);
    registration.setInterest(POLL_READABLE);
    loop.runOnce(0);

    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('takes who comes meanwhile, and forgets who goes', () => {
    const first = jest.fn();
    const second = jest.fn();
    const { loop, poller, event, registration } = set(first);
    using other = EventFd.create();

    poller.pause();
    poller.add(other.raw, POLL_READABLE, () => {
      other.read();
      second();
    });
    registration.remove();
    [event, other].forEach((each) => each.signal());
    loop.runOnce(0);
    const whilePaused = second.mock.calls.length;
    poller.resume();
    loop.runOnce(0);

    expect([whilePaused, first.mock.calls.length, second.mock.calls.length]).toEqual([0, 0, 1]);
  });
});
