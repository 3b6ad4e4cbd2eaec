import {
  VIRTIO_CONFIG_S_ACKNOWLEDGE as ACK,
  VIRTIO_CONFIG_S_DRIVER as DRIVER,
  VIRTIO_CONFIG_S_DRIVER_OK as DRIVER_OK,
  VIRTIO_CONFIG_S_FAILED as FAILED,
  VIRTIO_CONFIG_S_FEATURES_OK as FEATURES_OK,
  VIRTIO_CONFIG_S_NEEDS_RESET as NEEDS_RESET,
} from '@crosvm/virtio-sys';

import { virtioConfig, VirtioRig } from '../../testing/virtio-rig';
import { RequestKind } from '../channel/messages';

const VERSION_1 = 1n << 32n;
const ACCESS_PLATFORM = 1n << 33n;
const READY = ACK | DRIVER | FEATURES_OK | DRIVER_OK;

/* Virtio 1.2, 2.1 and 3.1.1. HOSTILE row 16: lax status machines. */
describe('the device status', () => {
  it('goes the way that drivers go, and then the back end runs with what they chose', () => {
    const rig = new VirtioRig();
    rig.start(VERSION_1 | 4n);
    expect(rig.status).toBe(READY);
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate]);
    expect([rig.page.features, rig.page.status]).toEqual([VERSION_1 | 4n, READY]);
    expect(rig.backEnd.queues.slice(0, 3)).toEqual([
      { enabled: true, size: 256, desc: 0x10_0000, avail: 0x11_0000, used: 0x12_0000 },
      { enabled: true, size: 128, desc: 0x20_0000, avail: 0x21_0000, used: 0x22_0000 },
      undefined,
    ]);
  });

  it('takes ACKNOWLEDGE and DRIVER at once, as firmware writes them', () => {
    const rig = new VirtioRig();
    rig.status = ACK | DRIVER;
    expect(rig.status).toBe(ACK | DRIVER);
  });

  it.each([
    ['DRIVER without ACKNOWLEDGE', 0, DRIVER],
    ['FEATURES_OK without DRIVER', ACK, ACK | FEATURES_OK],
    ['DRIVER_OK without FEATURES_OK', ACK | DRIVER, ACK | DRIVER | DRIVER_OK],
    ['DRIVER_OK together with FEATURES_OK', ACK | DRIVER, READY],
    ['everything at once', 0, READY],
    ['a bit that is cleared', ACK | DRIVER, DRIVER],
    ['the same bits but for one', ACK | DRIVER, ACK | FEATURES_OK],
  ])('does not take %s', (_, before, write) => {
    const rig = new VirtioRig();
    rig.status = before;
    rig.accept(VERSION_1);
    rig.status = write;
    expect(rig.status).toBe(before);
    expect(rig.host.guestErrors).toHaveLength(1);
    expect(rig.backEnd.requests).toEqual([]);
  });

  it('lets nobody set NEEDS_RESET, nor bits that there are not', () => {
    const rig = new VirtioRig();
    rig.status = ACK | NEEDS_RESET | 0x30;
    expect(rig.status).toBe(ACK);
    rig.status = NEEDS_RESET;
    expect(rig.status).toBe(ACK);
  });

  it('goes nowhere from FAILED but back to the beginning', () => {
    const rig = new VirtioRig();
    rig.status = ACK | DRIVER;
    rig.status = ACK | DRIVER | FAILED;
    rig.accept(VERSION_1);
    rig.status = ACK | DRIVER | FAILED | FEATURES_OK;
    expect(rig.status).toBe(ACK | DRIVER | FAILED);
    rig.status = 0;
    rig.start();
    expect(rig.status).toBe(READY);
  });
});

describe('features', () => {
  it('are offered with VERSION_1, in words', () => {
    const rig = new VirtioRig();
    const words = [0, 1, 2, 0xffff_ffff].map((select) => {
      rig.write(0, 4, select);
      return rig.read(4, 4);
    });
    expect(words).toEqual([6, 1, 0, 0]);
  });

  it.each([
    ['one that is not offered', VERSION_1 | 1n],
    ['none, not even VERSION_1', 0n],
    ['a legacy choice', 6n],
    ['one beyond 32 that is not offered', VERSION_1 | (1n << 63n)],
  ])('are refused: %s', (_, features) => {
    const rig = new VirtioRig();
    rig.negotiate(features);
    expect(rig.status).toBe(ACK | DRIVER);
    rig.negotiate(VERSION_1 | 2n);
    expect(rig.status).toBe(ACK | DRIVER | FEATURES_OK);
  });

  it('include ACCESS_PLATFORM if that is offered', () => {
    const rig = new VirtioRig(virtioConfig(1, { features: ACCESS_PLATFORM }));
    rig.negotiate(VERSION_1);
    expect(rig.status).toBe(ACK | DRIVER);
    rig.negotiate(VERSION_1 | ACCESS_PLATFORM);
    expect(rig.status).toBe(ACK | DRIVER | FEATURES_OK);
  });

  it('cannot be chosen before there is a driver, nor after FEATURES_OK', () => {
    const rig = new VirtioRig();
    const chosen = (): number[] =>
      [0, 1].map((select) => {
        rig.write(8, 4, select);
        return rig.read(12, 4);
      });
    rig.accept(VERSION_1 | 2n);
    rig.status = ACK;
    rig.accept(VERSION_1 | 2n);
    expect(chosen()).toEqual([0, 0]);
    rig.negotiate(VERSION_1 | 2n);
    rig.accept(VERSION_1 | 6n);
    expect(chosen()).toEqual([2, 1]);
    rig.write(8, 4, 2);
    rig.write(12, 4, 0xff);
    expect(rig.read(12, 4)).toBe(0);
  });

  it.each([34, 37, 38, 39])('cannot be %i, which this transport knows nothing of', (bit) => {
    const config = virtioConfig(1, { features: 1n << BigInt(bit) });
    expect(() => new VirtioRig(config)).toThrow(`feature ${bit}`);
  });
});

describe('a device that cannot serve its driver', () => {
  const refused = (break_: (rig: VirtioRig) => void): VirtioRig => {
    const rig = new VirtioRig();
    rig.msixControl(0x8000);
    rig.writeVector(2, 0x77);
    rig.negotiate();
    rig.write(16, 2, 2);
    break_(rig);
    rig.driverOk();
    return rig;
  };

  it.each<[string, (rig: VirtioRig) => void]>([
    ['no queue is enabled', () => undefined],
    ['a ring is misaligned', (rig) => rig.enableQueue(0, 0x10_0001)],
    [
      'a used ring is misaligned',
      (rig) => {
        rig.select(0);
        rig.write(0x30, 4, 2);
        rig.write(0x1c, 2, 1);
      },
    ],
    [
      'a ring is beyond all addresses',
      (rig) => {
        rig.select(0);
        rig.write(0x24, 4, 0xffff_ffff);
        rig.write(0x1c, 2, 1);
      },
    ],
    [
      'the back end refuses',
      (rig) => {
        rig.enableQueue(0);
        rig.backEnd.refuses.add(RequestKind.Activate);
      },
    ],
    [
      'it may not access memory',
      (rig) => {
        rig.enableQueue(0);
        rig.command(2);
      },
    ],
  ])('asks for a reset if %s', (_, break_) => {
    const rig = refused(break_);
    expect(rig.status).toBe(READY | NEEDS_RESET);
    expect(rig.host.guestErrors.at(-1)).toContain('needs a reset');
    expect(rig.page.isr).toBe(2);
    expect(rig.host.pci.notifies.size).toBe(0);
    expect(rig.backEnd.running).toBe(false);
  });

  it('is one whose back end is gone, which others report', () => {
    const rig = refused((each) => {
      each.enableQueue(0);
      each.backEnd.isGone = true;
    });
    expect(rig.status).toBe(READY | NEEDS_RESET);
    rig.status = 0;
    expect(rig.host.guestErrors).toEqual([]);
  });

  it('says so by an interrupt', () => {
    const rig = refused(() => undefined);
    expect(rig.host.pci.sent).toEqual([0x77]);
  });

  it('works again after the reset', () => {
    const rig = refused((each) => each.enableQueue(0, 0x10_0001));
    rig.status = 0;
    rig.start();
    expect(rig.status).toBe(READY);
    expect(rig.backEnd.running).toBe(true);
  });

  it('is one whose back end has given up', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.page.requestReset();
    expect(rig.status).toBe(READY | NEEDS_RESET);
    rig.status = 0;
    expect(rig.status).toBe(0);
    rig.start();
    expect(rig.status).toBe(READY);
  });

  it('cannot serve one when the bus is taken from it', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.command(2);
    expect(rig.backEnd.running).toBe(false);
    expect(rig.status).toBe(READY | NEEDS_RESET);
    rig.command(6);
    expect(rig.status).toBe(READY | NEEDS_RESET);
    rig.status = 0;
    rig.start();
    expect(rig.status).toBe(READY);
  });
});

describe('a reset', () => {
  const registers = (rig: VirtioRig): number[] => {
    const words = [0, 8, 12, 16, 20].map((at) => rig.read(at, 4) & (at === 20 ? 0xffff_00ff : -1));
    const queues = [0, 1].flatMap((queue) => {
      rig.select(queue);
      return [24, 28, 32, 36, 40, 44, 48, 52, 56].map((at) => rig.read(at, 4));
    });
    rig.select(0);
    return [...words, ...queues, rig.read(0x1000, 1)];
  };

  const partly: readonly ((rig: VirtioRig) => void)[] = [
    (rig) => (rig.status = ACK),
    (rig) => rig.negotiate(1n),
    (rig) => rig.negotiate(),
    (rig) => {
      rig.negotiate();
      rig.enableQueue(1);
      rig.write(16, 2, 1);
      rig.write(26, 2, 2);
    },
    (rig) => rig.start(),
    (rig) => {
      rig.start();
      rig.signal(0);
      rig.page.requestReset();
    },
  ];

  it('returns everything to zero from anywhere, and the device works again, many times', () => {
    const rig = new VirtioRig();
    const fresh = registers(rig);
    for (const drive of [...partly, ...partly, ...partly]) {
      drive(rig);
      rig.status = 0;
      expect(registers(rig)).toEqual(fresh);
      expect(rig.page.needsReset).toBe(false);
      expect([rig.host.pci.notifies.size, rig.host.pci.connections.size]).toEqual([0, 0]);
      expect(rig.backEnd.running).toBe(false);
    }
    rig.start();
    expect(rig.status).toBe(READY);
    expect(rig.backEnd.running).toBe(true);
  });

  it('asks only a back end that was started', () => {
    const rig = new VirtioRig();
    rig.status = 0;
    rig.negotiate();
    rig.status = 0;
    expect(rig.backEnd.requests).toEqual([]);
    rig.start();
    rig.status = 0;
    rig.status = 0;
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate, RequestKind.Reset]);
  });

  it('also of one that did not say whether it started', () => {
    const rig = new VirtioRig();
    rig.backEnd.refuses.add(RequestKind.Activate);
    rig.start();
    rig.status = 0;
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate, RequestKind.Reset]);
  });

  it('that nobody acknowledges is the end of the device: its memory may still be written', () => {
    const rig = new VirtioRig();
    rig.start();
    rig.backEnd.refuses.add(RequestKind.Reset);
    rig.status = 0;
    expect(rig.status).toBe(0);
    rig.start();
    expect(rig.status).toBe(READY | NEEDS_RESET);
    expect(rig.backEnd.kinds).toEqual([RequestKind.Activate, RequestKind.Reset]);
  });

  it('is seen by all vCPUs', () => {
    const rig = new VirtioRig();
    rig.start();
    const other = rig.rig.thread();
    other.write(rig.base + 20, 0, 1);
    expect(rig.status).toBe(0);
    expect(rig.backEnd.running).toBe(false);
  });
});
