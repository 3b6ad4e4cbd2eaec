import {
  ANSWER_MS,
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  descriptorsOf,
  hostLacksBareMetal,
  hostLacksWeston,
  mappingsOf,
  residentBytes,
  scaled,
  Scratch,
  testUnless,
  threadStatuses,
  tooSlow,
  UnixServer,
  until,
  Weston,
} from '../harness';

const MIB = 2 ** 20;

/** JavaScript takes more or less memory for the same. */
const MOST_GROWN_MIB = 8;

/** Most time for all attacks. */
const ATTACKS_MS = scaled(30_000);

/** What a process has, as it is seen from outside. */
function possessions(pid: number) {
  return { descriptors: descriptorsOf(pid), shown: shownBy(pid) };
}

/** Memory that a guest is shown. */
function shownBy(pid: number): readonly string[] {
  return mappingsOf(pid, '/memfd:crosvm_shared');
}

/** Whether a process has its filter: it opens no files any more, not even for a moment. */
function isFiltered(pid: number): boolean {
  return threadStatuses(pid).every((status) => status.get('Seccomp') === '2');
}

/** What they have when everything is set up and all memory was given back, which takes its time. */
async function atRest(vmm: number, host: number) {
  const limit = ANSWER_MS;
  await until('crosvm to have its filter', limit, () => isFiltered(vmm) || undefined);
  await until('memory to be given back', limit, () => shownBy(vmm).length === 0 || undefined);
  return {
    vmm: possessions(vmm),
    host: possessions(host),
    mebibytes: [vmm, host].map((pid) => residentBytes(pid) / MIB),
  };
}

testUnless(
  tooSlow() ?? hostLacksBareMetal() ?? hostLacksWeston(),
  'a hostile guest of Wayland gets answers, and leaves nothing behind',
  async () => {
    using files = new Scratch();
    await using weston = await Weston.start();
    using _mute = await UnixServer.mute(files.file('mute'));
    using _closing = await UnixServer.closing(files.file('closing'));
    const named = ['mute', 'closing'].map((name) => `${files.file(name)},name=${name}`);
    const sockets = [weston.socket, ...named].flatMap((socket) => ['--wayland-sock', socket]);
    await using vm = Crosvm.spawn(['run', ...sockets, bareMetalProgram('hostile-wl')]);
    await vm.expect(/^round 0: at rest\r?\n/m, BOOT_MS);
    const processes = [await vm.pid(), await vm.deviceHost('wayland')] as const;
    const before = await atRest(...processes);
    vm.type('\n');
    await vm.expect(/^round 1: at rest\r?\n/m, ATTACKS_MS);
    const once = await atRest(...processes);
    vm.type('\n');
    await vm.expect(/^round 2: at rest\r?\n/m, ATTACKS_MS);
    const twice = await atRest(...processes);
    vm.type('\n');

    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stdout.text).toContain('22 ok, 0 failed');
    expect(vm.stderr.text).not.toMatch(/^ERROR|crosvm:/m);
    expect(once.host).toEqual(before.host);
    expect(twice.host).toEqual(before.host);
    expect(twice.vmm).toEqual(once.vmm);
    const grown = twice.mebibytes.map((now, index) => now - (once.mebibytes[index] ?? 0));
    expect(grown.filter((each) => each > MOST_GROWN_MIB)).toEqual([]);
  },
);
