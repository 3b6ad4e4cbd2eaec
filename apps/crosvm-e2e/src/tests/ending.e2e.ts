import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  END_MS,
  guestLacks,
  hostCpus,
  hostLacksCpus,
  scriptParam,
  Shell,
  testUnless,
  theGuest,
  threadAffinities,
} from '../harness';

/** Kernel arguments by which a guest says something before much of it has started. */
const TALKATIVE = 'console=ttyS0 earlyprintk=ttyS0 loglevel=8 ignore_loglevel';

/** `crosvm run` of a guest that is caught while it boots: it has no initrd, and never comes to its end. */
const early = ['run', '-p', TALKATIVE, theGuest().kernels[0].path];

/** Where panics are told of, that is what is looked at. */
const untold = guestLacks('pvpanic') === undefined ? 'it is seen on other machines' : undefined;

describe('a guest that resets its machine', () => {
  test.each([['reboot=k'], ['reboot=a']])('ends crosvm with status 32: %s', async (how) => {
    const args = bootArguments({ params: [how, scriptParam('reboot')] });
    await using vm = Crosvm.spawn(args, { noInput: true });
    expect(await vm.ended(BOOT_MS + END_MS)).toEqual({ code: 32, signal: null });
    expect(vm.stderr.text).toBe('');
  });

  test('by a triple fault ends crosvm with status 1 and one line that says what and where', async () => {
    const args = bootArguments({ params: ['reboot=t', scriptParam('reboot')] });
    await using vm = Crosvm.spawn(args, { noInput: true, crashes: true });
    expect(await vm.ended(BOOT_MS + END_MS)).toEqual({ code: 1, signal: null });
    // A second line says, where it may be so, that this machine's KVM cannot run stock kernels.
    expect(vm.stderr.text).toMatch(/^crosvm: [^\n]+\n(?: {2}hint: [^\n]*nested-host[^\n]*\n)?$/);
    expect(vm.stderr.text).toMatch(/vCPU 0.*triple fault.*RIP 0x[0-9a-f]+/i);
  });

  testUnless(guestLacks('pvpanic'), 'by a panic that it tells of ends with status 34', async () => {
    const script = scriptParam('echo c >/proc/sysrq-trigger');
    const args = bootArguments({ modules: ['pvpanic_mmio'], params: ['panic=-1', script] });
    await using vm = Crosvm.spawn(args, { pty: true });
    expect(await vm.ended(BOOT_MS + END_MS)).toEqual({ code: 34, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });

  testUnless(untold, 'by a panic that it does not tell of ends with status 32', async () => {
    // Without an initrd the kernel finds nothing to start.
    const params = ['-p', 'panic=-1', '-p', TALKATIVE];
    await using vm = Crosvm.spawn(['run', ...params, theGuest().kernels[0].path], { pty: true });
    await vm.expect(/Kernel panic - not syncing: VFS/, BOOT_MS);
    expect(await vm.ended()).toEqual({ code: 32, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

describe('crosvm that is told to end', () => {
  test('by SIGTERM ends in order, with status 143 and the terminal as it was', async () => {
    await using vm = Crosvm.spawn(early, { pty: true });
    await vm.expect(/Linux version/, BOOT_MS);
    await vm.signal('SIGTERM');
    expect(await vm.ended()).toEqual({ code: 143, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });

  test('by SIGKILL leaves no process, and the terminal as it was', async () => {
    await using vm = Crosvm.spawn(early, { pty: true });
    await vm.expect(/Linux version/, BOOT_MS);
    await vm.signal('SIGKILL');
    expect(await vm.ended()).toEqual({ code: 137, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });

  test('by Ctrl-A x ends with status 0 and the terminal as it was', async () => {
    await using vm = Crosvm.spawn(early, { pty: true });
    await vm.expect(/Linux version/, BOOT_MS);
    vm.type('\x01x');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});

describe('an idle guest whose vCPUs are bound to CPUs of the host', () => {
  // The last CPU of a machine alone is a choice that nobody makes by default.
  const bound = hostCpus()
    .slice(theGuest().maxCpus === 1 ? -1 : -2)
    .map(String)
    .reverse();
  let vm: Crosvm;

  beforeAll(async () => {
    const affinity = bound.map((cpu, index) => `${index}=${cpu}`).join(':');
    const options = hostLacksCpus(2) === undefined ? ['--cpu-affinity', affinity] : [];
    vm = Crosvm.spawn(bootArguments({ cpus: bound.length, options }));
    await Shell.on(vm);
  });
  afterAll(async () => vm.dispose());

  testUnless(hostLacksCpus(2), 'has one thread of crosvm on each of these', async () => {
    const affinities = [...threadAffinities(await vm.pid()).values()];
    expect(affinities.filter((cpus) => /^\d+$/.test(cpus)).sort()).toEqual([...bound].sort());
  });

  test('ends in order by SIGINT, with status 130', async () => {
    await vm.signal('SIGINT');
    expect(await vm.ended()).toEqual({ code: 130, signal: null });
  });
});
