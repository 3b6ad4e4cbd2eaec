import { virtioConfig, VirtioRig } from '../../testing/virtio-rig';
import { RequestKind } from '../channel/messages';

function rigWith(...content: number[]): VirtioRig {
  const rig = new VirtioRig(
    virtioConfig(1, { configSize: 6, configWritable: [{ offset: 4, length: 2 }] }),
  );
  rig.page.updateConfig(0, Uint8Array.from(content));
  return rig;
}

const generation = (rig: VirtioRig): number => rig.read(21, 1);

describe("the device's own configuration", () => {
  it('reads as the back end has it, in any width, and zero behind its end', () => {
    const rig = rigWith(1, 2, 3, 4, 5, 6, 7, 8);
    expect(rig.read(0x2000, 4)).toBe(0x0403_0201);
    expect([rig.read(0x2002, 2), rig.read(0x2003, 1)]).toEqual([0x0403, 4]);
    expect([rig.read(0x2004, 4), rig.read(0x2008, 4), rig.read(0x2ffc, 4)]).toEqual([0x0605, 0, 0]);
    expect(rig.cpu.readConfig(1, rig.cpu.capability(1, 9, 4) + 12)).toBe(6);
  });

  it('has a generation that changes with it and not by itself', () => {
    const rig = rigWith(1);
    const first = generation(rig);
    expect([rig.read(0x2000, 1), generation(rig)]).toEqual([1, first]);
    rig.page.updateConfig(0, Uint8Array.of(2));
    expect(generation(rig)).toBe((first + 1) & 0xff);
    expect([rig.read(0x2000, 1), generation(rig)]).toEqual([2, (first + 1) & 0xff]);
  });

  it('shows a change between two reads by another generation', () => {
    const rig = rigWith(1, 1);
    const before = generation(rig);
    const low = rig.read(0x2000, 1);
    rig.page.updateConfig(0, Uint8Array.of(2, 2));
    const high = rig.read(0x2001, 1);
    expect([low, high]).toEqual([1, 2]);
    expect(generation(rig)).not.toBe(before);
  });

  it('is the version before while a new one is being written', () => {
    const rig = rigWith(1, 1);
    const before = generation(rig);
    const words = new Int32Array(rig.host.pages[100]!.buffer);
    words[17]! |= 1;
    rig.host.pages[100]!.fill(9, 192, 193);
    expect([generation(rig), rig.read(0x2000, 2), generation(rig)]).toEqual([
      before,
      0x0101,
      before,
    ]);
    words[17]! += 1;
    expect([rig.read(0x2000, 2), generation(rig)]).toEqual([0x0109, before + 1]);
  });

  it('has a generation that wraps', () => {
    const rig = rigWith(1);
    const first = generation(rig);
    for (let round = 0; round < 256; round += 1) {
      rig.page.updateConfig(0, Uint8Array.of(round));
      generation(rig);
    }
    expect(generation(rig)).toBe(first);
  });

  it('asks the back end for a write, where the driver may write, if there is a driver', () => {
    const rig = rigWith(1);
    rig.write(0x2004, 1, 7);
    expect(rig.backEnd.requests).toEqual([]);
    rig.status = 3;
    rig.write(0x2004, 1, 7);
    rig.write(0x2004, 2, 0x0809);
    expect(rig.backEnd.requests).toEqual([
      { kind: RequestKind.ConfigWrite, offset: 4, length: 1, value: 7 },
      { kind: RequestKind.ConfigWrite, offset: 4, length: 2, value: 0x0809 },
    ]);
  });

  it('drops writes elsewhere', () => {
    const rig = rigWith(1);
    rig.status = 3;
    rig.write(0x2000, 4, 7);
    rig.write(0x2004, 4, 7);
    rig.write(0x2006, 2, 7);
    rig.write(0x2ffc, 4, 7);
    expect(rig.backEnd.requests).toEqual([]);
    expect(rig.read(0x2000, 1)).toBe(1);
  });

  it('needs no capability if there is none', () => {
    const rig = new VirtioRig(virtioConfig(1, { configSize: 0 }));
    expect(rig.cpu.capability(1, 9, 4)).toBe(0);
    expect(rig.read(0x2000, 4)).toBe(0);
  });
});
