import { spawnSync } from 'node:child_process';

const version = spawnSync('qemu-img', ['--version'], { encoding: 'utf8' });

/** Why tests with qemu-img are skipped, to be put behind their names; empty where it is there. */
export const WITHOUT_QEMU_IMG =
  version.status === 0 ? '' : ' (skipped: no qemu-img, which is in the Debian package qemu-utils)';

/** `describe` for what needs qemu-img; the name says why it is skipped where there is none. */
export function describeQemuImg(name: string, tests: () => void): void {
  const run = WITHOUT_QEMU_IMG === '' ? describe : describe.skip;
  run(`${name}${WITHOUT_QEMU_IMG}`, tests);
}

/**
 * Runs qemu-img and returns what it said.
 * @throws Error if it failed
 */
export function qemuImg(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('qemu-img', args, { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(`qemu-img ${args.join(' ')}: ${stdout}${stderr}`);
  }
  return stdout;
}

/** What `qemu-img check` finds in an image. */
export interface QemuCheck {
  readonly corruptions: number;
  readonly leaks: number;
}

/** Looks whether an image is whole, as qemu-img sees it. */
export function qemuCheck(path: string): QemuCheck {
  const { stdout, stderr } = spawnSync(
    'qemu-img',
    ['check', '--output=json', '-f', 'qcow2', path],
    {
      encoding: 'utf8',
    },
  );
  if (stdout === '') {
    throw new Error(`qemu-img check: ${stderr}`);
  }
  const report = JSON.parse(stdout) as Partial<
    Record<'corruptions' | 'leaks' | 'check-errors', number>
  >;
  return {
    corruptions: (report.corruptions ?? 0) + (report['check-errors'] ?? 0),
    leaks: report.leaks ?? 0,
  };
}
