import * as sysUtil from '@crosvm/sys-util';

import { pattern, temporaryImage } from './testing';
import { RawDisk } from './raw-disk';

const { Errno, Iovecs, Mapping } = sysUtil;

type Transfer = typeof sysUtil.preadvRaw;

/** What the next calls answer instead of doing anything. */
const refusals: number[] = [];
let calls = 0;

/** A call that moves at most 700 bytes of the first range, as the kernel may. */
function mockShort(real: Transfer): Transfer {
  return (fd, iovecs, offset) => {
    calls += 1;
    const refusal = refusals.shift();
    const first = new Iovecs(1);
    first.push(iovecs.addressOf(0), Math.min(iovecs.lengthOf(0), 700));
    return refusal ?? real(fd, first, offset);
  };
}

jest.mock('@crosvm/sys-util', () => {
  const actual = jest.requireActual<typeof sysUtil>('@crosvm/sys-util');
  const fallocate = () => refusals.shift() ?? -actual.Errno.EOPNOTSUPP;
  return {
    ...actual,
    preadvRaw: mockShort(actual.preadvRaw),
    pwritevRaw: mockShort(actual.pwritevRaw),
    punchHoleRaw: fallocate,
    zeroRangeRaw: fallocate,
    fdatasyncRaw: () => refusals.shift() ?? 0,
  };
});

describe('a host that does less than it is asked for', () => {
  const SIZE = 96 * 1024;
  const image = temporaryImage(pattern(SIZE));
  const disk = new RawDisk({ image: image.fd.raw, sparse: true });
  const buffer = Mapping.anonymous(SIZE);
  const iovecs = new Iovecs(3);

  beforeEach(() => {
    calls = 0;
    buffer.bytes.fill(0);
    iovecs.clear();
    iovecs.push(buffer.address, 1000);
    iovecs.push(buffer.address + 4000, 24);
    iovecs.push(buffer.address + 8000, 1024);
  });
  afterAll(() => image[Symbol.dispose]());

  /** What is in the parts of the buffer. */
  const gathered = () =>
    Buffer.concat([
      buffer.bytes.slice(0, 1000),
      buffer.bytes.slice(4000, 4024),
      buffer.bytes.slice(8000, 9024),
    ]);

  it('is asked again, for the rest of a read', () => {
    refusals.push(-Errno.EINTR);

    expect(disk.read(iovecs, 512)).toBe(0);

    expect(Buffer.compare(gathered(), pattern(SIZE).subarray(512, 2560))).toBe(0);
    expect(calls).toBe(6);
  });

  it('is asked again, for the rest of a write', () => {
    buffer.bytes.set(pattern(10_000, 3));

    expect(disk.write(iovecs, 1024)).toBe(0);

    expect(Buffer.compare(image.content().subarray(1024, 3072), gathered())).toBe(0);
  });

  it('is believed when it fails after a part', () => {
    refusals.push(undefined as unknown as number, -Errno.ENOSPC);

    expect(disk.write(iovecs, 1024)).toBe(-Errno.ENOSPC);
    expect(calls).toBe(2);
  });

  it('is asked again when a signal came', () => {
    refusals.push(-Errno.EINTR, -Errno.EINTR);
    expect(disk.flush()).toBe(0);
    refusals.push(-Errno.EINTR, 0);
    expect(disk.discard(0, 512)).toBe(0);
    refusals.push(-Errno.EOPNOTSUPP, -Errno.EINTR, 0);
    expect(disk.writeZeroes(0, 512, true)).toBe(0);
  });

  it('need not be able to discard', () => {
    expect(disk.discard(0, 512)).toBe(0);
  });

  it('need not be able to zero: zeroes are written then', () => {
    expect(disk.writeZeroes(1024, 90 * 1024, true)).toBe(0);

    const content = image.content();
    const zeroed = content.subarray(1024, 91 * 1024);
    expect(zeroed.every((byte) => byte === 0)).toBe(true);
    expect(Buffer.compare(content.subarray(0, 1024), pattern(1024))).toBe(0);
    expect(content.subarray(91 * 1024).every((byte) => byte === 0)).toBe(false);
  });

  it('says so when zeroes cannot be written either', () => {
    refusals.push(-Errno.EOPNOTSUPP, -Errno.EOPNOTSUPP, -Errno.ENOSPC);

    expect(disk.writeZeroes(0, 512, true)).toBe(-Errno.ENOSPC);
  });
});
