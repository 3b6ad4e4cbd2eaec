import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');
const ECHO = join(__dirname, 'testing', 'echo.ts');

/** Many times what it takes. */
const LIMIT_MS = 120_000;

const execute = promisify(execFile);

let directory: string;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the guest that drives echo devices. */
async function run(...options: string[]): Promise<Ended> {
  const args = ['run', ...options, join(GUEST, 'dist', 'echo.elf')];
  const running = execute(CROSVM, args, { timeout: LIMIT_MS });
  running.child.stdin?.end();
  const { stdout, stderr, code } = await running
    .then((outcome) => ({ ...outcome, code: 0 }))
    .catch((error: unknown) => error as { stdout: string; stderr: string; code: number });
  return { code, out: stdout.replaceAll('\r', ''), err: stderr };
}

/** A device that gives no answer, and does something when it is asked, or when it is created. */
function device(name: string, deed: string, creation = ''): string {
  const path = join(directory, name);
  const text = `
    import { getrandomRaw } from '@crosvm/sys-util';
    export default {
      name: 'bad', deviceType: 63, queueMaxSizes: () => [64], features: () => 0n,
      configSpace: () => new Uint8Array(0),
      create: () => {
        ${creation};
        return {
          activate() {}, reset() {}, [Symbol.dispose]() {},
          handleQueue() { ${deed}; return false; },
        };
      },
    };
    void getrandomRaw;
  `;
  writeFileSync(path, text);
  return path;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-custom-'));
  await execute('make', ['-s', '-C', GUEST]);
  await execute(CROSVM, ['--build-only']);
}, LIMIT_MS);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a device of the user's own", () => {
  it.each([
    ['in a jail', []],
    ['in a thread', ['--disable-sandbox']],
  ])(
    'answers a guest, each with its options, %s',
    async (_, options) => {
      const ended = await run(...options, '--device', ECHO, '--device', `${ECHO},shout`);
      expect(ended).toEqual({
        code: 0,
        out: [
          "dev0: 'hello' gives 'hello'",
          "dev0: 'a guest without a kernel' gives 'a guest without a kernel'",
          "dev0: 'and nothing else' gives 'and nothing else'",
          "dev1: 'hello' gives 'HELLO'",
          "dev1: 'a guest without a kernel' gives 'A GUEST WITHOUT A KERNEL'",
          "dev1: 'and nothing else' gives 'AND NOTHING ELSE'",
          '',
        ].join('\n'),
        err: '',
      });
    },
    LIMIT_MS,
  );

  it(
    'cannot open files, not even while it is loaded',
    async () => {
      const path = join(directory, 'reader.js');
      writeFileSync(path, 'require("node:fs").readFileSync("/etc/passwd")');
      const { code, err } = await run('--device', path);
      expect(code).toBe(1);
      expect(err).toMatch(
        /^crosvm: the device host of device reader failed: .*\/etc\/passwd.*ENOENT/,
      );
    },
    LIMIT_MS,
  );

  it(
    'ends the VM if it makes a call that its policy does not have',
    async () => {
      const path = device('rash.ts', "require('node:fs').readFileSync('/x')");
      const { code, err } = await run('--device', path);
      expect(code).toBe(1);
      expect(err).toMatch(/the device host of device rash failed: .*forbids: open/);
    },
    LIMIT_MS,
  );

  it.each<[string, [deed: string, creation: string], string]>([
    ['it exits while it is created', ['', 'process.exit()'], 'it ended'],
    ['it exits with a status', ['', 'process.exit(3)'], 'it ended with status 3'],
    ['it exits as nobody should', ['', 'process.reallyExit(0)'], 'it ended'],
    ['it exits while it serves', ['process.exit()', ''], 'it ended'],
    ['it throws while it is created', ['', "throw new Error('oh')"], 'oh'],
    [
      'it is created some other time',
      ['', 'return Promise.reject(new Error())'],
      "'create' must give an object with activate, handleQueue, reset and [Symbol.dispose], not a promise, for which nobody waits",
    ],
  ])(
    'ends the VM at once, with an error that names it, if %s',
    async (_, deeds, said) => {
      const { code, err } = await run('--device', device('gone.ts', ...deeds));
      expect({ code, err }).toEqual({
        code: 1,
        err: `crosvm: the device host of device gone failed: ${said}\n`,
      });
    },
    LIMIT_MS,
  );

  it(
    'ends the VM at once if it exits while it is loaded',
    async () => {
      const path = join(directory, 'brief.js');
      writeFileSync(path, 'process.exit(0)');
      const { code, err } = await run('--device', path);
      expect({ code, err }).toEqual({
        code: 1,
        err: 'crosvm: the device host of device brief failed: it ended\n',
      });
    },
    LIMIT_MS,
  );

  it(
    'may make the calls of a policy of its own',
    async () => {
      const path = device('lucky.ts', 'getrandomRaw(0, 0)');
      const common = join(ROOT, 'seccomp', 'x86_64', 'common_device.policy');
      const refused = await run('--device', path);
      writeFileSync(join(directory, 'lucky.policy'), `@include ${common}\ngetrandom: 1\n`);
      const permitted = await run('--device', path);
      expect(refused.err).toContain('forbids: getrandom');
      expect(permitted).toEqual({ code: 0, out: 'dev0: no answer\n'.repeat(3), err: '' });
    },
    LIMIT_MS,
  );

  it(
    'says what is wrong with its module or its options',
    async () => {
      const path = join(directory, 'none.js');
      writeFileSync(path, 'export default { name: 1 };');
      expect((await run('--device', path)).err).toMatch(/'name' must be a word/);
      expect((await run('--device', `${ECHO},whisper`)).err).toMatch(
        /does not know the option 'whisper'; it takes shout/,
      );
    },
    LIMIT_MS,
  );
});
