import { statSync } from 'node:fs';

import { describeQemuImg, pattern, qemuCheck, qemuImg } from '../testing';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';
import { readFileSync } from 'node:fs';

const MIB = 2 ** 20;

describe('a new qcow2 disk', () => {
  const files = new ImageDirectory();
  afterAll(() => files[Symbol.dispose]());

  it('reads as zeroes', () => {
    using rig = new Qcow2Rig(files.create('zeroes', { virtualBytes: 3 * MIB }));

    expect(rig.content().equals(Buffer.alloc(3 * MIB))).toBe(true);
  });

  it('has what was written, also when it is opened again', () => {
    const path = files.create('written', { virtualBytes: 3 * MIB });
    const model = Buffer.alloc(3 * MIB);
    {
      using rig = new Qcow2Rig(path);
      for (const [at, length] of [
        [512, 4096],
        [65536, 200_000],
        [MIB, MIB],
        [100, 5],
      ] as const) {
        const part = pattern(length, at);
        model.set(part, at);
        expect(rig.write(at, part)).toBe(0);
      }
      expect(rig.content().equals(model)).toBe(true);
    }
    using again = new Qcow2Rig(path);
    expect(again.content().equals(model)).toBe(true);
  });
});

describeQemuImg('a new qcow2 disk and qemu-img', () => {
  const files = new ImageDirectory();
  afterAll(() => files[Symbol.dispose]());

  it('agree', () => {
    const path = files.create('written', { virtualBytes: 3 * MIB });
    const content = pattern(3 * MIB);
    {
      using rig = new Qcow2Rig(path);
      expect(rig.write(MIB, content.slice(MIB, 2 * MIB + 100))).toBe(0);
    }
    expect(qemuCheck(path)).toEqual({ corruptions: 0, leaks: 0 });
    qemuImg('convert', '-f', 'qcow2', '-O', 'raw', path, files.file('raw'));
    const raw = readFileSync(files.file('raw'));
    expect(raw.subarray(MIB, 2 * MIB + 100).equals(content.slice(MIB, 2 * MIB + 100))).toBe(true);
    expect(statSync(path).size).toBeLessThan(2 * MIB);
  });
});
