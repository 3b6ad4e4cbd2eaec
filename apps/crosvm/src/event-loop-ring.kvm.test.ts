import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');

/** Many times what it takes. */
const LIMIT_MS = 120_000;

/** Newer versions of Node have rings for their event loops always, 20 when it is told to. */
const WITH_RINGS = { ...process.env, UV_USE_IO_URING: '1' };

const execute = promisify(execFile);

/** Waits for a device to have served the guest, for then the VM has its filter; or for the VM's end. */
async function served(control: string, vm: ChildProcess): Promise<void> {
  while (vm.exitCode === null && vm.signalCode === null) {
    const { stdout } = await execute(CROSVM, ['status', '--json', control]).catch(() => ({
      stdout: '',
    }));
    if (/"requests":[1-9]/.test(stdout.replace(/\s/g, ''))) {
      return;
    }
  }
}

it(
  'under its filter crosvm takes callers, and ends, where event loops have an io_uring',
  async () => {
    await execute('make', ['-s', '-C', GUEST]);
    await execute(CROSVM, ['--build-only']);
    const directory = mkdtempSync(join(tmpdir(), 'crosvm-rings-'));
    const control = join(directory, 'control');
    const args = ['run', '-s', control, join(GUEST, 'dist', 'busy.elf')];
    const vm = spawn(CROSVM, args, { stdio: ['ignore', 'ignore', 'pipe'], env: WITH_RINGS });
    const ended = once(vm, 'close');
    let said = '';
    vm.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));

    await served(control, vm);
    await execute(CROSVM, ['stop', control]).catch(() => vm.kill('SIGKILL'));

    expect({ end: await ended, said }).toEqual({ end: [0, null], said: '' });
    rmSync(directory, { recursive: true });
  },
  LIMIT_MS,
);
