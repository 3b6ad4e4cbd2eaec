import { io, ior, iow, iowr } from './ioctl';
import { struct } from './struct';
import { bytes } from './field';

describe('ioctl numbers', () => {
  it('agree with the C macros', () => {
    const region = struct('region', { all: bytes(32) });
    expect(io('KVM_CREATE_VM', 0xae, 0x01).request).toBe(0xae01);
    expect(iow('KVM_SET_USER_MEMORY_REGION', 0xae, 0x46, region).request).toBe(0x4020ae46);
    expect(ior('KVM_GET_TSS', 0xae, 0x81, 0x90).request).toBe(0x8090ae81);
    expect(iowr('KVM_GET_SUPPORTED_CPUID', 0xae, 0x05, 8).request).toBe(0xc008ae05);
  });

  it('refuses what the encoding has no room for', () => {
    expect(() => iow('BIG', 0xae, 1, 1 << 14)).toThrow('BIG cannot be encoded');
  });
});
