import {
  encodeAnswer,
  encodeHangUp,
  encodeNewAnswer,
  encodeNewVfd,
  encodeReceived,
  MAX_DATA_BYTES,
} from './message';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const written = (...words: readonly string[]): string => words.join('');

describe('a message to the driver', () => {
  // As virtwl_resp_err(), vq_handle_new(), vq_handle_recv() and vq_handle_hup() of the Chromium OS kernel's
  // drivers/virtio/virtio_wl.c read them.
  it.each([
    [0x1000, '0010000000000000'],
    [0x1100, '0011000000000000'],
    [0x1101, '0111000000000000'],
    [0x1105, '0511000000000000'],
  ])('is a code alone: %#x', (code, bytes) => {
    expect(hex(encodeAnswer(code))).toBe(bytes);
  });

  it('is a vfd that was asked for, with the frame of its first page', () => {
    const vfd = { id: 1, flags: 0, address: 0x1_4000_3000, size: 8192 };

    expect(hex(encodeNewAnswer(vfd))).toBe(
      written(
        '01100000',
        '00000000',
        '01000000',
        '00000000',
        '0300140000000000',
        '00200000',
        '00000000',
      ),
    );
  });

  it('is a vfd that came from the host', () => {
    const vfd = { id: 0x4000_0000, flags: 2, address: 0, size: 0 };

    expect(hex(encodeNewVfd(vfd))).toBe(
      written(
        '00010000',
        '00000000',
        '00000040',
        '02000000',
        '0000000000000000',
        '00000000',
        '00000000',
      ),
    );
  });

  it('is what was received, with the ids that came along', () => {
    const bytes = encodeReceived(2, [0x4000_0000, 0x4000_0001], Buffer.from('abc'));

    expect(hex(bytes)).toBe(
      written('03010000', '00000000', '02000000', '02000000', '00000040', '01000040', '616263'),
    );
  });

  it('is a hang-up', () => {
    expect(hex(encodeHangUp(2))).toBe(written('06010000', '00000000', '02000000'));
  });

  it('fits into a page with as many ids and data as there may be', () => {
    const ids = Array.from({ length: 28 }, (_, index) => 0x4000_0000 + index);

    expect(encodeReceived(1, ids, new Uint8Array(MAX_DATA_BYTES))).toHaveLength(4096);
  });
});
