/* A directory of control sockets, and commands that are for several VMs at once. */

import { mkdirSync, unlinkSync } from 'node:fs';

import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  hostLacksBareMetal,
  pause,
  runCrosvm,
  Scratch,
  testUnless,
  tooSlow,
} from '../harness';

const VMS = 3;

/** A line of `--json`. */
interface Line {
  readonly socket: string;
  readonly result?: { readonly state: string; readonly pid: number; readonly kernel: string };
  readonly error?: { readonly code: string };
}

function linesOf(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** What the VMs in a directory are, when as many as that run there. */
async function running(directory: string, count: number): Promise<readonly Line[]> {
  for (;;) {
    const lines = linesOf((await runCrosvm('vms', '--json', directory)).stdout);
    if (lines.filter(({ result }) => result?.state === 'running').length === count) {
      return lines;
    }
    await pause(50);
  }
}

describe('the VMs whose sockets are in one directory', () => {
  const lack = tooSlow() ?? hostLacksBareMetal();

  testUnless(lack, 'are listed, asked and ended together', async () => {
    using files = new Scratch();
    const directory = files.file('vms');
    mkdirSync(directory);
    const kernel = bareMetalProgram('busy');
    const spawn = (): Crosvm => Crosvm.spawn(['run', '-s', directory, kernel], { noInput: true });
    await using killed = spawn();
    await killed.expect(/busy: 1 devices/, BOOT_MS);
    await using first = spawn();
    await using second = spawn();
    await using third = spawn();
    const vms = [first, second, third];
    const lines = await running(directory, VMS + 1);
    const pids = await Promise.all([killed, ...vms].map((vm) => vm.pid()));
    const sockets = pids.map((pid) => `${directory}/crosvm-${pid}.sock`);
    const [stale = '', ...live] = sockets;

    expect(new Set(lines.map(({ socket }) => socket))).toEqual(new Set(sockets));
    expect(new Set(lines.map(({ result }) => result?.pid))).toEqual(new Set(pids));
    expect(lines.every(({ result }) => result?.kernel === kernel)).toBe(true);

    await killed.signal('SIGKILL');
    await killed.ended();
    const listed = await runCrosvm('vms', directory);
    const asked = await runCrosvm('suspend', '--json', ...sockets);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain(`${stale}: gone`);
    expect(listed.stdout.match(/: running, up .* 1 vCPU, .*busy\.elf/g)).toHaveLength(VMS);
    expect(asked.code).toBe(1);
    expect(linesOf(asked.stdout)).toEqual([
      { socket: stale, error: expect.objectContaining({ code: 'NOT_LISTENING' }) as unknown },
      ...live.map((socket) => ({ socket, result: {} })),
    ]);
    expect((await runCrosvm('status', ...live)).stdout.match(/: suspended, /g)).toHaveLength(VMS);
    expect(await runCrosvm('resume', ...live)).toMatchObject({ code: 0, stderr: '' });
    expect(await running(directory, VMS)).toHaveLength(VMS + 1);

    unlinkSync(stale);
    const stopped = await runCrosvm('stop', ...live);
    expect(stopped).toMatchObject({ code: 0, stderr: '' });
    expect(stopped.stdout.match(/: stopped$/gm)).toHaveLength(VMS);
    expect(await Promise.all(vms.map((vm) => vm.ended()))).toEqual(
      vms.map(() => ({ code: 0, signal: null })),
    );
    expect(files.list()).toEqual(['vms']);
  });
});
