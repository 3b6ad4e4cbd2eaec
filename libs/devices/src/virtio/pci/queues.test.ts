import { VirtioRig, virtioConfig } from '../../testing/virtio-rig';
import { RequestKind } from '../channel/messages';
import { virtioPciRequest } from './config';

const NEEDS_RESET = 0x40;
const RING_RESET = 1n << 40n;
const VERSION_1 = 1n << 32n;
/** Registers of a queue by offset, and their bytes. */
const RING_FIELDS: readonly (readonly [number, 2 | 4])[] = [
  [24, 2],
  [28, 2],
  [32, 4],
  [36, 4],
  [40, 4],
  [44, 4],
  [48, 4],
  [52, 4],
];

function ringFields(rig: VirtioRig): number[] {
  return RING_FIELDS.map(([at, width]) => rig.read(at, width));
}

function overwrite(rig: VirtioRig): void {
  RING_FIELDS.forEach(([at, width]) => rig.write(at, width, width === 2 ? 64 : 0x4000_0000));
}

describe('queue registers', () => {
  it('begin with the greatest size, no rings, no vector, and a notification each', () => {
    const rig = new VirtioRig();
    const queues = [0, 1].map((queue) => {
      rig.select(queue);
      return [rig.read(22, 2), rig.read(26, 2), rig.read(30, 2), ...ringFields(rig)];
    });
    expect(queues).toEqual([
      [0, 0xffff, 0, 256, 0, 0, 0, 0, 0, 0, 0],
      [1, 0xffff, 1, 128, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(rig.read(18, 2)).toBe(2);
  });

  /* HOSTILE row 5: an index that the guest chooses. */
  it.each([2, 3, 0x7fff, 0xffff])('are of no queue at all when %i is selected', (queue) => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.select(queue);
    const before = Buffer.from(rig.rig.set.buffer).toString('hex');
    overwrite(rig);
    rig.write(26, 2, 1);
    rig.write(58, 2, 1);
    expect(Buffer.from(rig.rig.set.buffer).toString('hex')).toBe(before);
    expect([...ringFields(rig), rig.read(30, 2), rig.read(26, 2)]).toEqual([
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0xffff,
    ]);
    expect(rig.read(22, 2)).toBe(queue);
  });

  it.each([0, 3, 129, 256, 0xffff])(
    'do not take %i as the size of a queue of up to 128',
    (size) => {
      const rig = new VirtioRig();
      rig.negotiate();
      rig.select(1);
      rig.write(24, 2, size);
      expect(rig.read(24, 2)).toBe(128);
      rig.write(24, 2, 16);
      expect(rig.read(24, 2)).toBe(16);
    },
  );

  it('cannot be written before features are negotiated', () => {
    const rig = new VirtioRig();
    const before = ringFields(rig);
    overwrite(rig);
    rig.status = 1;
    rig.status = 3;
    overwrite(rig);
    expect(ringFields(rig)).toEqual(before);
  });

  /* HOSTILE row 1: CVE-2026-5747. */
  it('are frozen once the queue is enabled, and after the driver is ready', () => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.enableQueue(0);
    const enabled = ringFields(rig);
    overwrite(rig);
    rig.write(28, 2, 0);
    rig.write(33, 1, 0xff);
    expect(ringFields(rig)).toEqual(enabled);

    rig.driverOk();
    overwrite(rig);
    expect(ringFields(rig)).toEqual(enabled);
    rig.select(1);
    const other = ringFields(rig);
    overwrite(rig);
    expect(ringFields(rig)).toEqual(other);
    expect(rig.backEnd.queues[1]).toMatchObject({ enabled: false });
  });

  it('are frozen against other vCPUs as well', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.select(0);
    const before = ringFields(rig);
    const other = rig.rig.thread();
    RING_FIELDS.forEach(([at, width]) => other.write(rig.base + at, 0x40, width));
    expect(ringFields(rig)).toEqual(before);
  });

  it('take an enable of 1 and nothing else', () => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.select(0);
    [0, 2, 0xffff].forEach((value) => rig.write(28, 2, value));
    expect(rig.read(28, 2)).toBe(0);
  });
});

describe('a reset of one queue', () => {
  const started = (features = VERSION_1 | RING_RESET): VirtioRig => {
    const rig = new VirtioRig(virtioConfig(1, { features: RING_RESET }));
    rig.start(features);
    rig.select(1);
    return rig;
  };

  it('stops that queue, which then can be set up anew', () => {
    const rig = started();
    rig.write(26, 2, 2);
    rig.write(58, 2, 1);
    expect(rig.backEnd.requests.at(-1)).toEqual({ kind: RequestKind.QueueReset, queue: 1 });
    expect([rig.read(58, 2), rig.read(26, 2), ...ringFields(rig)]).toEqual([
      0, 0xffff, 128, 0, 0, 0, 0, 0, 0, 0,
    ]);
    rig.write(24, 2, 64);
    rig.enableQueue(1, 0x70_0000);
    expect(rig.backEnd.requests.at(-1)).toEqual({ kind: RequestKind.QueueEnable, queue: 1 });
    expect(rig.page.queue(1)).toMatchObject({ enabled: true, size: 64, desc: 0x70_0000 });
    expect(rig.status & NEEDS_RESET).toBe(0);
    const frozen = ringFields(rig);
    overwrite(rig);
    expect(ringFields(rig)).toEqual(frozen);
    rig.select(0);
    expect(ringFields(rig).slice(0, 3)).toEqual([256, 1, 0x10_0000]);
  });

  it('is possible many times', () => {
    const rig = started();
    for (let round = 0; round < 5; round += 1) {
      rig.write(58, 2, 1);
      rig.enableQueue(1);
    }
    expect(rig.backEnd.kinds.filter((kind) => kind === RequestKind.QueueEnable)).toHaveLength(5);
  });

  it('is not possible unless it was negotiated, or of a queue that is not enabled', () => {
    const rig = started(VERSION_1);
    rig.write(58, 2, 1);
    expect(rig.read(28, 2)).toBe(1);
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate]);
    const other = started();
    other.write(58, 2, 1);
    other.write(58, 2, 1);
    other.write(58, 2, 2);
    expect(other.backEnd.kinds).toEqual([RequestKind.Activate, RequestKind.QueueReset]);
  });

  it('leaves the queue frozen if the back end did not do it', () => {
    const rig = started();
    rig.backEnd.refuses.add(RequestKind.QueueReset);
    const before = ringFields(rig);
    rig.write(58, 2, 1);
    overwrite(rig);
    expect(ringFields(rig)).toEqual(before);
    expect(rig.status & NEEDS_RESET).toBe(NEEDS_RESET);
  });

  it.each([0x10_0001, 2 ** 63])('asks for a reset if the new rings are at %d', (at) => {
    const rig = started();
    rig.write(58, 2, 1);
    rig.write(36, 4, Math.floor(at / 2 ** 32));
    rig.enableQueue(1, at % 2 ** 32);
    expect(rig.status & NEEDS_RESET).toBe(NEEDS_RESET);
    expect(rig.backEnd.kinds.at(-1)).toBe(RequestKind.QueueReset);
  });

  it('asks for a reset if the back end does not want the new rings', () => {
    const rig = started();
    rig.backEnd.refuses.add(RequestKind.QueueEnable);
    rig.write(58, 2, 1);
    rig.enableQueue(1);
    expect(rig.status & NEEDS_RESET).toBe(NEEDS_RESET);
  });

  it('needs no back end before the device runs', () => {
    const rig = new VirtioRig(virtioConfig(1, { features: RING_RESET }));
    rig.negotiate(VERSION_1 | RING_RESET);
    rig.enableQueue(0);
    rig.write(58, 2, 1);
    expect(rig.read(28, 2)).toBe(0);
    rig.enableQueue(0, 0x60_0000);
    rig.driverOk();
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate]);
    expect(rig.backEnd.queues[0]).toMatchObject({ desc: 0x60_0000 });
  });
});

describe('notifications', () => {
  const addresses = (rig: VirtioRig): number[] => [...rig.host.pci.notifies.keys()];

  it("are KVM's while the device runs, an address a queue", () => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.enableQueue(0);
    expect(addresses(rig)).toEqual([]);
    rig.driverOk();
    expect([...rig.host.pci.notifies]).toEqual([
      [rig.base + 0x3000, 110],
      [rig.base + 0x3004, 111],
    ]);
    rig.status = 0;
    expect(addresses(rig)).toEqual([]);
  });

  it('move with the BAR and go with memory decoding', () => {
    const rig = new VirtioRig();
    rig.start();
    const next = rig.base + 0x800_0000;
    rig.cpu.moveBar(1, next);
    expect(addresses(rig)).toEqual([next + 0x3000, next + 0x3004]);
    rig.command(4);
    expect(addresses(rig)).toEqual([]);
    rig.command(6);
    expect(addresses(rig)).toEqual([next + 0x3000, next + 0x3004]);
    rig.cpu.moveBar(1, 2 ** 40);
    expect(addresses(rig)).toEqual([]);
  });

  it('of two devices that change places are never at one address twice', () => {
    const both = new VirtioRig(virtioConfig(1), [virtioPciRequest(virtioConfig(2))]);
    both.start();
    const second = both.cpu.bar(2);
    both.cpu.writeConfig(2, 4, 6, 2);
    both.cpu.moveBar(1, second);
    both.cpu.moveBar(2, both.base);
    expect(addresses(both)).toEqual([second + 0x3000, second + 0x3004]);
  });

  it('that KVM did not take kick the back end, whatever their width', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.write(0x3000, 2, 0);
    rig.write(0x3004, 4, 1);
    rig.write(0x3005, 1, 1);
    expect([rig.host.rung[110], rig.host.rung[111]]).toEqual([1, 2]);
    expect(rig.read(0x3000, 4)).toBe(0);
  });

  it.each([0x3008, 0x3ffc])('at 0x%s are of no queue', (at) => {
    const rig = new VirtioRig();
    rig.start();
    rig.write(at, 2, 0);
    expect(rig.host.rung).toEqual({});
  });

  it('do nothing before the device runs, or for a queue that is not enabled', () => {
    const rig = new VirtioRig();
    rig.negotiate();
    rig.enableQueue(0);
    rig.write(0x3000, 2, 0);
    rig.driverOk();
    rig.write(0x3004, 2, 1);
    expect(rig.host.rung).toEqual({});
  });
});
