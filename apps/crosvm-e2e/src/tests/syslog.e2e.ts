import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  hostLacksKvm,
  hostLacksNamespaces,
  scriptParam,
  Syslog,
  testUnless,
  tooSlow,
} from '../harness';

/** LOG_USER with LOG_WARNING or LOG_INFO: RFC 3164, 4.1.1. */
const USER_WARNING = 8 + 4;
const USER_INFO = 8 + 6;

const PORTS = ['type=syslog,num=2', 'type=file,num=3,path=/dev/full'];

const SCRIPT = `
for port in 1 2; do stty -F /dev/ttyS$port raw; done
echo lost >/dev/ttyS2
printf 'first line\\r\\n\\033[31mred\\n%%s\\n' >/dev/ttyS1
echo written
`;

/** Without control characters, and never taken for a format. */
const LINES = ['first line', '[31mred', '%s'].map((line) => `serial 2: ${line}`);
const WARNING = /^serial 3: .*ENOSPC/;

const lack = hostLacksKvm() ?? hostLacksNamespaces();

/** Runs a VM in which a port is the syslog, and another one gives rise to a warning. */
async function run(syslog: Syslog, more: readonly string[]): Promise<number> {
  const options = [...PORTS.flatMap((port) => ['--serial', port]), ...more];
  const args = bootArguments({ params: [scriptParam(SCRIPT)], options });
  await using vm = Crosvm.spawn(args, { noInput: true, wrapper: syslog.wrapper });
  await vm.expect(/^written\r*\n/m, BOOT_MS);
  const pid = await vm.pid();
  expect(await vm.ended()).toEqual({ code: 0, signal: null });
  expect(vm.stderr.text).toMatch(/^WARN .*serial 3: .*\n$/);
  return pid;
}

describe('the syslog', () => {
  testUnless(
    lack ?? tooSlow(),
    'gets what a guest writes to a serial port, line by line',
    async () => {
      using syslog = await Syslog.listen();
      const pid = await run(syslog, []);
      const record = { priority: USER_INFO, tag: 'crosvm', pid };
      expect(syslog.records).toEqual(LINES.map((text) => ({ ...record, text })));
    },
  );

  testUnless(lack, 'gets it under the tag of --syslog-tag, and warnings of crosvm', async () => {
    using syslog = await Syslog.listen();
    const pid = await run(syslog, ['--syslog-tag', 'e2e-vm']);
    const from = { tag: 'e2e-vm', pid };
    const records = [...syslog.records].sort((a, b) => a.priority - b.priority);
    expect(records).toEqual([
      { ...from, priority: USER_WARNING, text: expect.stringMatching(WARNING) as string },
      ...LINES.map((text) => ({ ...from, priority: USER_INFO, text })),
    ]);
  });
});
