import { Epoll, EventFd, POLL_READABLE, POLL_WRITABLE } from './index';

describe('Epoll', () => {
  it('carries a token of up to 53 bits with each event', () => {
    using epoll = Epoll.create();
    using first = EventFd.create();
    using second = EventFd.create();
    epoll.add(first.raw, POLL_WRITABLE, 0);
    epoll.add(second.raw, POLL_WRITABLE, Number.MAX_SAFE_INTEGER);
    expect(epoll.wait(-1)).toBe(2);
    expect([epoll.tokenAt(0), epoll.tokenAt(1)].sort()).toEqual([0, Number.MAX_SAFE_INTEGER]);
    expect([epoll.eventsAt(0), epoll.eventsAt(1)]).toEqual([POLL_WRITABLE, POLL_WRITABLE]);
  });

  it('reports no more events at once than it was made for, and the others next', () => {
    using epoll = Epoll.create(1);
    using first = EventFd.create();
    using second = EventFd.create();
    epoll.add(first.raw, POLL_WRITABLE, 1);
    epoll.add(second.raw, POLL_WRITABLE, 2);
    expect(epoll.wait(0)).toBe(1);
    const token = epoll.tokenAt(0);
    expect(epoll.wait(0)).toBe(1);
    expect(epoll.tokenAt(0)).not.toBe(token);
  });

  it('waits as long as it is told', () => {
    using epoll = Epoll.create();
    using event = EventFd.create();
    epoll.add(event.raw, POLL_READABLE, 1);
    expect(epoll.wait(5)).toBe(0);
    epoll.modify(event.raw, POLL_WRITABLE, 1);
    expect(epoll.wait(5)).toBe(1);
    epoll.remove(event.raw);
    expect(epoll.wait(0)).toBe(0);
  });

  it('knows what it does not have', () => {
    using epoll = Epoll.create();
    using event = EventFd.create();
    expect(() => epoll.modify(event.raw, 0, 0)).toThrow('epoll_ctl: no such file');
    expect(() => epoll.remove(event.raw)).toThrow('ENOENT');
    expect(() => epoll.add(999_999, POLL_READABLE, 0)).toThrow('EBADF');
  });
});
