import { openSync } from 'node:fs';

import { io, iow } from '@crosvm/data-model';

import {
  EventFd,
  ioctl,
  ioctlRaw,
  Iovecs,
  Mapping,
  OwnedFd,
  readvRaw,
  SharedMemory,
  SysError,
  writeRaw,
} from './index';

describe('SysError', () => {
  it('names the call, the errno and its code', () => {
    const error = new SysError('open', 2);
    expect(error.message).toBe('open: no such file or directory (ENOENT)');
    expect(error).toMatchObject({ syscall: 'open', errno: 2, code: 'ENOENT' });
  });
});

describe('OwnedFd', () => {
  it('closes once and refuses use afterwards', () => {
    const fd = SharedMemory.create('test', 4096).fd;
    const copy = fd.dup();
    expect(copy.raw).not.toBe(fd.raw);
    fd.close();
    fd.close();
    expect(fd.closed).toBe(true);
    expect(() => fd.raw).toThrow('used after close');
    copy.close();
  });

  it('refuses what is no descriptor', () => {
    expect(() => OwnedFd.adopt(-1)).toThrow(RangeError);
  });
});

describe('ioctl', () => {
  it('throws an error that names the ioctl', () => {
    using memory = SharedMemory.create('test', 4096);
    const call = () => ioctl(memory.fd.raw, io('KVM_CREATE_VM', 0xae, 1));
    expect(call).toThrow(SysError);
    expect(call).toThrow('ioctl(KVM_CREATE_VM): inappropriate ioctl for device (ENOTTY)');
    expect(ioctlRaw(memory.fd.raw, 0xae01, 0)).toBe(-25);
  });

  it('refuses a buffer that is too short for the ioctl', () => {
    expect(() => ioctl(0, iow('SOME', 1, 1, 32), new Uint8Array(31))).toThrow(
      'SOME needs 32 bytes',
    );
  });
});

describe('SharedMemory and Mapping', () => {
  it('shows the same bytes in every mapping', () => {
    using memory = SharedMemory.create('test', 8192);
    using first = memory.map();
    using second = memory.map({ offset: 4096, size: 4096 });
    first.bytes[4096] = 42;
    expect(second.bytes[0]).toBe(42);
    expect(second.size).toBe(4096);
  });

  it('refuses views outside, and all views after unmap', () => {
    const mapping = Mapping.anonymous(5000);
    expect(mapping.size).toBe(8192);
    expect(() => mapping.view(4096, 4097)).toThrow(RangeError);
    mapping.unmap();
    mapping.unmap();
    expect(() => mapping.bytes).toThrow(RangeError);
  });

  it('refuses a view too large for an ArrayBuffer instead of ending the process', () => {
    using mapping = Mapping.anonymous(5 * 1024 ** 3);
    expect(() => mapping.bytes).toThrow(RangeError);
    expect(mapping.view(4.5 * 1024 ** 3, 10).length).toBe(10);
  });
});

describe('EventFd', () => {
  it('adds up signals and is empty after a read', () => {
    using event = EventFd.create();
    event.signal();
    event.signal();
    expect(event.read()).toBe(2);
    expect(event.read()).toBeUndefined();
  });

  it('takes one at a time as a semaphore', () => {
    using event = EventFd.create({ semaphore: true });
    event.signal();
    event.signal();
    expect([event.read(), event.read(), event.read()]).toEqual([1, 1, undefined]);
  });
});

describe('Iovecs', () => {
  it('scatters one read over several ranges', () => {
    using memory = SharedMemory.create('test', 4096);
    using target = Mapping.anonymous(4096);
    using source = Mapping.anonymous(4096);
    source.bytes.set([1, 2, 3, 4]);
    using fd = memory.fd.dup();
    expect(writeRaw(fd.raw, source.address, 4)).toBe(4);
    using reader = OwnedFd.adopt(openSync(`/proc/self/fd/${fd.raw}`, 'r'));

    const iovecs = new Iovecs(2);
    iovecs.push(target.address + 8, 1);
    iovecs.push(target.address, 3);
    expect(iovecs.push(target.address, 1)).toBe(false);

    expect(readvRaw(reader.raw, iovecs)).toBe(4);
    expect([...target.bytes.subarray(0, 9)]).toEqual([2, 3, 4, 0, 0, 0, 0, 0, 1]);
    expect([iovecs.total, iovecs.addressOf(1), iovecs.lengthOf(1)]).toEqual([4, target.address, 3]);
  });
});
