import { VirtioRig } from '../../testing/virtio-rig';

/** The window in configuration space. */
function windowOf(rig: VirtioRig): {
  go: (offset: number, length: number, bar?: number) => void;
  data: number;
} {
  const at = rig.cpu.capability(1, 9, 5);
  return {
    go: (offset, length, bar = 0) => {
      rig.cpu.writeConfig(1, at + 4, bar, 1);
      rig.cpu.writeConfig(1, at + 8, offset);
      rig.cpu.writeConfig(1, at + 12, length);
    },
    data: at + 16,
  };
}

/* Virtio 1.2, 4.1.4.9: firmware drives devices through it before anything is mapped. */
describe('access to the BAR through configuration space', () => {
  it('reads and writes registers, also while memory is not decoded', () => {
    const rig = new VirtioRig();
    rig.command(4);
    const { go, data } = windowOf(rig);
    go(20, 1);
    rig.cpu.writeConfig(1, data, 1, 1);
    expect(rig.cpu.readConfig(1, data, 1)).toBe(1);
    go(18, 2);
    expect(rig.cpu.readConfig(1, data, 2)).toBe(2);
    go(0, 4);
    rig.cpu.writeConfig(1, data, 1);
    go(4, 4);
    expect(rig.cpu.readConfig(1, data)).toBe(1);
    rig.command(6);
    expect(rig.status).toBe(1);
  });

  it('notifies queues', () => {
    const rig = new VirtioRig();
    rig.start();
    const { go, data } = windowOf(rig);
    go(0x3004, 2);
    rig.cpu.writeConfig(1, data, 1, 2);
    expect(rig.host.rung).toEqual({ 111: 1 });
  });

  it('moves as many bytes as the length says', () => {
    const rig = new VirtioRig();
    const { go, data } = windowOf(rig);
    go(0x8000, 2);
    rig.cpu.writeConfig(1, data, 0xffff_fff0);
    expect(rig.read(0x8000, 4)).toBe(0xfff0);
  });

  it.each([
    [0, 0, 0],
    [0, 3, 0],
    [0, 8, 0],
    [2, 4, 0],
    [0xfffe, 4, 0],
    [0x1_0000, 4, 0],
    [0xffff_fffc, 4, 0],
    [0, 4, 1],
    [0, 4, 255],
    [0, 0xffff_ffff, 0],
  ])('goes nowhere at %i for %i bytes of BAR %i', (offset, length, bar) => {
    const rig = new VirtioRig();
    const { go, data } = windowOf(rig);
    const before = rig.read(0, 4);
    go(offset, length, bar);
    rig.cpu.writeConfig(1, data, 5);
    expect(rig.cpu.readConfig(1, data)).toBe(0xffff_ffff);
    expect(rig.read(0, 4)).toBe(before);
  });

  it('happens once an access, not for every byte of the window', () => {
    const rig = new VirtioRig();
    rig.start();
    const { go, data } = windowOf(rig);
    go(0x1000, 1);
    rig.signal(0);
    expect(rig.cpu.readConfig(1, data + 1, 1)).toBe(0);
    expect([rig.cpu.readConfig(1, data, 1), rig.cpu.readConfig(1, data, 1)]).toEqual([1, 0]);
  });
});
