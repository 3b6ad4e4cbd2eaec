import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { BOOT_MS, checkout, END_MS, theGuest } from '../harness';

const run = promisify(execFile);
const guest = theGuest();
const [kernel] = guest.kernels;

describe('examples/run-in-vm', () => {
  test(
    'runs a command in a guest, and has its output and its exit status',
    async () => {
      const script = join(checkout(), 'examples/run-in-vm/run-in-vm.mjs');
      const command = 'echo "$((6 * 7)) and $USER"; ls /nonexistent; exit 3';
      const args = [script, kernel.path, guest.initrd, command];

      const outcome = run(process.execPath, args, { timeout: BOOT_MS + 2 * END_MS });

      await expect(outcome).rejects.toMatchObject({
        code: 3,
        stdout: expect.stringMatching(/^42 and .*\nls: \/nonexistent: No such file/) as string,
        stderr: '',
      });
    },
    BOOT_MS + 3 * END_MS,
  );
});
