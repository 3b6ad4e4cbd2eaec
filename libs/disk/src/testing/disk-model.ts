import fc from 'fast-check';

import type { Qcow2Rig } from './qcow2-rig';
import { pattern } from './temporary-image';

const SECTOR = 512;

/** What a guest may do to a disk. */
export type Action =
  | {
      readonly kind: 'write';
      readonly sector: number;
      readonly sectors: number;
      readonly seed: number;
    }
  | {
      readonly kind: 'zero';
      readonly sector: number;
      readonly sectors: number;
      readonly unmap: boolean;
    }
  | { readonly kind: 'discard'; readonly sector: number; readonly sectors: number }
  | { readonly kind: 'flush' };

/** Actions on a disk of so many sectors. */
export function actions(diskSectors: number): fc.Arbitrary<Action> {
  const sector = fc.nat({ max: diskSectors - 1 });
  const sectors = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 }));
  const fit = <T extends { sector: number; sectors: number }>(action: T): T => ({
    ...action,
    sectors: Math.min(action.sectors, diskSectors - action.sector),
  });
  const seed = fc.integer({ min: 1, max: 255 });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('write' as const), sector, sectors, seed }).map(fit),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ kind: fc.constant('zero' as const), sector, sectors, unmap: fc.boolean() })
        .map(fit),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('discard' as const), sector, sectors }).map(fit),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  );
}

/** The bytes of a write: no sector of them is zeroes. */
export function written({ sectors, seed }: Action & { kind: 'write' }): Uint8Array {
  return pattern(sectors * SECTOR, seed);
}

/** Does an action to a disk, and to the bytes that it should have; the disk's result. */
export function act(rig: Qcow2Rig, model: Buffer, action: Action): number {
  if (action.kind === 'flush') {
    return rig.disk.flush();
  }
  const at = action.sector * SECTOR;
  const length = action.sectors * SECTOR;
  if (action.kind === 'write') {
    const content = written(action);
    model.set(content, at);
    return rig.write(at, content);
  }
  if (action.kind === 'zero') {
    model.fill(0, at, at + length);
    return rig.disk.writeZeroes(at, length, action.unmap);
  }
  const result = rig.disk.discard(at, length);
  takeDiscarded(rig, model, at, length);
  return result;
}

/** What was discarded is as it was or zeroes, and stays so. */
function takeDiscarded(rig: Qcow2Rig, model: Buffer, at: number, length: number): void {
  const now = rig.read(at, length);
  if (typeof now === 'number') {
    throw new Error(`read: ${now}`);
  }
  for (let index = 0; index < length; index += 1) {
    if (now[index] !== 0 && now[index] !== model[at + index]) {
      throw new Error(`byte ${at + index} is neither what it was nor zero`);
    }
  }
  model.set(now, at);
}
