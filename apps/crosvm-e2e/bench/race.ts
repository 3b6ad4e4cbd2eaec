import { type BenchGuest, crosvm, qemuMicrovm, qemuQ35 } from './peers';
import { CROSVM_MAIN, ROUNDS } from './settings';
import type { Timed } from './time-to-output';

/** The peers of a guest's start. */
export const PEERS = ['QEMU microvm', 'QEMU q35'] as const;

const COMMANDS: Readonly<Record<string, (guest: BenchGuest) => Timed>> = {
  crosvm: (guest) => crosvm(CROSVM_MAIN, guest),
  'QEMU microvm': qemuMicrovm,
  'QEMU q35': qemuQ35,
};

/** What is measured of a guest, whoever runs it. */
export interface Race<T> {
  readonly guest: BenchGuest;
  /** Measures once. */
  readonly measure: (command: Timed) => Promise<T>;
  /** Measure once more before, for nothing. */
  readonly warmUp: boolean;
}

/** Measures crosvm and each of its peers in turn; returns their figures, by name. */
export async function race<T>({ guest, measure, warmUp }: Race<T>): Promise<Map<string, T[]>> {
  const figures = new Map<string, T[]>();
  for (let round = warmUp ? -1 : 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(COMMANDS)) {
      const measured = await measure(command(guest));
      if (round >= 0) {
        figures.set(name, [...(figures.get(name) ?? []), measured]);
      }
    }
  }
  return figures;
}
