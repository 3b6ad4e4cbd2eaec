import { dismissEarlyZygote, startEarlyZygote, takeZygote } from './early-zygote';

/** Stands in for a process: it ends when it is killed. */
class FakeZygote {
  /** What was done to it. */
  readonly deeds: string[] = [];
  readonly process = {
    ref: () => undefined,
    kill: (signal: string) => {
      this.deeds.push(signal);
      this.#end(`it ended (${signal})`);
    },
  };
  readonly socket = { close: () => this.deeds.push('closed') };
  readonly gone: Promise<string>;
  #end: (how: string) => void = () => undefined;

  constructor(readonly custom: boolean) {
    this.gone = new Promise((resolve) => (this.#end = resolve));
  }
}

const mockStarted: FakeZygote[] = [];
const mockErrors: Error[] = [];

function mockStart(custom: boolean): FakeZygote {
  const error = mockErrors.shift();
  if (error !== undefined) {
    throw error;
  }
  const zygote = new FakeZygote(custom);
  mockStarted.push(zygote);
  return zygote;
}

jest.mock('./zygote-process', () => ({ startZygote: (custom: boolean) => mockStart(custom) }));

afterEach(async () => {
  await dismissEarlyZygote();
  mockStarted.length = 0;
});

describe('an early zygote', () => {
  it('is taken once', () => {
    startEarlyZygote(false);
    const sockets = [takeZygote(false), takeZygote(false)].map(({ socket }) => socket);
    expect(sockets).toEqual(mockStarted.map(({ socket }) => socket));
    expect(mockStarted).toHaveLength(2);
  });

  it('is not taken by who wants one of the other kind, and is there to be dismissed', async () => {
    startEarlyZygote(false);
    takeZygote(true);
    expect(mockStarted.map(({ custom }) => custom)).toEqual([false, true]);
    await dismissEarlyZygote();
    expect(mockStarted.map(({ deeds }) => deeds)).toEqual([['closed', 'SIGKILL'], []]);
  });

  it('that cannot be had is started again by its taker, who is told why', () => {
    const [first, second] = [new Error('EMFILE'), new Error('EMFILE again')];
    mockErrors.push(first, second);
    startEarlyZygote(false);
    expect(() => takeZygote(false)).toThrow(second);
  });
});

describe('dismissEarlyZygote', () => {
  it('leaves one alone that was taken', async () => {
    startEarlyZygote(false);
    takeZygote(false);
    await dismissEarlyZygote();
    expect(mockStarted.map(({ deeds }) => deeds)).toEqual([[]]);
  });

  it('does nothing where there is none', async () => {
    await expect(dismissEarlyZygote()).resolves.toBeUndefined();
  });
});
