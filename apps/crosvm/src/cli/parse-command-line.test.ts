import { version } from '../../package.json';
import { parseCommandLine } from './parse-command-line';
import { UsageError } from './usage-error';

const COM1 = { type: 'stdout', num: 1, console: true, stdin: true };

describe('crosvm run', () => {
  test('needs no more than a kernel', async () => {
    await expect(parseCommandLine(['run', 'vmlinux'])).resolves.toEqual({
      kind: 'run',
      config: {
        kernel: 'vmlinux',
        memory: 256,
        cpus: 1,
        balloon: { reporting: false },
        params: [],
        serial: [COM1],
        disks: [],
        sandbox: true,
        seccompLogFailures: false,
      },
      logging: { level: 'warn' },
    });
  });

  test('reads every option', async () => {
    const line =
      'run -m 512 -c 2 --cpu-affinity 0-1 -i initrd -p quiet -p panic=-1 ' +
      '--serial type=file,path=log,console --serial type=stdout,num=2 ' +
      '-d a.img -r b.img --disable-sandbox --balloon-page-reporting ' +
      '--log-level debug --syslog-tag guest vmlinux';
    await expect(parseCommandLine(line.split(' '))).resolves.toEqual({
      kind: 'run',
      config: {
        kernel: 'vmlinux',
        initrd: 'initrd',
        memory: 512,
        cpus: 2,
        cpuAffinity: { kind: 'all', cpus: [0, 1] },
        balloon: { reporting: true },
        params: ['quiet', 'panic=-1'],
        serial: [
          { type: 'file', num: 1, path: 'log', console: true, stdin: false },
          { type: 'stdout', num: 2, console: false, stdin: false },
        ],
        disks: [
          { path: 'a.img', readOnly: true, sparse: true, direct: false },
          { path: 'b.img', readOnly: true, sparse: true, direct: false },
        ],
        root: 1,
        sandbox: false,
        seccompLogFailures: false,
      },
      logging: { level: 'debug', syslogTag: 'guest' },
    });
  });

  test('takes a kernel that looks like an option after --', async () => {
    const command = await parseCommandLine(['run', '--', '--kernel']);
    expect(command).toMatchObject({ config: { kernel: '--kernel' } });
  });

  test.each(['mem=1', 'cpus=1', 'cpu-affinity=0', 'initrd=a', 'log-level=info', 'syslog-tag=a'])(
    'refuses --%s given twice',
    async (option) => {
      const [name] = option.split('=');
      await expect(
        parseCommandLine(['run', `--${option}`, `--${option}`, 'vmlinux']),
      ).rejects.toThrow(`option --${name!} is given twice`);
    },
  );
});

describe('crosvm version', () => {
  test.each(['version', '--version', '-V'])('is told by %s', async (argument) => {
    await expect(parseCommandLine([argument])).resolves.toEqual({
      kind: 'print',
      text: `crosvm ${version}\n`,
      stream: 'stdout',
      exitStatus: 0,
    });
  });
});

describe('a command line that cannot be understood', () => {
  const commands = 'to boot a kernel: crosvm run KERNEL; more with crosvm --help';
  const params = 'kernel arguments go into quotes after -p: -p "quiet panic=-1"';

  test.each([
    [['rum'], "unknown command 'rum'", 'did you mean crosvm run?'],
    [['verison'], "unknown command 'verison'", 'did you mean crosvm version?'],
    [['vmlinux'], "unknown command 'vmlinux'", commands],
    [['constructor'], "unknown command 'constructor'", commands],
    [[''], "unknown command ''", commands],
    [['-'], "unknown command '-'", commands],
    [['--'], "unknown command '--'", commands],
    [['--mem=5', 'run', 'x'], 'option --mem belongs after the command', 'say crosvm run --mem ...'],
    [
      ['--serial', 'run'],
      'option --serial belongs after the command',
      'say crosvm run --serial ...',
    ],
    [['--verison'], "unknown option '--verison'", 'did you mean --version?'],
    [['--version', 'x'], "unexpected argument 'x'", undefined],
    [['version', 'x'], "unexpected argument 'x'", undefined],
    [['run'], 'no kernel is given', 'usage: crosvm run [OPTIONS] KERNEL'],
    [['run', '-m', '5', '--'], 'no kernel is given', 'usage: crosvm run [OPTIONS] KERNEL'],
    [['run', ''], 'the path of the kernel is empty', undefined],
    [['run', 'vmlinux', 'quiet'], "unexpected argument 'quiet' after the kernel", params],
    [['run', 'vmlinux', '--', 'quiet'], "unexpected argument 'quiet' after the kernel", params],
    [
      ['run', '--kernel', 'x', 'vmlinux'],
      "unknown option '--kernel'",
      'the options are listed by --help',
    ],
    [['run', '-m', '0', 'vmlinux'], "--mem must be from 1 to 67108863 MiB, not '0'", undefined],
  ])('%j', async (argv, message, hint) => {
    const error: unknown = await parseCommandLine(argv).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message, hint });
  });
});
