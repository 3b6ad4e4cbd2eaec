import { tmpdir } from 'node:os';

import { RUN_SCRIPT, SCRIPT_DONE } from './bench-initrd';
import { benchInitrd, type DiskFigures, PROBE, readFigures, RESCAN } from './disk-guest';
import { cachedDisk, directDisk, type NamedDisk, settle } from './disk-images';
import { LOADS, LOADS_MS } from './disk-loads';
import { PEERS, race } from './race';
import { ScratchDirectory } from './scratch';
import { required, ROUNDS } from './settings';
import { report } from './report';
import type { Comparison } from './statistics';
import { outputUntil } from './time-to-output';

/** For the guest's start and end. */
const START_MS = 300_000;

/** A load may take this many times as long as it should before its guest is given up. */
const PATIENCE = 5;

type Figures = ReadonlyMap<string, readonly DiskFigures[]>;

function compare(figures: Figures, id: string, rest: Omit<Comparison, 'ours' | 'theirs'>): void {
  const values = (name: string): number[] =>
    (figures.get(name) ?? []).map((it) => it.get(id) ?? NaN);
  report.compare({ ...rest, ours: values('crosvm'), theirs: values(rest.peer) });
}

function compareAll(figures: Figures, disks: readonly NamedDisk[]): void {
  for (const disk of disks) {
    const cache = disk.direct ? 'none' : 'writeback';
    console.log(`${disk.name}: QEMU with virtio-blk-pci, cache=${cache},aio=${disk.aio}`);
    for (const load of LOADS) {
      for (const peer of PEERS) {
        const what = `${load.name}, ${disk.name}`;
        const rest = { what, unit: load.unit, peer, budget: 1, better: 'more' } as const;
        compare(figures, `${disk.id}-${load.id}`, rest);
      }
    }
  }
  const probes = [
    [PROBE, "drivers' probe of a disk"],
    [RESCAN, "PCI scan that finds a disk, and its drivers' probe"],
  ] as const;
  for (const [id, what] of probes) {
    for (const peer of PEERS) {
      compare(figures, id, { what, unit: 'ms', peer, budget: 1 });
    }
  }
}

function makeDisks(cached: string, direct: string): NamedDisk[] {
  const disk = directDisk(direct);
  if (disk === undefined) {
    report.notMeasured(
      'o_direct',
      'images are on a file system without O_DIRECT (CROSVM_BENCH_DIRECT_DIR names another directory)',
    );
  }
  return [cachedDisk(cached), ...(disk === undefined ? [] : [disk])];
}

/** Disks: how fast they are read and written, and how soon found. */
export async function block(): Promise<void> {
  const kernel = required('CROSVM_GUEST_KERNEL');
  const initrd = process.env.CROSVM_GUEST_INITRD_MODULES ?? required('CROSVM_GUEST_INITRD');
  using cached = new ScratchDirectory();
  using direct = new ScratchDirectory(process.env.CROSVM_BENCH_DIRECT_DIR ?? tmpdir());
  const disks = makeDisks(cached.path, direct.path);
  const guest = {
    kernel,
    initrd: benchInitrd(initrd, cached.path, disks),
    cmdline: `console=ttyS0 quiet loglevel=0 reboot=t panic=-1 ${RUN_SCRIPT}`,
    disks,
  };
  const loadMs = disks.length * LOADS_MS;
  const timeout = START_MS + loadMs * PATIENCE;
  const minutes = (ROUNDS * (PEERS.length + 1) * loadMs) / 60_000;
  console.log(`disks: loads for ${minutes.toFixed(1)} minutes, and the start of their guests`);
  const figures = await race({
    guest,
    warmUp: false,
    measure: async (command) => {
      settle(disks);
      const { output } = await outputUntil(command, SCRIPT_DONE, timeout);
      return readFigures(output, disks);
    },
  });
  compareAll(figures, disks);
}
