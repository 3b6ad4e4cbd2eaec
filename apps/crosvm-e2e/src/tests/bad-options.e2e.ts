import { expectRefusal, type Refusal } from '../fixtures/refusal';
import { Crosvm, testUnless, tooSlow } from '../harness';

/** Nothing is looked at on the host before the command line is understood, so there is no kernel. */
const KERNEL = '/nonexistent/vmlinux';

const LONG = 'x'.repeat(500);

const rows: readonly (Refusal & { readonly args: readonly string[] })[] = [
  { args: ['run'], status: 2, says: /no kernel is given/, hint: /crosvm run \[OPTIONS\] KERNEL/ },
  { args: ['run', ''], status: 2, says: /path of the kernel is empty/ },
  { args: ['run', KERNEL, 'quiet'], status: 2, says: /unexpected argument 'quiet'/, hint: /-p/ },
  { args: ['runn', KERNEL], status: 2, says: /unknown command 'runn'/, hint: /crosvm run\?/ },
  { args: ['-m', '512', KERNEL], status: 2, says: /unknown option '-m'/, hint: /--help/ },

  { args: ['run', '--mmem', '512', KERNEL], status: 2, says: /'--mmem'/, hint: /--mem\?/ },
  { args: ['run', '--cpu', '2', KERNEL], status: 2, says: /'--cpu'/, hint: /--cpus\?/ },
  { args: ['run', '-mem', '512', KERNEL], status: 2, says: /'-mem'/, hint: /--mem\?/ },
  { args: ['run', '-q', KERNEL], status: 2, says: /'-q'/ },
  { args: ['run', `--${LONG}`, KERNEL], status: 2, says: /^.{0,200}$/ },
  { args: ['run', KERNEL, '-m'], status: 2, says: /-m needs a value/ },
  { args: ['run', '--help=yes', KERNEL], status: 2, says: /takes no value/ },

  { args: ['run', '-m', '1', '-m', '2', KERNEL], status: 2, says: /--mem is given twice/ },
  { args: ['run', '-m', '1', '--mem=2', KERNEL], status: 2, says: /--mem is given twice/ },
  { args: ['run', '-c', '1', '-c', '1', KERNEL], status: 2, says: /--cpus is given twice/ },
  { args: ['run', '-i', 'a', '-i', 'b', KERNEL], status: 2, says: /--initrd is given twice/ },

  {
    args: ['run', '--cpu-affinity', '0', '--cpu-affinity=0', KERNEL],
    status: 2,
    says: /--cpu-affinity is given twice/,
  },
  {
    args: ['run', '--log-level', 'info', '--log-level', 'info', KERNEL],
    status: 2,
    says: /--log-level is given twice/,
  },
  {
    args: ['run', '--syslog-tag', 'a', '--syslog-tag', 'b', KERNEL],
    status: 2,
    says: /--syslog-tag is given twice/,
  },

  { args: ['run', '-m', '0', KERNEL], status: 2, says: /--mem must be from 1 to \d+ MiB, not '0'/ },
  { args: ['run', '-m', '-5', KERNEL], status: 2, says: /--mem must be/ },
  { args: ['run', '-m', '1.5', KERNEL], status: 2, says: /--mem must be a whole number of MiB/ },
  { args: ['run', '-m', '4G', KERNEL], status: 2, says: /not '4G'/, hint: /--mem 4096/ },
  { args: ['run', '-m', '99999999999', KERNEL], status: 2, says: /--mem must be from 1 to/ },
  { args: ['run', '-m', '9'.repeat(400), KERNEL], status: 2, says: /^.{0,200}$/ },
  { args: ['run', '-m', '', KERNEL], status: 2, says: /--mem must be/ },

  { args: ['run', '-c', '0', KERNEL], status: 2, says: /--cpus must be from 1 to \d+, not '0'/ },
  { args: ['run', '-c', '-1', KERNEL], status: 2, says: /--cpus must be/ },
  { args: ['run', '-c', '255', KERNEL], status: 2, says: /--cpus must be from 1 to 254/ },
  { args: ['run', '-c', '1e1', KERNEL], status: 2, says: /--cpus must be a whole number/ },
  { args: ['run', '--cpu-affinity', '0-', KERNEL], status: 2, says: /--cpu-affinity/ },
  { args: ['run', '--cpu-affinity', '1=0', KERNEL], status: 2, says: /vCPU 1/, hint: /--cpus 2/ },

  { args: ['run', '--serial', 'type=fil', KERNEL], status: 2, says: /'fil'/, hint: /file\?/ },
  { args: ['run', '--serial', 'num=5', KERNEL], status: 2, says: /num must be from 1 to 4/ },
  { args: ['run', '--serial', 'type=file', KERNEL], status: 2, says: /needs a path/ },
  { args: ['run', '--serial', 'nuum=1', KERNEL], status: 2, says: /'nuum'/, hint: /num\?/ },
  {
    args: ['run', '--serial', 'num=1', '--serial', 'num=1', KERNEL],
    status: 2,
    says: /port 1 is given twice/,
  },

  {
    args: ['run', '-r', 'a', '-r', 'b', KERNEL],
    status: 2,
    says: /--root is given twice/,
    hint: /-disk/,
  },
  { args: ['run', '-r', 'a', '--rwroot', 'b', KERNEL], status: 2, says: /--root and --rwroot/ },
  { args: ['run', '-d', '', KERNEL], status: 2, says: /--disk needs a path/ },
  { args: ['run', '-d', 'a,spares', KERNEL], status: 2, says: /'spares'/, hint: /sparse\?/ },
  { args: ['run', '-d', 'a,block_size=513', KERNEL], status: 2, says: /block_size.*'513'/ },
  { args: ['run', '--rwdisk', `a,id=${LONG}`, KERNEL], status: 2, says: /id must be up to 20/ },
  {
    args: ['run', ...Array.from({ length: 27 }, (_, index) => `--disk=${index}`), KERNEL],
    status: 2,
    says: /^27 disks are given, but a VM can have 26$/,
  },
  {
    args: ['run', '--wayland-sock', 'a', '--wayland-sock', 'b', KERNEL],
    status: 2,
    says: /two sockets without a name are given by --wayland-sock/,
    hint: /name=NAME/,
  },
  {
    args: ['run', '--wayland-sock', 'a,name=x', '--wayland-sock', 'b,name=x', KERNEL],
    status: 2,
    says: /two sockets with the name 'x' are given/,
  },
  {
    args: ['run', '--no-wl', '--wayland-sock', 'a', KERNEL],
    status: 2,
    says: /--no-wl and --wayland-sock are both given/,
  },
  { args: ['run', '--disable-sandbox=1', KERNEL], status: 2, says: /takes no value/ },
  { args: ['run', '--log-level', 'warm', KERNEL], status: 2, says: /'warm'/, hint: /warn\?/ },
];

for (const [index, { args, ...refusal }] of rows.entries()) {
  const shown = args.map((arg) => (arg.length > 40 ? `${arg.slice(0, 10)}...` : `'${arg}'`));
  testUnless(tooSlow(index), `crosvm ${shown.join(' ')} is refused`, async () => {
    await expectRefusal(args, refusal);
  });
}

test('crosvm without arguments says how it is used, and fails as of a wrong command line', async () => {
  await using vm = Crosvm.spawn([], { noInput: true });
  expect(await vm.ended()).toEqual({ code: 2, signal: null });
  expect(vm.stderr.text).toMatch(/^Usage: crosvm COMMAND/);
  expect(vm.stdout.text).toBe('');
});
