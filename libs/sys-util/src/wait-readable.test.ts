import { createPipe, EventFd, waitReadable } from './index';

describe('waitReadable', () => {
  it('says whether there is something to read in time', () => {
    using event = EventFd.create();
    expect(waitReadable(event.raw, 0)).toBe(false);
    expect(waitReadable(event.raw, 5)).toBe(false);
    event.signal();
    expect(waitReadable(event.raw, -1)).toBe(true);
  });

  it('returns when the other end is gone', () => {
    const { reader, writer } = createPipe();
    writer.close();
    expect(waitReadable(reader.raw, 1000)).toBe(true);
    reader.close();
  });
});
