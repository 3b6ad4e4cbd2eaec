import { readFileSync, writeFileSync } from 'node:fs';

import fc from 'fast-check';

import { pattern, qemuCheck, WITHOUT_QEMU_IMG } from '../testing';
import { act, type Action, actions } from '../testing/disk-model';
import { FlushedModel } from '../testing/flushed-model';
import { ImageDirectory, Qcow2Rig, type RigOptions } from '../testing/qcow2-rig';
import { afterCrash, type Change } from '../testing/recording-disk';

const SECTOR = 512;
const SECTORS = 250;
const BYTES = SECTORS * SECTOR;

const files = new ImageDirectory();
afterAll(() => files[Symbol.dispose]());

/** Where a crash is, in parts of all that is done. */
const PARTS = 10_000;

const actionLists = fc.array(actions(SECTORS), { minLength: 5, maxLength: 60 });

/** What was done to an image, and what its disk may have. */
interface Work {
  readonly before: Buffer;
  readonly changes: readonly Change[];
  readonly model: FlushedModel;
  readonly options: RigOptions;
}

function work(path: string, list: readonly Action[], backing?: Buffer): Work {
  const options = backing === undefined ? {} : { backing: files.write('backing', backing) };
  const content = Buffer.alloc(BYTES);
  backing?.copy(content);
  const before = readFileSync(path);
  const model = new FlushedModel(content);
  using rig = new Qcow2Rig(path, { ...options, record: true });
  const changes = rig.recording?.changes ?? [];
  for (const action of list) {
    model.begin(action, changes.length);
    expect(act(rig, content, action)).toBe(0);
    if (action.kind === 'flush') {
      model.flushed(content, changes.length);
    }
  }
  return { before, changes, model, options };
}

/** Looks at what is left of the image after a crash. */
function survives({ before, changes, model, options }: Work, count: number, keep: () => boolean) {
  const path = files.file('crashed');
  writeFileSync(path, afterCrash(before, changes, count, keep));
  using rig = new Qcow2Rig(path, options);
  expect(model.wrong(rig.content(), count)).toEqual([]);
}

/** Bits that are as good as random, and the same for the same seed. */
function bits(seed: number): () => boolean {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 0x100) !== 0;
  };
}

const geometries = fc.record({
  clusterBytes: fc.constantFrom(512, 1024, 4096, 65536),
  refcountBits: fc.constantFrom(1, 16, 64),
  backed: fc.boolean(),
});
const BACKING = Buffer.from(pattern(BYTES - 5000, 7));

describe('an image after a crash', () => {
  it.each([
    ['of the host process: all that was written is there', () => () => true],
    ['of the machine: what was not flushed is there in part', bits],
  ] as const)('%s', (_, keepBy) => {
    fc.assert(
      fc.property(
        actionLists,
        geometries,
        fc.array(fc.tuple(fc.nat({ max: PARTS }), fc.integer()), {
          minLength: 8,
          maxLength: 8,
        }),
        (list, { backed, ...geometry }, crashes) => {
          const backing = { name: 'backing', format: 'raw' };
          const image = { virtualBytes: BYTES, ...geometry, ...(backed && { backing }) };
          const done = work(files.create('image', image), list, backed ? BACKING : undefined);
          for (const [where, seed] of crashes) {
            survives(done, Math.round((where / PARTS) * done.changes.length), keepBy(seed));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  (WITHOUT_QEMU_IMG === '' ? it : it.skip)(`is whole to qemu-img, too${WITHOUT_QEMU_IMG}`, () => {
    fc.assert(
      fc.property(
        actionLists,
        fc.constantFrom(512, 4096, 65536),
        fc.nat({ max: PARTS }),
        fc.integer(),
        (list, clusterBytes, where, seed) => {
          const path = files.create('image', { virtualBytes: BYTES, clusterBytes });
          const { before, changes } = work(path, list);
          const count = Math.round((where / PARTS) * changes.length);
          writeFileSync(path, afterCrash(before, changes, count, bits(seed)));
          expect(qemuCheck(path).corruptions).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});
