/*
 * The benchmark: what the project promises about speed, each figure against a peer that is measured
 * in turn with it. See the README of this package for what the figures mean.
 *
 * usage: bench [exits] [start] [boot] (default: all)
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

import { firstInstructionKernel } from './first-instruction';
import { type BenchGuest, crosvm, qemuMicrovm, qemuQ35 } from './peers';
import { type Comparison, describe, median } from './statistics';
import { type Timed, timeToOutput } from './time-to-output';

const DIST = __dirname;
const CROSVM_MAIN = join(DIST, '../../crosvm/dist/main.js');
const EXITS = Number(process.env.CROSVM_BENCH_EXITS ?? 100_000);
const ROUNDS = Number(process.env.CROSVM_BENCH_ROUNDS ?? 5);
const TIMEOUT_MS = 300_000;

/** What the guest prints when its first process runs: the greeting of our initramfs. */
const USERSPACE = 'Welcome to the crosvm guest';

function print(comparison: Comparison): void {
  console.log(describe(comparison));
}

interface ExitFigures {
  readonly nanoseconds: number;
  readonly bytesPerExit: number;
}

function exitsOfCrosvm(kind: string): ExitFigures {
  const flags = ['--expose-gc', '--max-semi-space-size=64', '--no-warnings'];
  const program = join(DIST, 'exits-crosvm.js');
  const output = execFileSync(process.execPath, [...flags, program, kind, `${EXITS}`]);
  return JSON.parse(output.toString()) as ExitFigures;
}

function exits(): void {
  const program = join(DIST, 'exits-c');
  execFileSync('gcc', ['-O2', '-o', program, join(DIST, '../bench/exits.c')]);
  for (const kind of ['pio', 'mmio']) {
    const ours: number[] = [];
    const theirs: number[] = [];
    const bytes: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const figures = exitsOfCrosvm(kind);
      ours.push(figures.nanoseconds / EXITS);
      bytes.push(figures.bytesPerExit);
      theirs.push(Number(execFileSync(program, [kind, `${EXITS}`]).toString()) / EXITS);
    }
    const what = `${kind.toUpperCase()} exit`;
    print({ what, unit: 'ns', ours, peer: 'the same loop in C', theirs, budget: 1.15 });
    console.log(`${what}: ${median(bytes).toFixed(2)} bytes of heap an exit, budget 0`);
  }
}

/** What to time: crosvm against each of its peers, all of them in turn in each round. */
interface Race {
  readonly what: string;
  readonly guest: BenchGuest;
  readonly text: string;
  readonly peers: Readonly<Record<string, (guest: BenchGuest) => Timed>>;
  readonly warmUp: boolean;
}

async function race({ what, guest, text, peers, warmUp }: Race): Promise<void> {
  const runners = { crosvm: (it: BenchGuest) => crosvm(CROSVM_MAIN, it), ...peers };
  const times = new Map<string, number[]>();
  for (let round = warmUp ? -1 : 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(runners)) {
      const time = await timeToOutput(command(guest), text, TIMEOUT_MS);
      if (round >= 0) {
        times.set(name, [...(times.get(name) ?? []), time]);
      }
    }
  }
  const ours = times.get('crosvm') ?? [];
  for (const peer of Object.keys(peers)) {
    print({ what, unit: 'ms', ours, peer, theirs: times.get(peer) ?? [], budget: 1 });
  }
}

async function start(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'crosvm-bench-'));
  try {
    const kernel = join(folder, 'kernel');
    writeFileSync(kernel, firstInstructionKernel());
    const peers = { 'QEMU microvm': qemuMicrovm, 'QEMU q35': qemuQ35 };
    const what = 'exec to the first guest instruction';
    await race({ what, guest: { kernel, cmdline: '' }, text: '!', peers, warmUp: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function boot(): Promise<void> {
  const kernel = process.env.CROSVM_GUEST_KERNEL;
  const initrd = process.env.CROSVM_GUEST_INITRD;
  if (kernel === undefined || initrd === undefined) {
    throw new Error('set CROSVM_GUEST_KERNEL and CROSVM_GUEST_INITRD (see tools/guest-images)');
  }
  const guest = { kernel, initrd, cmdline: 'console=ttyS0 quiet reboot=t panic=-1' };
  const peers = { 'QEMU microvm': qemuMicrovm, 'QEMU q35': qemuQ35 };
  await race({ what: 'exec to userspace', guest, text: USERSPACE, peers, warmUp: false });
}

async function main(): Promise<void> {
  const parts = { exits, start, boot };
  const wanted = process.argv.slice(2);
  console.log(`${availableParallelism()} CPUs, Node ${process.version}, ${ROUNDS} rounds each`);
  for (const [name, part] of Object.entries(parts)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      await part();
    }
  }
}

void main();
