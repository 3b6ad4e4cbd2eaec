import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { bundleScript } from '@crosvm/sys-util/testing';

import { qemuCheck, qemuImg, WITHOUT_QEMU_IMG } from '../testing';
import { ImageDirectory, Qcow2Rig } from '../testing/qcow2-rig';
import { stampedActions, StampedModel } from '../testing/stamped-work';
import {
  type EndlessWork,
  type Progress,
  progressOf,
  workUntilKilled,
} from '../testing/work-until-killed';

const SECTOR = 512;
const SECTORS = 6000;

/** How often a process is killed that has the image. */
const ROUNDS = 5;

/** Most milliseconds that it works. */
const WORK_MS = 150;

const files = new ImageDirectory();
const script = bundleScript(
  `import { ${workUntilKilled.name} as work } from './testing/work-until-killed';
   work(JSON.parse(process.argv[2]));`,
  join(__dirname, '..'),
);
afterAll(() => {
  files[Symbol.dispose]();
  script[Symbol.dispose]();
});

/** Has a process work on the image, and kills it when it likes. Returns how far it came. */
async function killAtWork(work: EndlessWork): Promise<Progress> {
  writeFileSync(work.progress, '');
  const child = spawn(process.execPath, [script.path, JSON.stringify(work)], { stdio: 'inherit' });
  const ended = once(child, 'exit');
  const progress = (): Progress => progressOf(readFileSync(work.progress));
  while (progress().begun === 0 && child.exitCode === null) {
    await delay(5);
  }
  await delay(randomInt(WORK_MS));
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  return progress();
}

/** What the model is told of what was done. */
function replay(model: StampedModel, seed: number, { begun, flushed }: Progress): void {
  let count = 0;
  for (const action of stampedActions(seed, SECTORS)) {
    if (count === begun) {
      return;
    }
    count += 1;
    model.begin(action);
    if (action.kind === 'flush' && count <= flushed) {
      model.flushed();
    }
  }
}

describe('an image whose process is killed at work, again and again', () => {
  it.each([512, 4096, 65536])('is whole, with clusters of %d bytes', async (clusterBytes) => {
    const image = files.create('image', { virtualBytes: SECTORS * SECTOR, clusterBytes });
    const progress = files.file('progress');
    const model = new StampedModel(SECTORS);
    for (let round = 1; round <= ROUNDS; round += 1) {
      const seed = randomInt(1, 2 ** 30);
      replay(model, seed, await killAtWork({ image, seed, progress }));

      const corruptions = WITHOUT_QEMU_IMG === '' ? qemuCheck(image).corruptions : 0;
      // It is opened to be written again, for which it is looked through.
      using rig = new Qcow2Rig(image);
      const wrong = model.found(rig.content());
      expect({ seed, wrong, corruptions }).toEqual({ seed, wrong: [], corruptions: 0 });
    }
  });

  (WITHOUT_QEMU_IMG === '' ? it : it.skip)(
    `reads as qemu-img reads it${WITHOUT_QEMU_IMG}`,
    async () => {
      const image = files.create('image', { virtualBytes: SECTORS * SECTOR });
      await killAtWork({ image, seed: randomInt(1, 2 ** 30), progress: files.file('progress') });

      const raw = files.file('raw');
      qemuImg('convert', '-f', 'qcow2', '-O', 'raw', image, raw);

      using rig = new Qcow2Rig(image, { readOnly: true });
      expect(rig.content().equals(readFileSync(raw))).toBe(true);
    },
  );
});
