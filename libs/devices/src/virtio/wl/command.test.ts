import fc from 'fast-check';

import {
  close,
  newContext,
  newMemory,
  newNamedContext,
  newPipe,
  send,
} from '../../testing/wl-messages';
import { type Command, COMMAND_BYTES, parseCommand } from './command';

/** What a device makes of these bytes: of the first of them, where there are more. */
function parse(message: Uint8Array, length = message.length): Command {
  const head = new Uint8Array(COMMAND_BYTES);
  head.set(message.subarray(0, Math.min(length, COMMAND_BYTES)));
  return parseCommand(new DataView(head.buffer), Math.min(length, COMMAND_BYTES));
}

const parseHex = (hex: string): Command => parse(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

const INVALID_ID = 0x1102;
const INVALID_CMD = 0x1105;
const MALFORMED = { kind: 'refused', code: INVALID_CMD };

const NAME = Buffer.from('render-server'.padEnd(32, '\0')).toString('hex');

describe('a message of the driver', () => {
  // As drivers/virtio/virtio_wl.c and include/linux/virtio_wl.h of the Chromium OS kernel lay them out.
  it.each<[string, string, Command]>([
    [
      'NEW: do_new(), VIRTWL_IOCTL_NEW_ALLOC',
      '00010000 00000000 01000000 00000000 0000000000000000 00100000' + '00'.repeat(36),
      { kind: 'new', id: 1, flags: 0, size: 4096 },
    ],
    [
      'NEW as it was first, without a union behind it',
      '00010000 00000000 ff070000 03000000 0000000000000000 ffffffff 00000000',
      { kind: 'new', id: 0x7ff, flags: 3, size: 0xffff_ffff },
    ],
    ['CLOSE: do_vfd_close()', '01010000 00000000 01000040', { kind: 'close', id: 0x4000_0001 }],
    [
      'SEND: virtwl_vfd_send() with two vfds and three bytes',
      '02010000 00000000 02000000 02000000 05000000 01000040 616263',
      { kind: 'send', id: 2, ids: [5, 0x4000_0001], dataAt: 24 },
    ],
    [
      'SEND of data alone: virtwl_vfd_write()',
      '02010000 00000000 02000000 00000000 61',
      { kind: 'send', id: 2, ids: [], dataAt: 16 },
    ],
    [
      'SEND_FOREIGN_ID: encode_vfd_ids_foreign(), of vfds',
      '09010000 00000000 02000000 02000000 00000000 05000000 00000000 06000000 61',
      { kind: 'send', id: 2, ids: [5, 6], dataAt: 32 },
    ],
    [
      'SEND_FOREIGN_ID with a resource of virtio-gpu',
      '09010000 00000000 02000000 01000000 01000000 05000000 61',
      { kind: 'refused', code: INVALID_ID },
    ],
    [
      'NEW_CTX: do_new(), VIRTWL_IOCTL_NEW_CTX',
      '04010000 00000000 03000000 03000000 0000000000000000 00000000' + '00'.repeat(36),
      { kind: 'new-context', id: 3, name: '' },
    ],
    [
      'NEW_CTX_NAMED',
      `0a010000 00000000 03000000 03000000 0000000000000000 00000000 ${NAME} 00000000`,
      { kind: 'new-context', id: 3, name: 'render-server' },
    ],
    [
      'NEW_PIPE: do_new(), VIRTWL_IOCTL_NEW_PIPE_READ',
      '05010000 00000000 04000000 02000000 0000000000000000 00000000' + '00'.repeat(36),
      { kind: 'new-pipe', id: 4, flags: 2 },
    ],
    [
      'NEW_DMABUF: no allocator, which drivers hear as ENOTTY, and do without',
      '07010000 00000000 05000000 00000000 0000000000000000 00000000' + '00'.repeat(36),
      { kind: 'refused', code: INVALID_CMD },
    ],
    [
      'DMABUF_SYNC: virtwl_vfd_dmabuf_sync()',
      '08010000 00000000 05000000 01000000',
      { kind: 'refused', code: INVALID_CMD },
    ],
    [
      'RECV, which is for the driver',
      '03010000 00000000 05000000 00000000',
      { kind: 'refused', code: INVALID_CMD },
    ],
    [
      'HUP, which is for the driver',
      '06010000 00000000 05000000',
      { kind: 'refused', code: INVALID_CMD },
    ],
    ['an answer', '00100000 00000000 05000000', { kind: 'refused', code: INVALID_CMD }],
  ])('is understood: %s', (_, hex, command) => {
    expect(parseHex(hex)).toEqual(command);
  });

  it('has at most 28 vfds', () => {
    const ids = Array.from({ length: 29 }, (_, index) => index + 1);

    expect(parse(send(1, 'x', ids.slice(0, 28)))).toMatchObject({ kind: 'send', dataAt: 128 });
    expect(parse(send(1, 'x', ids))).toEqual(MALFORMED);
    expect(parse(send(1, 'x', ids, 0xffff_ffff))).toEqual(MALFORMED);
    expect(parse(send(1, 'x', ids, 0x4000_0000))).toEqual(MALFORMED);
  });

  it.each([
    ['NEW', newMemory(1, 4096), 28],
    ['CLOSE', close(1), 12],
    ['SEND', send(1, 'data', [1, 2, 3]), 28],
    ['NEW_CTX', newContext(1), 12],
    ['NEW_CTX_NAMED', newNamedContext(1, 'x'.repeat(40)), 60],
    ['NEW_PIPE', newPipe(1, 1), 28],
  ])('is malformed when it is cut short, at every byte: %s', (_, message, least) => {
    const cuts = Array.from(message, (__, length) => parse(message, length));

    expect(cuts.slice(0, least)).toEqual(Array(least).fill(MALFORMED));
    expect(cuts.slice(least).map(({ kind }) => kind)).not.toContain('refused');
  });

  it('has a name that ends with a NUL, or with its room', () => {
    expect(parse(newNamedContext(1, ''))).toMatchObject({ name: '' });
    expect(parse(newNamedContext(1, 'x'.repeat(40)))).toMatchObject({ name: 'x'.repeat(32) });
    expect(parse(newNamedContext(1, '\xff\x80'))).toMatchObject({ name: '\xff\x80' });
  });
});

describe('whatever a guest says', () => {
  const type = fc.oneof(fc.integer({ min: 0x100, max: 0x10b }), fc.nat(0xffff_ffff));
  const message = fc
    .tuple(type, fc.uint8Array({ maxLength: 300 }))
    .map(([number, rest]) => Buffer.concat([Uint32Array.of(number), rest].map(bytesOf)));

  it('is a command within its bounds, or is refused', () => {
    fc.assert(
      fc.property(message, (bytes) => {
        const command = parse(bytes);
        const isBounded =
          command.kind !== 'send' || (command.ids.length <= 28 && command.dataAt <= bytes.length);
        const codes: unknown[] = [undefined, INVALID_ID, INVALID_CMD];
        expect(isBounded).toBe(true);
        expect(codes).toContain('code' in command ? command.code : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('means the same whatever is behind it', () => {
    fc.assert(
      fc.property(message, fc.uint8Array({ maxLength: 8 }), (bytes, more) => {
        const whole = parse(bytes);
        fc.pre(whole.kind !== 'refused');
        expect(parse(Buffer.concat([bytes, more]))).toEqual(whole);
      }),
    );
  });
});

function bytesOf(part: Uint32Array | Uint8Array): Uint8Array {
  return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
}
