import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');
const MIB = 1024 ** 2;

/** Many times what it takes; a guest that waits for something that never comes ends here. */
const LIMIT_MS = 120_000;

const execute = promisify(execFile);

let directory: string;

/** Runs a program of the bare-metal guest, and gives what it printed and what crosvm said. */
async function run(program: string, ...options: string[]): Promise<{ out: string; err: string }> {
  const disks = ['--rwdisk', `${directory}/disk,id=hello`, '--disk', `${directory}/read-only`];
  const elf = join(GUEST, 'dist', `${program}.elf`);
  const running = execute(CROSVM, ['run', ...options, ...disks, elf], { timeout: LIMIT_MS });
  running.child.stdin?.end();
  const { stdout, stderr } = await running;
  return { out: stdout.replaceAll('\r', ''), err: stderr };
}

function expected(program: string): string {
  return readFileSync(join(GUEST, 'expected', `${program}.txt`), 'utf8');
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-bare-metal-'));
  for (const [name, size] of [
    ['disk', 8 * MIB],
    ['read-only', 4 * MIB],
  ] as const) {
    writeFileSync(join(directory, name), '');
    truncateSync(join(directory, name), size);
  }
  await execute('make', ['-s', '-C', GUEST]);
  await execute(CROSVM, ['--build-only']);
}, LIMIT_MS);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe.each([
  ['each device in a process of its own', []],
  ['all devices in one process', ['--disable-sandbox']],
])('the bare-metal guest, %s', (_, options) => {
  it(
    'finds every device in order',
    async () => {
      expect((await run('selftest', ...options)).out).toBe(expected('selftest'));
    },
    LIMIT_MS,
  );

  it(
    'cannot harm any device',
    async () => {
      const { out, err } = await run('hostile', ...options);
      expect(out).toBe(expected('hostile'));
      // The guest's mistakes are warnings; errors would be our own.
      expect(err).not.toMatch(/^ERROR|crosvm:/m);
      const written = readFileSync(join(directory, 'read-only'));
      expect(written.equals(Buffer.alloc(4 * MIB))).toBe(true);
    },
    LIMIT_MS,
  );
});
