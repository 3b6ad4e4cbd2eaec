import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { firstInstructionKernel } from './first-instruction';
import { type BenchGuest, crosvm } from './peers';
import { report } from './report';
import { ScratchDirectory } from './scratch';
import { CROSVM_MAIN, required, ROUNDS } from './settings';
import { outputUntil, type Timed } from './time-to-output';

const TIMEOUT_MS = 300_000;
const PEER = 'crosvm --disable-sandbox';

/** There is no promise of what a jail costs; a quarter more is what nobody minds. */
const BUDGET = 1.25;

function unjailed({ command, args }: Timed): Timed {
  const [main = '', run = '', ...options] = args;
  return { command, args: [main, run, '--disable-sandbox', ...options] };
}

async function cost(what: string, guest: BenchGuest, text: string): Promise<void> {
  const command = crosvm(CROSVM_MAIN, guest);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push((await outputUntil(command, text, TIMEOUT_MS)).milliseconds);
    theirs.push((await outputUntil(unjailed(command), text, TIMEOUT_MS)).milliseconds);
  }
  report.compare({ what, unit: 'ms', ours, peer: PEER, theirs, budget: BUDGET });
}

/** What the jails cost at the start: the same VM with a process for each device, and with threads. */
export async function sandbox(): Promise<void> {
  using folder = new ScratchDirectory();
  const kernel = join(folder.path, 'kernel');
  writeFileSync(kernel, firstInstructionKernel());
  await cost('exec to the first guest instruction, jailed', { kernel, cmdline: '' }, '!');
  const guest = {
    kernel: required('CROSVM_GUEST_KERNEL'),
    initrd: required('CROSVM_GUEST_INITRD'),
    cmdline: 'console=ttyS0 quiet reboot=t panic=-1',
  };
  await cost('exec to userspace, jailed', guest, 'Welcome to the crosvm guest');
}
