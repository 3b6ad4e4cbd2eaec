import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { firstInstructionKernel } from './first-instruction';
import type { BenchGuest } from './peers';
import { PEERS, race } from './race';
import { report } from './report';
import { ScratchDirectory } from './scratch';
import { required } from './settings';
import { outputUntil } from './time-to-output';

const TIMEOUT_MS = 300_000;

/** What the guest prints when its first process runs: the greeting of our initramfs. */
const USERSPACE = 'Welcome to the crosvm guest';

interface Goal {
  readonly what: string;
  readonly guest: BenchGuest;
  /** What the guest prints when it is there. */
  readonly text: string;
  readonly warmUp: boolean;
}

async function timeTo({ what, guest, text, warmUp }: Goal): Promise<void> {
  const times = await race({
    guest,
    warmUp,
    measure: async (command) => (await outputUntil(command, text, TIMEOUT_MS)).milliseconds,
  });
  const ours = times.get('crosvm') ?? [];
  for (const peer of PEERS) {
    const theirs = times.get(peer) ?? [];
    report.compare({ what, unit: 'ms', ours, peer, theirs, budget: 1 });
  }
}

/** How long it takes to the first instruction of a guest. */
export async function start(): Promise<void> {
  using folder = new ScratchDirectory();
  const kernel = join(folder.path, 'kernel');
  writeFileSync(kernel, firstInstructionKernel());
  const guest = { kernel, cmdline: '' };
  await timeTo({ what: 'exec to the first guest instruction', guest, text: '!', warmUp: true });
}

/** How long it takes to the first process of Linux. */
export async function boot(): Promise<void> {
  const guest = {
    kernel: required('CROSVM_GUEST_KERNEL'),
    initrd: required('CROSVM_GUEST_INITRD'),
    cmdline: 'console=ttyS0 quiet reboot=t panic=-1',
  };
  await timeTo({ what: 'exec to userspace', guest, text: USERSPACE, warmUp: false });
}
