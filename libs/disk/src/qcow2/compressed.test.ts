import { readFileSync, writeFileSync } from 'node:fs';

import { Errno } from '@crosvm/sys-util';

import { describeQemuImg, pattern, qemuCheck, qemuImg } from '../testing';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';
import { compressedExtent } from './compressed';

const MIB = 2 ** 20;

describe('the place of a compressed cluster', () => {
  it('is put together of fewer bits the larger clusters are', () => {
    const high = 0x4000_0000 | (3 << 22) | 1;

    expect(compressedExtent(high, 0x205, 65536)).toEqual({
      offset: 2 ** 32 + 0x205,
      length: 4 * 512 - 5,
    });
    expect(compressedExtent(0x4000_0000 | (1 << 29), 512, 512)).toEqual({
      offset: 512,
      length: 1024,
    });
  });
});

describeQemuImg('an image with compressed clusters', () => {
  const files = new ImageDirectory();
  const content = Buffer.from(pattern(2 * MIB + 512, 5));
  afterAll(() => files[Symbol.dispose]());

  /** Makes an image of this content by qemu-img, compressed. */
  function compressed(options: string): string {
    const path = files.file('compressed');
    const raw = files.write('raw', content);
    qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', options, raw, path);
    return path;
  }

  it.each(['cluster_size=65536', 'cluster_size=4096', 'cluster_size=2M', 'compat=0.10'])(
    'is read, with %s',
    (options) => {
      using rig = new Qcow2Rig(compressed(options), { readOnly: true });

      expect(rig.content().equals(content)).toBe(true);
      expect(rig.read(70_000, 100_000)).toEqual(content.subarray(70_000, 170_000));
    },
  );

  it.each(['cluster_size=65536', 'cluster_size=4096', 'compat=0.10'])(
    'is written, with %s',
    (options) => {
      const path = compressed(options);
      const model = Buffer.from(content);
      {
        using rig = new Qcow2Rig(path);
        for (const [at, length] of [
          [5000, 100],
          [70_000, 200_000],
          [MIB, MIB / 2],
        ] as const) {
          const part = pattern(length, at);
          model.set(part, at);
          expect(rig.write(at, part)).toBe(0);
        }
        expect(rig.disk.discard(3 * 65536, 65536)).toBe(0);
        model.fill(0, 3 * 65536, 4 * 65536);
        expect(rig.disk.writeZeroes(600_000, 150_000, false)).toBe(0);
        model.fill(0, 600_000, 750_000);
        expect(rig.content().equals(model)).toBe(true);
      }
      expect(qemuCheck(path)).toEqual({ corruptions: 0, leaks: 0 });
      qemuImg('convert', '-f', 'qcow2', '-O', 'raw', path, files.file('raw'));
      expect(readFileSync(files.file('raw')).equals(model)).toBe(true);
    },
  );

  it('is an error where a cluster is no such stream, and only there', () => {
    const path = compressed('cluster_size=65536');
    const bytes = readFileSync(path);
    const l2 = Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(40))) & 0xffff_ffff_fe00n);
    const place = Number(bytes.readBigUInt64BE(l2) & ((1n << 54n) - 1n));
    bytes.fill(0xff, place, place + 64);
    writeFileSync(path, bytes);
    using rig = new Qcow2Rig(path);

    expect(rig.read(0, 512)).toBe(-Errno.EIO);
    expect(rig.write(0, pattern(512))).toBe(-Errno.EIO);
    expect(rig.read(65536, 512)).toEqual(content.subarray(65536, 65536 + 512));
  });
});
