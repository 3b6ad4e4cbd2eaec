import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { crosvm } from './peers';
import { report } from './report';
import { adopt, ScratchDirectory } from './scratch';
import { CROSVM_MAIN, required, ROUNDS } from './settings';

const USERSPACE = 'Welcome to the crosvm guest';
const TIMEOUT_MS = 300_000;
const IMAGE_BYTES = 1024 ** 2;
const KIB_PER_MB = 1000 ** 2 / 1024;

/** MB, from the design: of the VMM, and of each device host. */
const VMM_BUDGET = 60;
const HOST_BUDGET = 12;

/** MB that a process has for itself, without what is the guest's. */
function privateMegabytes(pid: number): number {
  let isGuests = false;
  let kibibytes = 0;
  for (const line of readFileSync(`/proc/${pid}/smaps`, 'latin1').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      isGuests = line.includes('memfd:');
    }
    const [, size] = /^Private_(?:Clean|Dirty): +(\d+) kB/.exec(line) ?? [];
    kibibytes += isGuests ? 0 : Number(size ?? 0);
  }
  return kibibytes / KIB_PER_MB;
}

/** The children of a process, by what they call themselves. */
function childrenOf(pid: number): ReadonlyMap<string, number> {
  const pids = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean),
  );
  return new Map(
    pids.map((child) => {
      const [title = ''] = readFileSync(`/proc/${child}/cmdline`, 'latin1').split('\0');
      return [title.trim(), Number(child)];
    }),
  );
}

/** Boots a guest with a disk; gives the memory of each process by its name. */
async function measure(path: string): Promise<ReadonlyMap<string, number>> {
  const { command, args } = crosvm(CROSVM_MAIN, {
    kernel: required('CROSVM_GUEST_KERNEL'),
    initrd: required('CROSVM_GUEST_INITRD'),
    cmdline: 'console=ttyS0 quiet reboot=t panic=-1',
    disks: [{ path, id: 'disk', direct: false, aio: 'threads' }],
  });
  const vm = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  adopt(vm);
  const ended = new Promise((resolve) => vm.once('close', resolve));
  const timer = setTimeout(() => vm.kill('SIGKILL'), TIMEOUT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      let output = '';
      vm.stdout.on('data', (bytes: Buffer) => {
        output += bytes.toString('latin1');
        if (output.includes(USERSPACE)) {
          resolve();
        }
      });
      vm.once('close', () => reject(new Error(`the guest ended early: ${output.slice(-1000)}`)));
    });
    const pid = vm.pid ?? 0;
    const hosts = [...childrenOf(pid)].filter(([title]) => title.startsWith('crosvm '));
    return new Map(
      [['the VMM', pid] as const, ...hosts].map(([name, it]) => [name, privateMegabytes(it)]),
    );
  } finally {
    clearTimeout(timer);
    vm.kill('SIGTERM');
    await ended;
  }
}

/** What crosvm's processes need for themselves, when the guest has come to its first process. */
export async function memory(): Promise<void> {
  using scratch = new ScratchDirectory();
  const image = join(scratch.path, 'image');
  writeFileSync(image, Buffer.alloc(IMAGE_BYTES));
  const rounds: ReadonlyMap<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push(await measure(image));
  }
  for (const name of rounds[0]?.keys() ?? []) {
    const isHost = name.startsWith('crosvm ');
    report.figure({
      what: `private memory of ${isHost ? `the host of ${name.slice('crosvm '.length)}` : name}`,
      unit: 'MB',
      values: rounds.map((each) => each.get(name) ?? NaN),
      budget: isHost ? HOST_BUDGET : VMM_BUDGET,
    });
  }
}
