import { virtioConfig, VirtioRig } from '../../testing/virtio-rig';

const ENABLE = 0x8000;
const MASK_ALL = 0x4000;
const NO_VECTOR = 0xffff;

/** A running device with MSI-X: queue 0 has vector 0, queue 1 and the configuration have vector 1. */
function withMsix(): VirtioRig {
  const rig = new VirtioRig();
  rig.msixControl(ENABLE);
  rig.writeVector(0, 0x40);
  rig.writeVector(1, 0x41);
  rig.negotiate();
  rig.write(16, 2, 1);
  [0, 1].forEach((queue) => {
    rig.enableQueue(queue);
    rig.write(26, 2, queue);
  });
  rig.driverOk();
  return rig;
}

function pendingBits(rig: VirtioRig): number {
  return rig.read(0x4000, 4);
}

describe('MSI-X', () => {
  it("sends the messages of the queues' vectors and of the configuration's", () => {
    const rig = withMsix();
    [0, 1, 2, 0].forEach((queue) => rig.signal(queue));
    expect(rig.host.pci.sent).toEqual([0x40, 0x41, 0x41, 0x40]);
    expect(rig.host.pci.connections.get(150)).toEqual({
      msi: { addressLow: 0xfee0_0000, addressHigh: 0, data: 0x40 },
    });
  });

  it('keeps what comes while a vector is masked, shows it, and sends it once', () => {
    const rig = withMsix();
    rig.write(0x800c, 4, 1);
    rig.signal(0);
    rig.signal(0);
    rig.signal(1);
    expect(rig.host.pci.sent).toEqual([0x41]);
    expect(pendingBits(rig)).toBe(1);
    rig.write(0x8008, 4, 0x99);
    rig.write(0x800c, 4, 0);
    expect(rig.host.pci.sent).toEqual([0x41, 0x99]);
    expect(pendingBits(rig)).toBe(0);
  });

  it('masks all vectors of the function together', () => {
    const rig = withMsix();
    rig.msixControl(ENABLE | MASK_ALL);
    [0, 1].forEach((queue) => rig.signal(queue));
    expect([rig.host.pci.sent, pendingBits(rig)]).toEqual([[], 3]);
    rig.msixControl(ENABLE);
    expect([rig.host.pci.sent, pendingBits(rig)]).toEqual([[0x40, 0x41], 0]);
  });

  it('shows pending bits in any width, and lets nobody write them', () => {
    const rig = withMsix();
    rig.msixControl(ENABLE | MASK_ALL);
    rig.signal(1);
    rig.write(0x4000, 4, 0);
    expect([rig.read(0x4000, 1), rig.read(0x4000, 2), rig.read(0x4004, 4)]).toEqual([2, 2, 0]);
  });

  it('sends another message when an unmasked entry is written', () => {
    const rig = withMsix();
    rig.write(0x8008, 4, 0x50);
    rig.signal(0);
    expect(rig.host.pci.sent).toEqual([0x50]);
  });

  it('waits for bus mastering: a message is a memory write', () => {
    const rig = new VirtioRig();
    rig.msixControl(ENABLE);
    rig.writeVector(2, 0x42);
    rig.write(16, 2, 2);
    rig.command(2);
    rig.host.interrupt(152).raise();
    expect(rig.host.pci.sent).toEqual([]);
    rig.command(6);
    expect(rig.host.pci.sent).toEqual([0x42]);
  });

  it('calls KVM only when something is different', () => {
    const rig = withMsix();
    const { calls } = rig.host.pci;
    rig.command(6);
    rig.msixControl(ENABLE);
    rig.write(0x8008, 4, 0x40);
    rig.write(16, 2, 1);
    expect(rig.host.pci.calls).toBe(calls);
  });

  /* HOSTILE row 5: a vector that the guest chooses. */
  it.each([3, 0x7ff, 0x800, 0xfffe, NO_VECTOR])('has no vector %i', (vector) => {
    const rig = withMsix();
    rig.select(0);
    rig.write(26, 2, vector);
    rig.write(16, 2, vector);
    expect([rig.read(26, 2), rig.read(16, 2)]).toEqual([NO_VECTOR, NO_VECTOR]);
    [0, 1, 2].forEach((queue) => rig.signal(queue));
    expect(rig.host.pci.sent).toEqual([0x41]);
  });

  it('does not send to a new vector what came while there was none', () => {
    const rig = withMsix();
    rig.select(0);
    rig.write(26, 2, NO_VECTOR);
    rig.signal(0);
    expect(pendingBits(rig)).toBe(0);
    rig.write(26, 2, 2);
    rig.writeVector(2, 0x42);
    expect(rig.host.pci.sent).toEqual([]);
    rig.signal(0);
    expect(rig.host.pci.sent).toEqual([0x42]);
  });

  it('sends nothing of before a reset, after it', () => {
    const rig = withMsix();
    rig.msixControl(ENABLE | MASK_ALL);
    [0, 1, 2].forEach((queue) => rig.signal(queue));
    rig.status = 0;
    rig.msixControl(ENABLE);
    rig.write(16, 2, 1);
    expect([rig.host.pci.sent, pendingBits(rig), rig.page.isr]).toEqual([[], 0, 0]);
  });

  it('reads zero in the table behind its vectors, and takes nothing there', () => {
    const rig = withMsix();
    rig.write(0x8000 + 16 * 3, 4, 0x1234_5678);
    rig.write(0xfffc, 4, 0x1234_5678);
    expect([rig.read(0x8030, 4), rig.read(0xfffc, 4), rig.read(0x8010, 4)]).toEqual([
      0, 0, 0xfee0_0000,
    ]);
  });
});

describe('the interrupt pin', () => {
  it('is asserted by every queue and the configuration while the device runs', () => {
    const rig = new VirtioRig();
    rig.start();
    [0, 1, 2].forEach((queue) => rig.signal(queue));
    expect(rig.host.pci.sent).toEqual(['pin', 'pin', 'pin']);
    expect([...rig.host.pci.connections.values()]).toEqual(
      [0, 1, 2].map(() => ({ pin: rig.config.intx })),
    );
    rig.status = 0;
    expect(rig.host.pci.connections.size).toBe(0);
  });

  it('has an ISR status that reading clears, and a bit in the PCI status', () => {
    const rig = new VirtioRig();
    rig.start();
    expect(rig.cpu.readConfig(1, 6, 2)).toBe(0x10);
    rig.signal(0);
    rig.signal();
    expect([rig.cpu.readConfig(1, 6, 2), rig.cpu.readConfig(1, 4) >>> 16]).toEqual([0x18, 0x18]);
    expect(rig.cpu.readConfig(1, 6, 1)).toBe(0x18);
    expect([rig.read(0x1000, 1), rig.read(0x1000, 1)]).toEqual([3, 0]);
    expect(rig.cpu.readConfig(1, 6, 2)).toBe(0x10);
  });

  it('does not lose the ISR status to a write, or to reads next to it', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.signal(0);
    rig.write(0x1000, 1, 0xff);
    expect([rig.read(0x1001, 1), rig.read(0x1004, 4), rig.read(0x1002, 2)]).toEqual([0, 0, 0]);
    expect(rig.read(0x1000, 4)).toBe(1);
  });

  it('is quiet while it is disabled, and asserted afterwards', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.command(0x406);
    rig.signal(0);
    expect(rig.host.pci.sent).toEqual([]);
    expect(rig.cpu.readConfig(1, 6, 2)).toBe(0x18);
    rig.command(0x6);
    expect(rig.host.pci.sent).toEqual(['pin']);
  });

  it('gives way to MSI-X, and comes back with its level', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.signal(0);
    rig.msixControl(ENABLE);
    expect(rig.host.pci.connections.size).toBe(0);
    rig.signal(1);
    expect(rig.cpu.readConfig(1, 6, 2)).toBe(0x10);
    rig.msixControl(0);
    expect(rig.host.pci.sent).toEqual(['pin', 'pin']);
    expect(rig.read(0x1000, 1)).toBe(1);
  });

  it('tells of NEEDS_RESET', () => {
    const rig = new VirtioRig(virtioConfig(1));
    rig.negotiate();
    rig.driverOk();
    expect(rig.host.pci.sent).toEqual(['pin']);
    expect(rig.read(0x1000, 1)).toBe(2);
  });
});
