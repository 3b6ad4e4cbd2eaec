import type { PollHandler, Poller } from '@crosvm/sys-util';

import { watchCapacity } from './capacity-watch';

/** A poller that is ready when the test says so. */
function fakePoller() {
  const handlers = new Map<number, PollHandler>();
  const poller: Poller = {
    add: (fd, _interest, handler) => {
      handlers.set(fd, handler);
      const remove = () => handlers.delete(fd);
      return { fd, setInterest: () => undefined, remove, [Symbol.dispose]: remove };
    },
  };
  return { poller, handlers, fire: () => handlers.forEach((handler) => handler(1)) };
}

describe('watchCapacity', () => {
  it('tells the size as it is each time', () => {
    const { poller, fire } = fakePoller();
    const sizes = [512, 512, 1024];
    const seen: number[] = [];
    using _watch = watchCapacity({ poller, sizeOf: () => sizes.shift() ?? 0 }, (bytes) =>
      seen.push(bytes),
    );
    [1, 2, 3].forEach(fire);

    expect(seen).toEqual([512, 512, 1024]);
  });

  it('waits for nothing in the end', () => {
    const { poller, handlers } = fakePoller();
    const watch = watchCapacity({ poller, sizeOf: () => 0 }, () => undefined);
    expect(handlers.size).toBe(1);
    watch[Symbol.dispose]();

    expect(handlers.size).toBe(0);
  });
});
