import fc from 'fast-check';

import { decodeMessage, encodeMessage, type HostMessage } from './host-messages';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('messages of a device host', () => {
  it.each<HostMessage>([
    { kind: 'log', record: { level: 'warn', component: 'rng', message: 'no entropy' } },
    { kind: 'failed', message: 'EIO', stack: 'at once' },
    { kind: 'finished' },
    { kind: 'answer', id: 3, answer: { target: 1 } },
  ])('arrive as they were sent: $kind', (message) => {
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });

  it.each([
    '',
    'null',
    '7',
    '[]',
    '{"kind":"log"}',
    '{"kind":"log","record":null}',
    '{"kind":"log","record":{"level":"fatal","component":"a","message":"b"}}',
    '{"kind":"log","record":{"level":"warn","component":1,"message":"b"}}',
    '{"kind":"failed","message":{}}',
    '{"kind":"failed","message":"without a stack"}',
    '{"kind":"drain"}',
    '{"kind":"answer","answer":1}',
    '{"kind":"answer","id":"1"}',
  ])('are dropped when they are none: %s', (text) => {
    expect(decodeMessage(bytes(text))).toBeUndefined();
  });

  it('bring nothing along that was not asked for', () => {
    const record = { level: 'warn', component: 'rng', message: 'm', write: 'x' };
    expect(decodeMessage(bytes(JSON.stringify({ kind: 'log', record, more: 1 })))).toEqual({
      kind: 'log',
      record: { level: 'warn', component: 'rng', message: 'm' },
    });
  });

  it('never make the supervisor throw', () => {
    const any = fc.oneof(
      fc.uint8Array(),
      fc.json().map(bytes),
      fc
        .record({
          kind: fc.constantFrom('log', 'failed', 'finished', 'answer'),
          record: fc.jsonValue(),
          id: fc.jsonValue(),
        })
        .map((value) => bytes(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(any, (message) => {
        expect([undefined, 'log', 'failed', 'finished', 'answer']).toContain(
          decodeMessage(message)?.kind,
        );
      }),
    );
  });
});
