import { dismissEarlyZygote, startEarlyZygote, takeZygote } from './early-zygote';

/** Stands in for a process: it ends when it is killed. */
function fakeZygote(): unknown {
  let end: (how: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => (end = resolve));
  const kill = jest.fn((signal: string) => end(`it ended (${signal})`));
  return { process: { ref: jest.fn(), kill }, socket: { close: jest.fn() }, gone };
}

const mockStart = jest.fn<unknown, [custom: boolean]>(fakeZygote);

jest.mock('./zygote-process', () => ({ startZygote: (custom: boolean) => mockStart(custom) }));

afterEach(async () => {
  await dismissEarlyZygote();
  mockStart.mockClear();
});

describe('an early zygote', () => {
  it('is taken once', () => {
    startEarlyZygote(false);
    const taken = [takeZygote(false), takeZygote(false)];
    expect(taken).toEqual(mockStart.mock.results.map(({ value }) => value as unknown));
    expect(mockStart).toHaveBeenCalledTimes(2);
  });

  it('is not taken by who wants one of the other kind, and is there to be dismissed', async () => {
    startEarlyZygote(false);
    takeZygote(true);
    expect(mockStart.mock.calls).toEqual([[false], [true]]);
    await dismissEarlyZygote();
    expect(mockStart.mock.results[0]?.value).toMatchObject({
      process: { kill: { mock: { calls: [['SIGKILL']] } } },
      socket: { close: { mock: { calls: [[]] } } },
    });
  });

  it('that cannot be had is started again by its taker, who is told why', () => {
    const error = new Error('EMFILE');
    mockStart.mockImplementationOnce(() => {
      throw error;
    });
    startEarlyZygote(false);
    mockStart.mockImplementationOnce(() => {
      throw error;
    });
    expect(() => takeZygote(false)).toThrow(error);
  });
});

describe('dismissEarlyZygote', () => {
  it('leaves one alone that was taken', async () => {
    startEarlyZygote(false);
    expect(takeZygote(false)).toMatchObject({ process: { kill: { mock: { calls: [] } } } });
    await dismissEarlyZygote();
    expect(mockStart.mock.results[0]?.value).toMatchObject({
      process: { kill: { mock: { calls: [] } } },
    });
  });

  it('does nothing where there is none', async () => {
    await expect(dismissEarlyZygote()).resolves.toBeUndefined();
  });
});
