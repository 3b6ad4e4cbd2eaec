import { KVM_EXIT_HLT, KVM_EXIT_IO, KVM_EXIT_MMIO } from '@crosvm/kvm-sys';

import { describeExit } from './index';
import { machineCode, TestGuest } from './testing/index';

/** Runs to HLT and returns what came out of port 0x3f8 on the way, all else being a failure. */
function output({ vcpu }: TestGuest): string {
  const { runBytes } = vcpu;
  const bytes: number[] = [];
  let reason = vcpu.run();
  while (reason === KVM_EXIT_IO && vcpu.exit.ioPort === 0x3f8) {
    const { ioDataOffset, ioCount, ioSize } = vcpu.exit;
    bytes.push(...runBytes.subarray(ioDataOffset, ioDataOffset + ioCount * ioSize));
    reason = vcpu.run();
  }
  expect(describeExit(vcpu, reason)).toContain('KVM_EXIT_HLT');
  return Buffer.from(bytes).toString('latin1');
}

describe('a guest in real mode', () => {
  it('adds two numbers and prints the sum', () => {
    using guest = TestGuest.create({
      code: machineCode(
        'ba f8 03   ; mov dx, 0x3f8',
        '00 d8      ; add al, bl',
        "04 30      ; add al, '0'",
        'ee         ; out dx, al',
        'b0 0a      ; mov al, 10',
        'ee         ; out dx, al',
        'f4         ; hlt',
      ),
    });
    const regs = guest.vcpu.getRegs();
    regs.rax = 2n;
    regs.rbx = 5n;
    guest.vcpu.setRegs(regs);

    expect(output(guest)).toBe('7\n');
  });
});

describe('KVM_EXIT_IO', () => {
  const DX_TO_PORT = '66 ba f8 03   ; mov dx, 0x3f8';

  it.each([
    [1, 'ee', [0x78]],
    [2, '66 ef', [0x78, 0x56]],
    [4, 'ef', [0x78, 0x56, 0x34, 0x12]],
  ])('tells a write of %p bytes', (size, out, data) => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode(DX_TO_PORT, 'b8 78 56 34 12   ; mov eax, 0x12345678', out, 'f4'),
    });

    const reason = guest.vcpu.run();

    const { exit } = guest.vcpu;
    expect([reason, exit.reason]).toEqual([KVM_EXIT_IO, KVM_EXIT_IO]);
    expect([exit.ioPort, exit.ioSize, exit.ioCount, exit.ioIsWrite]).toEqual([
      0x3f8,
      size,
      1,
      true,
    ]);
    expect([...guest.data]).toEqual(data);
    expect(guest.vcpu.run()).toBe(KVM_EXIT_HLT);
  });

  it.each([
    [1, 'ec', 0x5555_5588n],
    [2, '66 ed', 0x5555_7788n],
    [4, 'ed', 0x5566_7788n],
  ])('takes the answer to a read of %p bytes', (size, input, rax) => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode(DX_TO_PORT, 'b8 55 55 55 55   ; mov eax, 0x55555555', input, 'f4'),
    });

    const reason = guest.vcpu.run();
    const { exit, runView } = guest.vcpu;
    const told = [reason, exit.ioPort, exit.ioSize, exit.ioCount, exit.ioIsWrite];
    runView.setUint32(exit.ioDataOffset, 0x5566_7788, true);
    guest.vcpu.run();

    expect(told).toEqual([KVM_EXIT_IO, 0x3f8, size, 1, false]);
    expect(guest.vcpu.getRegs().rax).toBe(rax);
  });

  it.each(['real', 'long'] as const)('comes of string output, in %s mode', (mode) => {
    using guest = TestGuest.create({
      mode,
      code: machineCode('fc   ; cld', 'f3 6e   ; rep outsb', 'f4'),
    });
    guest.memory.write(0x8000, Buffer.from('hello, world'));
    const regs = guest.vcpu.getRegs();
    regs.rsi = 0x8000n;
    regs.rcx = 12n;
    regs.rdx = 0x3f8n;
    guest.vcpu.setRegs(regs);

    expect(output(guest)).toBe('hello, world');
    expect(guest.vcpu.getRegs().rcx).toBe(0n);
  });

  it('comes of string input, many values at once', () => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode('fc   ; cld', 'f3 66 6d   ; rep insw', 'f4'),
    });
    const regs = guest.vcpu.getRegs();
    regs.rdi = 0x8000n;
    regs.rcx = 5n;
    regs.rdx = 0x1f0n;
    guest.vcpu.setRegs(regs);

    const reason = guest.vcpu.run();
    const { exit } = guest.vcpu;
    const told = [reason, exit.ioPort, exit.ioSize, exit.ioCount, exit.ioIsWrite];
    guest.data.set(Buffer.from('0123456789'));
    const after = guest.vcpu.run();

    expect(told).toEqual([KVM_EXIT_IO, 0x1f0, 2, 5, false]);
    expect(after).toBe(KVM_EXIT_HLT);
    expect(Buffer.from(guest.memory.read(0x8000, 11)).toString('latin1')).toBe('0123456789\0');
  });
});

describe('KVM_EXIT_MMIO', () => {
  const ADDRESS = 0xd000_0010;
  const EBX = 'bb 10 00 00 d0   ; mov ebx, 0xd0000010';

  it.each([
    [1, '88 03      ; mov [rbx], al', [0x88]],
    [2, '66 89 03   ; mov [rbx], ax', [0x88, 0x77]],
    [4, '89 03      ; mov [rbx], eax', [0x88, 0x77, 0x66, 0x55]],
    [8, '48 89 03   ; mov [rbx], rax', [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]],
  ])('tells a write of %p bytes', (length, store, data) => {
    using guest = TestGuest.create({ mode: 'long', code: machineCode(EBX, store, 'f4') });
    const regs = guest.vcpu.getRegs();
    regs.rax = 0x1122_3344_5566_7788n;
    guest.vcpu.setRegs(regs);

    const reason = guest.vcpu.run();

    const { exit } = guest.vcpu;
    expect([reason, exit.mmioAddress, exit.mmioLength, exit.mmioIsWrite]).toEqual([
      KVM_EXIT_MMIO,
      ADDRESS,
      length,
      true,
    ]);
    expect([...guest.data]).toEqual(data);
    expect(guest.vcpu.run()).toBe(KVM_EXIT_HLT);
  });

  it.each([
    [1, '8a 03      ; mov al, [rbx]', 0x5555_5555_5555_5588n],
    [2, '66 8b 03   ; mov ax, [rbx]', 0x5555_5555_5555_7788n],
    [4, '8b 03      ; mov eax, [rbx]', 0x5566_7788n],
    [8, '48 8b 03   ; mov rax, [rbx]', 0x1122_3344_5566_7788n],
  ])('takes the answer to a read of %p bytes', (length, load, rax) => {
    using guest = TestGuest.create({ mode: 'long', code: machineCode(EBX, load, 'f4') });
    const regs = guest.vcpu.getRegs();
    regs.rax = 0x5555_5555_5555_5555n;
    guest.vcpu.setRegs(regs);

    const reason = guest.vcpu.run();
    const { exit, runView } = guest.vcpu;
    const told = [reason, exit.mmioAddress, exit.mmioLength, exit.mmioIsWrite];
    runView.setBigUint64(exit.mmioDataOffset, 0x1122_3344_5566_7788n, true);
    guest.vcpu.run();

    expect(told).toEqual([KVM_EXIT_MMIO, ADDRESS, length, false]);
    expect(guest.vcpu.getRegs().rax).toBe(rax);
  });

  it('tells addresses beyond 32 bits', () => {
    using guest = TestGuest.create({
      mode: 'long',
      code: machineCode('c6 03 01   ; mov byte [rbx], 1', 'f4'),
    });
    // One large page behind the 4 GiB that are mapped one to one: 4 GiB shows 32 GiB.
    const [PDPT, DIRECTORY] = [0x3000, 0x9000];
    guest.memory.writeU64(PDPT + 4 * 8, BigInt(DIRECTORY) | 3n);
    guest.memory.writeU64(DIRECTORY, (32n << 30n) | 0x83n);
    const regs = guest.vcpu.getRegs();
    regs.rbx = (4n << 30n) + 0x123n;
    guest.vcpu.setRegs(regs);

    const reason = guest.vcpu.run();

    expect(reason).toBe(KVM_EXIT_MMIO);
    expect(guest.vcpu.exit.mmioAddress).toBe(32 * 1024 ** 3 + 0x123);
  });
});
