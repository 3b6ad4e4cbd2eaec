import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { compile, tool } from './tool';

/** Where the guest has the benchmark's programs. */
export const IN_GUEST = '/bench';

/** The kernel argument by which the initramfs runs the script. */
export const RUN_SCRIPT = `crosvm.exec=${IN_GUEST}/run`;

/** What the initramfs prints when the script has come to its end. */
export const SCRIPT_DONE = 'crosvm-exec-status: 0';

/** The terminal is hung up at the script's end, which drops what is still to be sent: this waits for it. */
const DRAIN = '\nstty echo\n';

/** What a guest gets beyond its initramfs. */
export interface Additions {
  /** The benchmark's programs in C, by name. */
  readonly programs: readonly string[];
  /** What the guest runs. */
  readonly script: string;
}

/** Makes an initramfs with programs of the benchmark from one without. Returns its path. */
export function addPrograms(
  initrd: string,
  directory: string,
  { programs, script }: Additions,
): string {
  const tree = join(directory, 'tree');
  const inTree = join(tree, IN_GUEST);
  mkdirSync(inTree, { recursive: true });
  for (const name of programs) {
    // The guest has no libraries.
    compile(`${name}.c`, join(inTree, name), ['-Wall', '-static', '-s']);
  }
  writeFileSync(join(inTree, 'run'), script + DRAIN);
  const names = ['bench', ...['run', ...programs].map((name) => `bench/${name}`)];
  const archive = tool('cpio', ['--create', '--format=newc', '--quiet', '--owner=0:0'], {
    cwd: tree,
    input: `${names.join('\n')}\n`,
  });
  const path = join(directory, 'initrd');
  // The kernel unpacks archives one after another.
  writeFileSync(path, Buffer.concat([readFileSync(initrd), archive]));
  return path;
}
