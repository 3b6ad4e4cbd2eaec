import { readFileSync, statSync, writeFileSync } from 'node:fs';

import { ImageError } from '../image-error';
import { describeQemuImg, pattern, qemuCheck, qemuImg } from '../testing';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';
import { qcow2_header, qcow2_header_v3 } from './format';
import { parseHeader } from './header';

const MIB = 2 ** 20;
const files = new ImageDirectory();
afterAll(() => files[Symbol.dispose]());

const FEATURES = qcow2_header.size;

/** An image in whose header these 64 bits were changed. */
function imageWith(field: keyof typeof qcow2_header_v3.fields, value: bigint): string {
  const path = files.create('image', { virtualBytes: MIB });
  const bytes = readFileSync(path);
  bytes.writeBigUInt64BE(value, FEATURES + qcow2_header_v3.offsetOf(field));
  writeFileSync(path, bytes);
  return path;
}

describe('an image that is to be written', () => {
  it('is refused when it was not closed well, but can be read', () => {
    const path = imageWith('incompatible_high', 1n);
    const message = 'was not closed well, and its refcounts may be wrong';

    expect(() => new Qcow2Rig(path)).toThrow(new ImageError('NEEDS_REPAIR', message));
    using rig = new Qcow2Rig(path, { readOnly: true });
    expect(rig.read(0, 512)).toEqual(Buffer.alloc(512));
  });

  it('loses the features that its writer does not see to, and only then', () => {
    const path = imageWith('autoclear_high', 3n);

    new Qcow2Rig(path, { readOnly: true })[Symbol.dispose]();
    const before = parseHeader(readFileSync(path)).hasAutoclear;
    new Qcow2Rig(path)[Symbol.dispose]();

    expect([before, parseHeader(readFileSync(path)).hasAutoclear]).toEqual([true, false]);
  });

  it('is as large as it says at most, when all of it is written', () => {
    const path = files.create('full', { virtualBytes: 3 * MIB, clusterBytes: 512 });
    {
      using rig = new Qcow2Rig(path);
      expect(rig.write(0, pattern(2 * MIB))).toBe(0);
      expect(rig.disk.discard(0, MIB)).toBe(0);
      expect(rig.write(MIB, pattern(2 * MIB))).toBe(0);
      expect(rig.write(0, pattern(MIB, 9))).toBe(0);
      expect(statSync(path).size).toBeLessThanOrEqual(rig.maxFileBytes);
      expect(rig.maxFileBytes).toBeLessThan(3 * MIB * 1.05);
    }
    using rig = new Qcow2Rig(path);
    expect(rig.read(0, MIB)).toEqual(Buffer.from(pattern(MIB, 9)));
  });
});

describeQemuImg('an image of qemu-img that is to be written', () => {
  it('is refused when it has snapshots, but can be read', () => {
    const path = files.file('snapshots');
    const raw = files.write('raw', pattern(MIB));
    qemuImg('convert', '-O', 'qcow2', raw, path);
    qemuImg('snapshot', '-c', 'before', path);
    const message = 'has snapshots inside, which writing would damage';

    expect(() => new Qcow2Rig(path)).toThrow(new ImageError('UNSUPPORTED', message));
    using rig = new Qcow2Rig(path, { readOnly: true });
    expect(rig.content()).toEqual(Buffer.from(pattern(MIB)));
  });

  it.each([512, 4096])('gets a larger refcount table, with clusters of %d bytes', (size) => {
    const path = files.file('small-table');
    qemuImg('create', '-f', 'qcow2', '-o', `cluster_size=${size}`, path, '8G');
    const before = parseHeader(readFileSync(path)).refcountTableClusters;
    {
      using rig = new Qcow2Rig(path);
      expect(qemuCheck(path)).toEqual({ corruptions: 0, leaks: 0 });
      for (const at of [0, 300 * MIB, 1023 * MIB]) {
        expect(rig.write(at, pattern(MIB, 1 + at / MIB))).toBe(0);
      }
    }
    expect(parseHeader(readFileSync(path)).refcountTableClusters).toBeGreaterThan(before);
    expect(qemuCheck(path)).toEqual({ corruptions: 0, leaks: 0 });
    using rig = new Qcow2Rig(path, { readOnly: true });
    expect(rig.read(300 * MIB, MIB)).toEqual(Buffer.from(pattern(MIB, 301)));
  });

  it('knows images that are made here', () => {
    const backing = { name: '/somewhere/else.img', format: 'raw' };
    const path = files.create('made', { virtualBytes: 3 * MIB + 512, backing });

    const info = JSON.parse(qemuImg('info', '--output=json', path)) as object;

    expect(info).toMatchObject({
      format: 'qcow2',
      'virtual-size': 3 * MIB + 512,
      'cluster-size': 65536,
      'backing-filename': '/somewhere/else.img',
      'backing-filename-format': 'raw',
    });
  });
});
