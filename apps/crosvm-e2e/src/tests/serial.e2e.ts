import { readFileSync } from 'node:fs';

import {
  BOOT_MS,
  bootArguments,
  Crosvm,
  HOST_KIND,
  pause,
  scaled,
  Scratch,
  scriptParam,
  theGuest,
} from '../harness';

/** Lines of 6 to 7 bytes that no other line is equal to. */
function numbers(count: number): string {
  return Array.from({ length: count }, (_, index) => `${100_000 + index}\n`).join('');
}

/**
 * 1 MiB, where a byte does not cost a good part of a millisecond: there it would take minutes. Under
 * emulation each of them also is a chance for the host to break the guest: see the README.
 */
const LINES_BY_HOST = { hardware: 150_000, software: 24_000, emulated: 3_000 } as const;

const BULK = Number(process.env.CROSVM_E2E_BULK_LINES ?? LINES_BY_HOST[HOST_KIND]);
const FILE_LINES = Math.ceil(BULK / 8);

const SCRIPT = `
for port in 0 2 3; do stty -F /dev/ttyS$port raw; done
stty -opost
seq 100000 ${100_000 + FILE_LINES - 1} >/dev/ttyS0 &
seq 100000 ${100_000 + FILE_LINES - 1} >/dev/ttyS3 &
echo into the sink >/dev/ttyS2
wait
head -n 1 /proc/consoles
echo ready
read -r line
echo "got $line"
seq 100000 ${100_000 + BULK - 1}
echo complete
`;

describe('four serial ports: a file, the console, a sink, another file', () => {
  const scratch = new Scratch();
  const kernel = theGuest().kernels.at(-1) ?? theGuest().kernels[0];
  const ports = [
    `type=file,num=1,path=${scratch.file('com1')}`,
    'type=stdout,num=2,console,stdin',
    'type=sink,num=3',
    `type=file,num=4,path=${scratch.file('com4')}`,
  ];
  let vm: Crosvm;

  beforeAll(async () => {
    const options = ports.flatMap((port) => ['--serial', port]);
    const params = [scriptParam(SCRIPT)];
    const args = bootArguments({ kernel: kernel.path, params, options });
    vm = Crosvm.spawn(args, { smallPipe: true });
    await vm.expect('ready\n', BOOT_MS + scaled(10_000));
  });
  afterAll(async () => {
    await vm.dispose();
    scratch[Symbol.dispose]();
  });

  test('the console is the port that was named', () => {
    expect(vm.stdout.text).toMatch(/ttyS1 .*\n/);
  });

  test('the console takes input', async () => {
    vm.type('a line of input\n');
    await vm.expect('got a line of input\n');
  });

  test(`a reader that stops for a while gets all of ${BULK * 7} bytes`, async () => {
    vm.holdOutput();
    // More than the pipe holds comes meanwhile, or as much as this machine can do in the time.
    await pause(scaled(500));
    vm.releaseOutput();
    await vm.expect('complete\n', scaled(60_000));
    const [, bulk] = vm.stdout.text.split(/got a line of input\n|complete\n/);
    expect(bulk).toBe(numbers(BULK));
  });

  test('files have all that was written to their ports, and crosvm ends with status 0', async () => {
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(readFileSync(scratch.file('com1'), 'latin1')).toBe(numbers(FILE_LINES));
    expect(readFileSync(scratch.file('com4'), 'latin1')).toBe(numbers(FILE_LINES));
    expect(vm.stderr.text).toBe('');
  });
});
