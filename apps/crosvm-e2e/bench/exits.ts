import { join } from 'node:path';

import { compile, figuresOf, tool } from './tool';
import { DIST, EXITS, ROUNDS } from './settings';
import { report } from './report';

/** What `exits-crosvm` prints. */
interface ExitFigures {
  readonly nanoseconds: number;
  readonly bytesPerExit: number;
}

/** What an exit costs, against the same loop in C. */
export function exits(): void {
  const program = join(DIST, 'exits-c');
  compile('exits.c', program);
  for (const kind of ['pio', 'mmio']) {
    const ours: number[] = [];
    const theirs: number[] = [];
    const bytes: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const figures = figuresOf('exits-crosvm.js', kind, `${EXITS}`) as ExitFigures;
      ours.push(figures.nanoseconds / EXITS);
      bytes.push(figures.bytesPerExit);
      theirs.push(Number(tool(program, [kind, `${EXITS}`]).toString()) / EXITS);
    }
    const what = `${kind.toUpperCase()} exit`;
    const peer = 'the same loop in C';
    report.compare({ what, unit: 'ns', ours, peer, theirs, budget: 1.15 });
    // What a run needs once is a fraction of a byte an exit.
    report.figure({ what: `heap of a ${what}`, unit: 'bytes', values: bytes, budget: 0.5 });
  }
}
