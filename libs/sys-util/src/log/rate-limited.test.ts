import { RateLimited, sinkLogger } from '../index';

describe('RateLimited', () => {
  const lines: string[] = [];
  const logger = sinkLogger({ write: ({ message }) => lines.push(message) });
  let now = 1000;
  const clock = (): number => now;

  beforeEach(() => {
    lines.length = 0;
  });

  /** A guest's mistake. */
  function mistake(limited: RateLimited, text: string): void {
    if (limited.allows()) {
      limited.warn(text);
    }
  }

  it('lets so many messages through in an interval, then says how many were dropped', () => {
    const limited = new RateLimited(logger, { messages: 2, seconds: 100, clock });
    for (let count = 0; count < 5; count += 1) {
      mistake(limited, `mistake ${count}`);
    }
    expect(lines).toEqual(['mistake 0', 'mistake 1']);

    now += 99;
    mistake(limited, 'too soon');
    expect(lines).toHaveLength(2);

    now += 1;
    mistake(limited, 'next');
    expect(lines.slice(2)).toEqual(['4 more messages like these were dropped', 'next']);
  });

  it('says nothing of dropped messages where none were', () => {
    const limited = new RateLimited(logger, { messages: 2, seconds: 100, clock });
    mistake(limited, 'one');
    now += 1000;
    mistake(limited, 'two');
    limited.flush();
    expect(lines).toEqual(['one', 'two']);
  });

  it('goes by the clock of the machine', () => {
    const limited = new RateLimited(logger, { messages: 1, seconds: 1 });
    mistake(limited, 'one');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
    mistake(limited, 'two');
    expect(lines).toEqual(['one', 'two']);
  });

  it('says it when asked, once', () => {
    const limited = new RateLimited(logger, { messages: 1, seconds: 100, clock });
    mistake(limited, 'one');
    mistake(limited, 'two');
    limited.flush();
    limited.flush();
    expect(lines).toEqual(['one', '1 more messages like these were dropped']);
  });
});
