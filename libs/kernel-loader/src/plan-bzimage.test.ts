import { GuestMemory } from '@crosvm/sys-util';

import type { SetupHeader } from './abi/setup-header';
import { bytesSource } from './image-source';
import { KernelError } from './kernel-error';
import { loadKernel } from './load-kernel';
import { tinyBzImage } from './testing';

const MiB = 1024 * 1024;
const memory = GuestMemory.create([{ at: 0, size: 64 * MiB }]);
const code = new Uint8Array(0x400).map((_, index) => index % 251);

const load = (fields: Partial<SetupHeader> = {}) =>
  loadKernel(memory, bytesSource(tinyBzImage(code, fields)));

describe('a bzImage', () => {
  it('is loaded at the address it prefers and entered 0x200 above', () => {
    memory.fill(16 * MiB, 0x1000, 0xff);

    const kernel = load();

    expect(kernel).toMatchObject({
      kind: 'bzImage',
      start: 16 * MiB,
      end: 17 * MiB,
      entry: 16 * MiB + 0x200,
    });
    expect(memory.read(16 * MiB, 0x400)).toEqual(code);
    expect(memory.readU8(16 * MiB + 0x400)).toBe(0xff);
  });

  it('hands its setup header on', () => {
    const { setupHeader } = load({ hardware_subarch: 7, kernel_info_offset: 0x1234 });
    expect(setupHeader).toMatchObject({
      version: 0x020f,
      init_size: MiB,
      hardware_subarch: 7,
      cmdline_size: 2047,
      kernel_info_offset: 0x1234,
    });
  });

  it('hands on no more of the header than there is', () => {
    // A jump to 0x264: the header ends before handover_offset, where code begins.
    const { setupHeader } = load({ jump: 0x62eb, handover_offset: 0xdead });
    expect(setupHeader).toMatchObject({ init_size: MiB, handover_offset: 0 });
  });

  it('has four sectors of setup where it says 0', () => {
    const image = tinyBzImage(code, { setup_sects: 0 });
    const grown = new Uint8Array(image.length + 3 * 512);
    grown.set(image.subarray(0, 1024));
    grown.set(code, 5 * 512);

    loadKernel(memory, bytesSource(grown));

    expect(memory.read(16 * MiB, 0x400)).toEqual(code);
  });

  it('may be followed by something else, such as a signature', () => {
    const signed = new Uint8Array([...tinyBzImage(code), 1, 2, 3]);
    expect(loadKernel(memory, bytesSource(signed)).start).toBe(16 * MiB);
  });

  it('goes to the lowest aligned address where it has no preference', () => {
    expect(load({ pref_address: 0 }).start).toBe(2 * MiB);
  });

  it('is aligned as it wants if it is relocatable, and never moved if it is not', () => {
    expect(load({ pref_address: 17 * MiB }).start).toBe(18 * MiB);
    expect(load({ pref_address: 17 * MiB, relocatable_kernel: 0 }).start).toBe(17 * MiB);
  });

  it.each<[string, string, Partial<SetupHeader>]>([
    ['NO_64BIT_ENTRY', 'boot protocol 2.11, 2.12 is needed', { version: 0x020b }],
    ['NO_64BIT_ENTRY', 'is a bzImage without a 64-bit entry point', { xloadflags: 2 }],
    ['BAD_HEADER', 'is a zImage', { loadflags: 0 }],
    ['BAD_HEADER', 'has only 512 bytes of kernel', { syssize: 0x20 }],
    ['BAD_HEADER', 'alignment of 0,', { kernel_alignment: 0 }],
    ['BAD_HEADER', 'alignment of 3145728,', { kernel_alignment: 3 * MiB }],
    ['TRUNCATED', '16 bytes are missing at its end', { syssize: 0x41 }],
    ['TRUNCATED', 'bytes are missing', { setup_sects: 255 }],
    ['TRUNCATED', 'bytes are missing', { syssize: 0xffff_ffff }],
    ['BAD_ADDRESS', 'at 0x1000,', { pref_address: 0x1000, relocatable_kernel: 0 }],
    ['BAD_ADDRESS', '0x100000000,', { pref_address: 2 ** 32, relocatable_kernel: 0 }],
    ['TOO_LITTLE_MEMORY', 'needs 65 MiB of guest memory', { init_size: 49 * MiB }],
    ['TOO_LITTLE_MEMORY', 'needs 4000 MiB', { pref_address: 3999 * MiB, kernel_alignment: 4096 }],
    ['BAD_ADDRESS', 'no guest has memory', { init_size: 0xffff_ffff }],
    [
      'BAD_ADDRESS',
      'no guest has memory',
      { kernel_alignment: 0x8000_0000, pref_address: 3 * 2 ** 30 },
    ],
  ])('is refused with %s: %s', (errorCode, message, fields) => {
    memory.fill(16 * MiB, 0x1000, 0xee);

    const attempt = () => load(fields);

    expect(attempt).toThrow(KernelError);
    expect(attempt).toThrow(expect.objectContaining({ code: errorCode }) as Error);
    expect(attempt).toThrow(message);
    expect(memory.read(16 * MiB, 0x1000).every((byte) => byte === 0xee)).toBe(true);
  });
});
