import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { F_ADD_SEALS, F_SEAL_WRITE, MFD_ALLOW_SEALING } from './abi/files';
import { libc } from './ffi/libc';
import { accessMode, createPipe } from './files';
import { OwnedFd } from './owned-fd';
import { sendfileRaw } from './raw-io';
import { sealedMemory, sealSize, SharedMemory } from './shared-memory';

/** Memory as a stranger makes it: 5000 bytes. */
function foreign(flags = MFD_ALLOW_SEALING): OwnedFd {
  const fd = OwnedFd.adopt(libc.memfd_create('foreign', flags));
  libc.ftruncate(fd.raw, 5000);
  return fd;
}

describe('memory that came from elsewhere', () => {
  it('is known by the seal of its size', () => {
    using memory = SharedMemory.create('own', 8192);

    expect(sealedMemory(memory.fd.raw)).toEqual({ size: 8192, readOnly: false });
  });

  it('can be sealed, and is read-only if nobody may write to it', () => {
    using memory = foreign();
    const before = sealedMemory(memory.raw);
    const sealed = sealSize(memory.raw);
    const after = sealedMemory(memory.raw);
    libc.fcntl(memory.raw, F_ADD_SEALS, F_SEAL_WRITE);

    expect([before, sealed]).toEqual([undefined, true]);
    expect(after).toEqual({ size: 5000, readOnly: false });
    expect(sealedMemory(memory.raw)).toEqual({ size: 5000, readOnly: true });
  });

  it('is none if it cannot be sealed, or is something else', () => {
    using unsealable = foreign(0);
    using pipe = createPipe().reader;

    expect([sealSize(unsealable.raw), sealSize(pipe.raw)]).toEqual([false, false]);
    expect([sealedMemory(unsealable.raw), sealedMemory(pipe.raw)]).toEqual([undefined, undefined]);
  });

  it('can be copied from a file', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sealed-'));
    writeFileSync(join(directory, 'file'), 'a keymap');
    using file = OwnedFd.adopt(openSync(join(directory, 'file'), 'r'));
    using memory = SharedMemory.create('copy', 4096);

    const copied = sendfileRaw(memory.fd.raw, file.raw, 2, 4096);
    rmSync(directory, { recursive: true });

    expect(copied).toBe(6);
    expect(Buffer.from(memory.map().bytes.subarray(0, 6)).toString()).toBe('keymap');
    expect(accessMode(file.raw)).toEqual({ reads: true, writes: false });
  });

  it('says what a descriptor is open for', () => {
    const { reader, writer } = createPipe();
    const modes = [reader, writer].map(({ raw }) => accessMode(raw));
    [reader, writer].forEach((fd) => fd.close());

    expect(modes).toEqual([
      { reads: true, writes: false },
      { reads: false, writes: true },
    ]);
  });
});
