import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

import { elfFile } from '../fixtures/elf';
import { expectRefusal, type Refusal } from '../fixtures/refusal';
import {
  bareMetalProgram,
  BOOT_MS,
  Crosvm,
  hostLacksBareMetal,
  hostLacksKvm,
  Scratch,
  testUnless,
  tooSlow,
  theGuest,
  withoutOverride,
} from '../harness';

const MIB = 2 ** 20;

const files = new Scratch();
afterAll(() => files[Symbol.dispose]());

/** Puts a file there. Returns its path. */
function file(name: string, content: Uint8Array | string): string {
  writeFileSync(files.file(name), content);
  return files.file(name);
}

/** A file of zeros that takes no room. */
function zeros(name: string, size: number): string {
  truncateSync(file(name, ''), size);
  return files.file(name);
}

/** The beginning of the guest's own kernel. */
function beginningOf(path: string, size: number): Buffer {
  const content = Buffer.alloc(size);
  readSync(openSync(path, 'r'), content);
  return content;
}

interface Row extends Refusal {
  readonly name: string;
  readonly args: (sound: string) => readonly string[];
}

const hole = { at: 16 * MIB, size: MIB };

const rows: readonly Row[] = [
  {
    name: 'a kernel that does not exist',
    args: () => [files.file('none')],
    status: 1,
    says: /^kernel '.*none' does not exist$/,
  },
  {
    name: 'a kernel behind a file that is no directory',
    args: (sound) => [`${sound}/vmlinux`],
    status: 1,
    says: /^kernel .*(?:not a directory|ENOTDIR)/i,
  },
  {
    name: 'a directory for a kernel',
    args: () => [files.path],
    status: 1,
    says: /^kernel .* is a directory$/,
  },
  {
    name: 'a device for a kernel',
    args: () => ['/dev/zero'],
    status: 1,
    says: /^kernel '\/dev\/zero' is a device/,
  },
  {
    name: 'a pipe that nobody writes to for a kernel',
    args: () => {
      execFileSync('mkfifo', [files.file('pipe')]);
      return [files.file('pipe')];
    },
    status: 1,
    says: /^kernel .* is a pipe/,
  },
  {
    name: 'an empty kernel',
    args: () => [file('empty', '')],
    status: 1,
    says: /^kernel .* is empty$/,
  },
  {
    name: 'a text for a kernel',
    args: () => [file('text', 'this is no kernel\n'.repeat(500))],
    status: 1,
    says: /^kernel .* is a text file, not a kernel$/,
  },
  {
    name: 'zeros for a kernel',
    args: () => [zeros('zeros', MIB)],
    status: 1,
    says: /^kernel .* is not a kernel/,
  },
  {
    name: 'a compressed file for a kernel',
    args: () => [file('gz', Buffer.from('1f8b0800000000000003'.padEnd(4096, '0'), 'hex'))],
    status: 1,
    says: /^kernel .* is a gzip file: decompress it/,
  },
  {
    name: 'a program of this machine for a kernel',
    args: () => [process.execPath],
    status: 1,
    says: /^kernel .* is a program for Linux, not a kernel/,
  },
  {
    name: 'a 32-bit ELF kernel',
    args: () => [file('elf32', elfFile({ fileClass: 1, machine: 3 }))],
    status: 1,
    says: /^kernel .* is a 32-bit ELF file/,
  },
  {
    name: 'an ELF kernel of another machine',
    args: () => [file('aarch64', elfFile({ machine: 183 }))],
    status: 1,
    says: /^kernel .* crosvm boots 64-bit x86 kernels/,
  },
  {
    name: 'an ELF kernel without segments',
    args: () => [file('bare', elfFile({ segments: [] }))],
    status: 1,
    says: /^kernel .* (?:program headers|segment)/,
  },
  {
    name: 'an ELF kernel that ends within a segment',
    args: () => [file('cut', elfFile({ segments: [{ ...hole, fileSize: MIB }] }))],
    status: 1,
    says: /^kernel .* is truncated/,
  },
  {
    name: 'an ELF kernel that ends within its header',
    args: () => [file('stub', elfFile().subarray(0, 50))],
    status: 1,
    says: /^kernel .* truncated/,
  },
  {
    name: 'an ELF kernel with segments that overlap',
    args: () => [
      file('overlap', elfFile({ segments: [hole, { ...hole, at: hole.at + MIB / 2 }] })),
    ],
    status: 1,
    says: /^kernel .* has segments that overlap/,
  },
  {
    name: 'an ELF kernel at an address beyond all memory',
    args: () => [file('far', elfFile({ segments: [{ ...hole, at: 2 ** 45 }] }))],
    status: 1,
    says: /^kernel .* 0x2000/,
  },
  {
    name: 'a bzImage that ends too early',
    args: () => [file('short', bzImageStart(3 * MIB))],
    status: 1,
    says: /^kernel .* is truncated/,
  },
  {
    name: 'a kernel that is larger than memory',
    args: () => ['-m', '64', file('huge', elfFile({ segments: [{ ...hole, size: 100 * MIB }] }))],
    status: 1,
    says: /^kernel .* needs 116 MiB of guest memory and there are 64/,
  },
  {
    name: 'memory that is too little for any kernel',
    args: (sound) => ['-m', '1', sound],
    status: 1,
    says: /^--mem 1 is too little for any kernel/,
    hint: /--mem 2/,
  },
  {
    name: 'memory out of all proportion',
    args: (sound) => ['-m', '60000000', sound],
    status: 1,
    says: /^--mem 60000000 is out of proportion/,
  },
  {
    name: 'an initrd that does not exist',
    args: (sound) => ['-i', files.file('none'), sound],
    status: 1,
    says: /^initrd '.*none' does not exist$/,
  },
  {
    name: 'a directory for an initrd',
    args: (sound) => ['-i', files.path, sound],
    status: 1,
    says: /^initrd .* is a directory$/,
  },
  {
    name: 'an initrd that is larger than memory',
    args: (sound) => ['-m', '256', '-i', zeros('initrd', 300 * MIB), sound],
    status: 1,
    says: /^initrd .* has 300 MiB.*give the guest \d+ MiB/,
  },
  {
    name: 'kernel arguments that are too long',
    args: (sound) => ['-p', 'a'.repeat(1500), '-p', 'b'.repeat(1500), sound],
    status: 1,
    says: /^the kernel command line is \d+ characters long; the kernel takes 2047 at most$/,
  },
  {
    name: 'kernel arguments with a line end',
    args: (sound) => ['-p', 'quiet\npanic=1', sound],
    status: 1,
    says: /^the kernel command line has the character U\+000A/,
  },
  {
    name: 'a host CPU that is not there',
    args: (sound) => ['--cpu-affinity', '8000', sound],
    status: 1,
    says: /^--cpu-affinity names CPU 8000, which is not online$/,
  },
  {
    name: 'a file for a serial port in a directory that does not exist',
    args: (sound) => ['--serial', `type=file,num=2,path=${files.file('none/log')}`, sound],
    status: 1,
    says: /none\/log.*no such file or directory/,
  },
  {
    name: 'a directory for the file of a serial port',
    args: (sound) => ['--serial', `type=file,num=2,path=${files.path}`, sound],
    status: 1,
    says: /directory/,
  },
  {
    name: 'a pipe that nobody reads for the file of a serial port',
    args: (sound) => {
      execFileSync('mkfifo', [files.file('unread')]);
      return ['--serial', `type=file,num=2,path=${files.file('unread')}`, sound];
    },
    status: 1,
    says: /^the file of serial port 2, '.*unread', is a pipe that nobody reads$/,
    hint: /cat '.*unread'/,
  },
  {
    name: 'the socket of a compositor that does not exist',
    args: (sound) => ['--wayland-sock', files.file('none'), sound],
    status: 1,
    says: /^--wayland-sock .*none: there is no such socket$/,
    hint: /start the compositor first/,
  },
  {
    name: 'a file for the socket of a compositor',
    args: (sound) => ['--wayland-sock', `${sound},name=other`, sound],
    status: 1,
    says: /^--wayland-sock .*sound: this is no socket$/,
    hint: /path of a socket/,
  },
  {
    name: 'a file for the control socket',
    args: (sound) => ['-s', sound, sound],
    status: 1,
    says: /sound exists and is not a socket$/,
    hint: /a path that does not exist/,
  },
  {
    name: 'a directory that does not exist for the control socket',
    args: (sound) => ['-s', files.file('none/vm.sock'), sound],
    status: 1,
    says: /^no socket can be made in .*none: .*ENOENT/,
    hint: /a directory that is there/,
  },
];

const log = (num: number, path: string): string[] => [
  '--serial',
  `type=file,num=${num},path=${path}`,
];

/** Files that a serial port would destroy; they are to be as they were. */
const precious: readonly (Row & { readonly path: string })[] = [
  {
    name: 'the kernel for the file of a serial port',
    path: files.file('own-kernel'),
    args: () => [...log(2, files.file('own-kernel')), files.file('own-kernel')],
    status: 1,
    says: /^the file of serial port 2, '.*own-kernel', is the kernel, too$/,
    hint: /a file of its own/,
  },
  {
    name: 'the initrd for the file of a serial port',
    path: files.file('own-initrd'),
    args: (sound) => ['-i', files.file('own-initrd'), ...log(2, files.file('own-initrd')), sound],
    status: 1,
    says: /^the file of serial port 2, '.*own-initrd', is the initrd, too$/,
    hint: /a file of its own/,
  },
  {
    name: 'the image of a disk for the file of a serial port',
    path: files.file('own-disk'),
    args: (sound) => ['--rwdisk', files.file('own-disk'), ...log(2, files.file('own-disk')), sound],
    status: 1,
    says: /^the file of serial port 2, '.*own-disk', is disk vda, too$/,
    hint: /a file of its own/,
  },
  {
    name: 'one file for two serial ports',
    path: files.file('one-log'),
    args: (sound) => [...log(1, files.file('one-log')), ...log(2, files.file('one-log')), sound],
    status: 1,
    says: /^the file of serial port 2, '.*one-log', is that of serial port 1, too$/,
    hint: /a file of its own/,
  },
  {
    name: 'a file for a serial port, and a kernel that is none',
    path: files.file('old-log'),
    args: () => [...log(2, files.file('old-log')), file('no-kernel', 'this is none\n')],
    status: 1,
    says: /^kernel .* is a text file, not a kernel$/,
  },
];

function bzImageStart(size: number): Buffer {
  return beginningOf(theGuest().kernels[0].path, size);
}

describe('crosvm run is refused', () => {
  const lack = hostLacksKvm();

  for (const [index, { name, args, ...refusal }] of rows.entries()) {
    testUnless(lack ?? tooSlow(index), `with ${name}`, async () => {
      await expectRefusal(['run', ...args(file('sound', elfFile()))], refusal);
    });
  }

  for (const [index, { name, path, args, ...refusal }] of precious.entries()) {
    testUnless(lack ?? tooSlow(index), `with ${name}, and nothing is lost`, async () => {
      const before = elfFile();
      writeFileSync(path, before);
      await expectRefusal(['run', ...args(file('sound', elfFile()))], refusal);
      expect(readFileSync(path).equals(before)).toBe(true);
    });
  }

  testUnless(lack ?? tooSlow(), 'with a kernel that may not be read', async () => {
    const path = file('secret', elfFile());
    chmodSync(path, 0);
    const refusal = { status: 1, says: /^kernel '.*secret' cannot be read: .*EACCES/ } as const;
    await expectRefusal(['run', path], refusal, { wrapper: withoutOverride() });
  });
});

/** Starts a program in a directory that is no more. */
function inLostDirectory(): readonly string[] {
  const path = files.file('lost');
  mkdirSync(path);
  return ['sh', '-c', 'cd "$1" && rmdir "$1" && shift && exec "$@"', 'sh', path];
}

describe('in a directory that was removed', () => {
  testUnless(tooSlow(), 'a relative path is refused', async () => {
    await using vm = Crosvm.spawn(['run', 'vmlinux'], {
      noInput: true,
      wrapper: inLostDirectory(),
    });

    expect(await vm.ended()).toEqual({ code: 1, signal: null });
    // The shell has its say, too.
    expect(vm.stderr.text).toMatch(
      /^crosvm: kernel 'vmlinux' cannot be found: the working directory is gone\n {2}hint: .*\n$/m,
    );
  });

  testUnless(tooSlow() ?? hostLacksBareMetal(), 'a kernel with an absolute path runs', async () => {
    await using vm = Crosvm.spawn(['run', bareMetalProgram('selftest')], {
      noInput: true,
      wrapper: inLostDirectory(),
    });

    await vm.expect(/^test acpi: ok/m, BOOT_MS);
    expect(await vm.ended()).toEqual({ code: 0, signal: null });
    expect(vm.stderr.text).not.toMatch(/crosvm:/);
  });
});
