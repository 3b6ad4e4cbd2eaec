import { gone, isAlive, openFilesOf, TestTerminal } from './testing/terminal';
import { bundleScript, type ScriptFile } from './testing/bundle';

// Each starts several processes.
jest.setTimeout(30_000);

/** Enters raw mode, says so, and then waits or does `then`. */
function script(then: string): ScriptFile {
  return bundleScript(`
    import { RawTerminal } from './index';
    const terminal = RawTerminal.enter(0);
    process.stdout.write('[pid ' + process.pid + '] [guard ' + terminal.guardPid + ']');
    setInterval(() => undefined, 1000);
    ${then}
  `);
}

interface Started extends Disposable {
  readonly terminal: TestTerminal;
  readonly before: string;
  readonly pid: number;
  readonly guard: number;
}

/** Starts a script on a terminal and waits until it is raw. */
async function start(then: string, command = (node: string) => node): Promise<Started> {
  const file = script(then);
  const terminal = new TestTerminal(`read -r; ${command(`${process.execPath} ${file.path}`)}`);
  await terminal.shown(/(pts)/);
  const before = terminal.settings();
  terminal.type('\n');
  const pid = Number(await terminal.shown(/\[pid (\d+)\]/));
  const guard = Number(await terminal.shown(/\[guard (\d+)\]/));
  await terminal.settled(before, false);
  const dispose = (): void => {
    terminal[Symbol.dispose]();
    file[Symbol.dispose]();
  };
  return { terminal, before, pid, guard, [Symbol.dispose]: dispose };
}

const WHEN_TOLD = 'process.stdin.once("data", () => { END })';

describe('RawTerminal', () => {
  it.each([
    ['it is disposed of', 'terminal[Symbol.dispose]()'],
    ['the process exits', 'process.exit(3)'],
    ['an exception is not caught', 'throw new Error("broken")'],
    ['a promise is rejected', 'void Promise.reject(new Error("broken"))'],
    ['the process aborts', 'process.abort()'],
  ])('restores the terminal when %s', async (_name, end) => {
    using started = await start(WHEN_TOLD.replace('END', end));
    started.terminal.type('x');
    await started.terminal.settled(started.before, true);
    await gone(started.guard);
    expect(started.terminal.settings()).toBe(started.before);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGKILL', 'SIGSEGV'] as const)(
    'restores the terminal when the process is killed by %s',
    async (signal) => {
      using started = await start('');
      process.kill(started.pid, signal);
      await started.terminal.settled(started.before, true);
      await gone(started.guard);
      await gone(started.pid);
      expect(started.terminal.settings()).toBe(started.before);
    },
  );

  it('restores the terminal when the whole process group is killed', async () => {
    using started = await start('', (node) => `set -m; ${node}`);
    process.kill(-started.pid, 'SIGKILL');
    await started.terminal.settled(started.before, true);
    await gone(started.guard);
    expect(started.terminal.users()).not.toContain(started.guard);
  });

  it('leaves a terminal alone that another has taken over meanwhile', async () => {
    using started = await start('', (node) => `${node}; stty echo; echo "[now $(stty -g)]"`);
    process.kill(started.guard, 'SIGSTOP');
    process.kill(started.pid, 'SIGKILL');
    const others = await started.terminal.shown(/\[now (\S+)\]/);
    process.kill(started.guard, 'SIGCONT');
    await gone(started.guard);
    expect(started.terminal.settings()).toBe(others);
  });

  it('passes every byte on as it is', async () => {
    using started = await start(`
      process.stdin.on('data', (data) => process.stdout.write('<' + data.toString('hex') + '>\\n'));
    `);
    started.terminal.type('\x03\x1a\x04\r\n\x7f\x11');
    expect(await started.terminal.shown(/(<031a040d0a7f11>\r?\n)/)).toBe('<031a040d0a7f11>\n');
  });

  it('has the terminal as it was while the process is stopped', async () => {
    using started = await start('', (node) => `set -m; ${node}; echo "[stopped $?]"; fg`);
    process.kill(started.pid, 'SIGTSTP');
    expect(await started.terminal.shown(/\[stopped (\d+)\]/)).toBe('148');
    await started.terminal.settled(started.before, false);
    process.kill(started.pid, 'SIGTERM');
    await started.terminal.settled(started.before, true);
    await gone(started.pid);
    expect(started.terminal.settings()).toBe(started.before);
  });

  it('becomes raw again if SIGTSTP stops nobody', async () => {
    using started = await start('');
    const raw = started.terminal.settings();
    process.kill(started.pid, 'SIGTSTP');
    await started.terminal.settled(started.before, true);
    await started.terminal.settled(raw, true);
    expect(isAlive(started.pid)).toBe(true);
  });

  it('lets a background job leave the terminal alone until it is in the foreground', async () => {
    const file = script('');
    using terminal = new TestTerminal(
      `set -m; ${process.execPath} ${file.path} & read -r; kill -STOP %1; sleep 0.2; fg`,
    );
    await terminal.shown(/\[guard (\d+)\]/);
    const before = terminal.settings();
    terminal.type('\n');
    await terminal.settled(before, false);
    process.kill(Number(await terminal.shown(/\[pid (\d+)\]/)), 'SIGTERM');
    await terminal.settled(before, true);
    file[Symbol.dispose]();
  });

  it('has a guard that holds nothing but the terminal and its lifeline', async () => {
    using started = await start('', (node) => `exec 7</etc/passwd 42</etc/passwd; ${node}`);
    const files = openFilesOf(started.guard).map((file) => file.replace(/\d+|\[.*/g, ''));
    expect(files.sort()).toEqual(['/dev/null', '/dev/pts/', 'pipe:']);
  });
});
