import fc from 'fast-check';

import { ErrorNumber } from '../protocol/messages';
import { HANDLERS, STATUS } from '../testing/test-server';
import { Dispatcher, type DispatcherOptions } from './dispatcher';
import { RefusedError } from './refused-error';

function dispatcher(options: Partial<DispatcherOptions> = {}): Dispatcher {
  return new Dispatcher({
    handlers: HANDLERS,
    program: { name: 'test', version: '1.2.3' },
    onBug: () => undefined,
    ...options,
  });
}

const ask = (line: unknown, served = dispatcher()): Promise<unknown> =>
  served.answer(Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)));

const request = (more: object): object => ({ jsonrpc: '2.0', id: 1, method: 'status', ...more });

describe('a request', () => {
  it('is answered with what its handler gives', async () => {
    await expect(ask(request({}))).resolves.toEqual({ jsonrpc: '2.0', id: 1, result: STATUS });
  });

  it('for the version names protocol, program and methods', async () => {
    const answer = await ask(request({ method: 'version', params: {} }));

    expect(answer).toMatchObject({
      result: {
        protocol: { major: 1 },
        program: 'test',
        version: '1.2.3',
        methods: expect.arrayContaining(['status', 'stop', 'version']) as unknown,
      },
    });
  });

  it('without an id is served and not answered', async () => {
    const stop = jest.fn(() => ({}));
    const served = dispatcher({ handlers: { ...HANDLERS, stop } });

    await expect(ask({ jsonrpc: '2.0', method: 'stop' }, served)).resolves.toBeUndefined();

    expect(stop).toHaveBeenCalledTimes(1);
  });

  it('may be one of a batch', async () => {
    const answers = await ask([request({ id: 'a' }), { jsonrpc: '2.0', method: 'stop' }, 7]);

    expect(answers).toMatchObject([
      { id: 'a', result: STATUS },
      { id: null, error: { code: ErrorNumber.InvalidRequest } },
    ]);
  });

  it.each([
    ['{', ErrorNumber.Parse, null],
    ['[]', ErrorNumber.InvalidRequest, null],
    [JSON.stringify(Array(65).fill(request({}))), ErrorNumber.InvalidRequest, null],
    ['null', ErrorNumber.InvalidRequest, null],
    [request({ jsonrpc: '1.0' }), ErrorNumber.InvalidRequest, null],
    [request({ params: [1] }), ErrorNumber.InvalidRequest, null],
    [request({ id: {} }), ErrorNumber.InvalidRequest, null],
    [request({ id: 'x'.repeat(129) }), ErrorNumber.InvalidRequest, null],
    [request({ method: 'toString' }), ErrorNumber.UnknownMethod, 1],
    [request({ method: '__proto__' }), ErrorNumber.UnknownMethod, 1],
    [request({ params: { more: 1 } }), ErrorNumber.InvalidParams, 1],
    [
      '{"jsonrpc":"2.0","id":1,"method":"status","params":{"__proto__":1}}',
      ErrorNumber.InvalidParams,
      1,
    ],
  ])('%j is refused with %d', async (line, code, id) => {
    await expect(ask(line)).resolves.toMatchObject({ id, error: { code } });
  });

  it('that is refused says why, and what to do', async () => {
    const status = (): never => {
      throw new RefusedError('not now', { hint: 'later' });
    };

    await expect(
      ask(request({}), dispatcher({ handlers: { ...HANDLERS, status } })),
    ).resolves.toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: ErrorNumber.Refused, message: 'not now', data: { hint: 'later' } },
    });
  });

  it('whose handler fails is answered, too, and tells nothing of the inside', async () => {
    const onBug = jest.fn();
    const bug = new TypeError('secret');
    const status = (): Promise<never> => Promise.reject(bug);

    const answer = await ask(request({}), dispatcher({ handlers: { ...HANDLERS, status }, onBug }));

    expect(answer).toMatchObject({ error: { code: ErrorNumber.Internal } });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(onBug).toHaveBeenCalledWith('status', bug);
  });
});

describe('any line', () => {
  const known = fc.record(
    {
      jsonrpc: fc.constantFrom<unknown>('2.0', '1.0', 2),
      id: fc.oneof(fc.integer(), fc.string(), fc.jsonValue()),
      method: fc.oneof(fc.constantFrom('status', 'stop', 'version', 'constructor'), fc.string()),
      params: fc.oneof(fc.constant({}), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const lines = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    known.map((value) => Buffer.from(JSON.stringify(value))),
    fc.array(known, { maxLength: 5 }).map((value) => Buffer.from(JSON.stringify(value))),
  );

  it('has an answer of the right form, or none', async () => {
    const onBug = jest.fn();
    const served = dispatcher({ onBug });
    await fc.assert(
      fc.asyncProperty(lines, async (line) => {
        const answer = await served.answer(line);
        for (const each of [answer ?? []].flat()) {
          expect(each).toMatchObject({ jsonrpc: '2.0', id: each.id });
          expect('result' in each !== 'error' in each).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
    expect(onBug).not.toHaveBeenCalled();
  });
});
