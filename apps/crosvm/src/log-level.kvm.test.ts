import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');

/** Many times what it takes. */
const LIMIT_MS = 120_000;

const execute = promisify(execFile);

/** What crosvm logs of a whole run. */
async function log(...options: string[]): Promise<string[]> {
  const elf = join(GUEST, 'dist', 'selftest.elf');
  const running = execute(CROSVM, ['run', ...options, elf], { timeout: LIMIT_MS });
  running.child.stdin?.end();
  const { stderr } = await running;
  return stderr.split('\n').filter((line) => line !== '');
}

const INFO: readonly unknown[] = [
  expect.stringMatching(/^INFO kernel '.*selftest\.elf': ELF, entry 0x[0-9a-f]+$/),
  'INFO 256 MiB of memory, 1 vCPU',
  'INFO serial ports: COM1 to stdout, console, stdin',
  expect.stringMatching(/^INFO device host of serial 1: process \d+$/),
  expect.stringMatching(/^INFO device host of balloon: process \d+$/),
  expect.stringMatching(/^INFO device host of rng: process \d+$/),
];

const END = 'INFO the guest powered off; exit status 0';

beforeAll(async () => {
  await execute('make', ['-s', '-C', GUEST]);
  await execute(CROSVM, ['--build-only']);
}, LIMIT_MS);

describe('a run that goes well', () => {
  it(
    'logs nothing by default',
    async () => {
      expect(await log()).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'logs its start and its end at info',
    async () => {
      expect(await log('--log-level', 'info')).toEqual([...INFO, END]);
    },
    LIMIT_MS,
  );

  it(
    'logs what the guest finds and how long the start took at debug',
    async () => {
      expect(await log('--log-level', 'debug')).toEqual(
        expect.arrayContaining([
          ...INFO,
          'DEBUG kernel command line: console=ttyS0 reboot=k panic=-1',
          expect.stringMatching(/^DEBUG memory map \(e820\): 0x0-0x[0-9a-f]+ usable, /),
          expect.stringMatching(/^DEBUG start: program [\d.]+ ms, machine .*, guest .*, vCPUs /),
          END,
        ]),
      );
    },
    LIMIT_MS,
  );
});
