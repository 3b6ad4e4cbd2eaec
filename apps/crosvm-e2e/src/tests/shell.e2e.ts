import { bootArguments, Crosvm, guestLacks, scaled, Shell, testUnless, theGuest } from '../harness';

const CPUS = Math.min(4, theGuest().maxCpus);
const MEMORY = Math.min(8192, theGuest().maxMemory);

/** How far guest and host may disagree about the time, in seconds. */
const CLOCK_TOLERANCE = 3;

describe(`a shell on a terminal, with ${CPUS} CPUs and ${MEMORY} MiB`, () => {
  let vm: Crosvm;
  let shell: Shell;
  let greeting: string;

  beforeAll(async () => {
    const params = ['e2e.one', 'e2e.two=2 e2e.three', 'e2e.four'];
    vm = Crosvm.spawn(bootArguments({ cpus: CPUS, memory: MEMORY, params }), { pty: true });
    ({ shell, greeting } = await Shell.on(vm));
  });
  afterAll(async () => vm.dispose());

  test('sees all CPUs and all memory', () => {
    const megabytes = Number(/(\d+) MB/.exec(greeting)?.[1]);
    expect(greeting).toContain(`${CPUS} CPU(s)`);
    expect(megabytes).toBeGreaterThan(MEMORY * 0.95);
    expect(megabytes).toBeLessThan(MEMORY);
  });

  test('runs what is typed', async () => {
    expect(await shell.run('echo $((6 * 7)); false')).toEqual({ output: '42', status: 1 });
  });

  test('has the kernel arguments of -p in their order, after those of crosvm', async () => {
    const { output } = await shell.run('cat /proc/cmdline');
    expect(output).toContain('console=ttyS0');
    expect(output).toMatch(/ quiet loglevel=0 e2e\.one e2e\.two=2 e2e\.three e2e\.four$/);
  });

  test('keeps every byte of a long paste', async () => {
    const lines = Array.from({ length: 120 }, (_, line) => `${line}:`.padEnd(63, 'crosvm ') + '\n');
    const paste = lines.join('');
    vm.type(`stty -echo; head -c ${paste.length} >/tmp/paste; stty echo\r`);
    await vm.expect(/stty echo\r*\n/);
    vm.type(paste);
    await shell.prompt();
    const { output } = await shell.run('cat /tmp/paste', scaled(20_000));
    expect(`${output}\n`).toBe(paste);
  });

  test('gets Ctrl-C, which ends what runs in it', async () => {
    // Typed in another form than it is printed in, so that the echo is no match; and by a process that
    // Ctrl-C ends: in one that the shell is about to make of itself it may get lost.
    vm.type('sh -c "echo go\'\'es; exec sleep 12345"\r');
    await vm.expect(/goes\r*\n/);
    vm.type('\x03');
    await shell.prompt();
    vm.type('echo "ended with $?"\r');
    await vm.expect(/ended with 130\r*\n/);
    await shell.prompt();
  });

  test('gets Ctrl-A when it is typed twice', async () => {
    vm.type('stty raw -echo; head -c 2 | od -An -tx1; stty sane\r');
    await vm.expect(/stty sane\r*\n/);
    vm.type('\x01\x01.');
    await vm.expect(' 01 2e');
    await shell.prompt();
  });

  test('knows what time it is', async () => {
    const earliest = Date.now() / 1000 - CLOCK_TOLERANCE;
    const { output } = await shell.run('date +%s');
    const latest = Date.now() / 1000 + CLOCK_TOLERANCE;
    expect(Number(output)).toBeGreaterThan(earliest);
    expect(Number(output)).toBeLessThan(latest);
  });

  testUnless(guestLacks('rtc'), 'reads the time from the CMOS clock', async () => {
    const earliest = Date.now() / 1000 - CLOCK_TOLERANCE;
    const { output } = await shell.run('hwclock -u -r && cat /sys/class/rtc/rtc0/since_epoch');
    const latest = Date.now() / 1000 + CLOCK_TOLERANCE;
    const [shown, seconds] = output.split('\n');
    expect(shown).toContain(String(new Date().getUTCFullYear()));
    expect(Number(seconds)).toBeGreaterThan(earliest);
    expect(Number(seconds)).toBeLessThan(latest);
  });

  testUnless(guestLacks('rtc'), 'is woken by the alarm of the CMOS clock', async () => {
    const count = 'awk \'$NF == "rtc0" {print $2 + $3 + $4 + $5}\' /proc/interrupts';
    const before = await shell.run(count);
    // The kernel clears the setting in its interrupt handler.
    const alarm = '/sys/class/rtc/rtc0/wakealarm';
    const { status } = await shell.run(
      `echo +2 >${alarm} && while [ -n "$(cat ${alarm})" ]; do sleep 0.2; done`,
    );
    const after = await shell.run(count);
    expect(status).toBe(0);
    expect(Number(after.output)).toBeGreaterThan(Number(before.output));
  });

  test('has the terminal as it was after poweroff, which ends with status 0', async () => {
    vm.type('poweroff\r');
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    const { before, after } = await vm.terminalSettings();
    expect(after).toBe(before);
  });
});
