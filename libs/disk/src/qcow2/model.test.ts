import { readFileSync, statSync } from 'node:fs';

import fc from 'fast-check';

import { pattern, qemuCheck, qemuImg, WITHOUT_QEMU_IMG } from '../testing';
import { act, type Action, actions, written } from '../testing/disk-model';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';

const SECTOR = 512;
/** The disk ends in the middle of a cluster of any size but the smallest. */
const SECTORS = 901;
const BYTES = SECTORS * SECTOR;

const files = new ImageDirectory();
afterAll(() => files[Symbol.dispose]());

const actionLists = fc.array(actions(SECTORS), { minLength: 1, maxLength: 40 });

/** Does all actions in two sittings; what the disk should have then. */
function work(path: string, list: readonly Action[], backing?: Buffer): Buffer {
  const model = Buffer.alloc(BYTES);
  backing?.copy(model);
  const options = backing === undefined ? {} : { backing: files.write('backing', backing) };
  const half = Math.ceil(list.length / 2);
  for (const part of [list.slice(0, half), list.slice(half)]) {
    using rig = new Qcow2Rig(path, options);
    for (const action of part) {
      expect(act(rig, model, action)).toBe(0);
    }
    expect(rig.content().equals(model)).toBe(true);
    expect(statSync(path).size).toBeLessThanOrEqual(rig.maxFileBytes);
  }
  using rig = new Qcow2Rig(path, { ...options, readOnly: true });
  expect(rig.content().equals(model)).toBe(true);
  return model;
}

/** What a plain array of bytes has after these actions. */
function contentAfter(list: readonly Action[]): Buffer {
  const content = Buffer.alloc(BYTES);
  for (const action of list) {
    if (action.kind === 'write') {
      content.set(written(action), action.sector * SECTOR);
    } else if (action.kind === 'zero') {
      content.fill(0, action.sector * SECTOR, (action.sector + action.sectors) * SECTOR);
    }
  }
  return content;
}

/** Has qemu-img look at the image, and read it. */
function compareWithQemu(path: string, model: Buffer): void {
  expect(qemuCheck(path)).toEqual({ corruptions: 0, leaks: 0 });
  const raw = files.file('raw');
  qemuImg('convert', '-f', 'qcow2', '-O', 'raw', path, raw);
  expect(readFileSync(raw).equals(model)).toBe(true);
}

describe('a qcow2 disk has what a plain array of bytes would have', () => {
  it.each([512, 1024, 4096, 65536])('with clusters of %d bytes', (clusterBytes) => {
    fc.assert(
      fc.property(actionLists, fc.constantFrom(1, 2, 4, 8, 16, 32, 64), (list, refcountBits) => {
        const image = { virtualBytes: BYTES, clusterBytes, refcountBits };
        work(files.create('image', image), list);
      }),
      { numRuns: 25 },
    );
  });

  it.each([512, 4096, 65536])('over a backing file, with clusters of %d bytes', (clusterBytes) => {
    fc.assert(
      fc.property(actionLists, fc.nat({ max: BYTES }), (list, length) => {
        const backing = { name: 'backing', format: 'raw' };
        const image = { virtualBytes: BYTES, clusterBytes, backing };
        work(files.create('image', image), list, Buffer.from(pattern(length, 99)));
      }),
      { numRuns: 25 },
    );
  });
});

const OPTIONS = [
  'compat=0.10',
  'compat=0.10,cluster_size=512',
  'compat=1.1,cluster_size=512',
  'compat=1.1,cluster_size=4096,refcount_bits=1',
  'compat=1.1,cluster_size=1024,refcount_bits=64',
  'compat=1.1,lazy_refcounts=on',
  'compat=1.1,preallocation=metadata',
  'compat=1.1,cluster_size=2M',
] as const;

describe(`images of qemu-img${WITHOUT_QEMU_IMG}`, () => {
  const run = WITHOUT_QEMU_IMG === '' ? it.each(OPTIONS) : it.skip.each(OPTIONS);

  run('with %s are written as qemu-img reads them', (options) => {
    const path = files.file('image');
    fc.assert(
      fc.property(actionLists, (list) => {
        qemuImg('create', '-f', 'qcow2', '-o', options, path, `${BYTES}`);
        compareWithQemu(path, work(path, list));
      }),
      { numRuns: 5 },
    );
  });

  run('with %s, over a backing file, are written as qemu-img reads them', (options) => {
    const path = files.file('image');
    const content = Buffer.from(pattern(BYTES - 70_000, 3));
    const backing = files.write('backing', content);
    const suited = options.replace(',preallocation=metadata', '');
    fc.assert(
      fc.property(actionLists, (list) => {
        qemuImg(
          ...['create', '-f', 'qcow2', '-o', suited, '-b', backing, '-F', 'raw'],
          path,
          `${BYTES}`,
        );
        compareWithQemu(path, work(path, list, content));
      }),
      { numRuns: 5 },
    );
  });

  run('with %s are read as what they were converted from', (options) => {
    const path = files.file('image');
    const mayCompress = !options.includes('preallocation');
    fc.assert(
      fc.property(actionLists, fc.boolean(), (list, compress) => {
        const content = contentAfter(list);
        const how = ['-o', options, ...(compress && mayCompress ? ['-c'] : [])];
        const raw = files.write('raw', content);
        qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...how, raw, path);
        using rig = new Qcow2Rig(path, { readOnly: true });
        expect(rig.content().equals(content)).toBe(true);
      }),
      { numRuns: 3 },
    );
  });

  (WITHOUT_QEMU_IMG === '' ? it : it.skip)('made here, is what qemu-img finds it to be', () => {
    fc.assert(
      fc.property(actionLists, fc.constantFrom(512, 4096, 65536), (list, clusterBytes) => {
        const path = files.create('image', { virtualBytes: BYTES, clusterBytes });
        compareWithQemu(path, work(path, list));
      }),
      { numRuns: 10 },
    );
  });
});
