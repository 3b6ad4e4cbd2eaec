import { VIRTIO_PCI_ISR_CONFIG, VIRTIO_PCI_ISR_QUEUE } from '@crosvm/virtio-sys';

import { RequestKind } from './channel/messages';
import { BackendHostRig } from '../testing/backend-host-rig';
import { Features } from './testing/test-queue';

const BUFFER = { at: 0x4000, length: 16, writable: true };
const { Activate, Reset, QueueReset, QueueEnable, ConfigWrite } = RequestKind;

const activeRig = (features?: bigint): BackendHostRig => BackendHostRig.active(features);

describe('a device that is active', () => {
  it('serves the queue that is kicked, and interrupts for it', () => {
    using rig = activeRig();
    rig.drivers[1]?.add([BUFFER], [BUFFER]);
    rig.kick(1);

    expect(rig.drivers[1]?.collectUsed()).toHaveLength(2);
    expect(rig.interrupts()).toEqual([0, 1, 0]);
    expect(rig.page.isr).toBe(VIRTIO_PCI_ISR_QUEUE);
  });

  it('counts kicks, requests and interrupts', () => {
    using rig = activeRig();
    const before = rig.page.counters.read();
    rig.drivers[1]?.add([BUFFER], [BUFFER]);
    rig.kick(1);
    rig.kick(0);

    expect(rig.page.counters.read()).toEqual({
      ...before,
      kicks: before.kicks + 2,
      requests: 2,
      interrupts: 1,
    });
  });

  it('does not interrupt a driver that wants none', () => {
    using rig = activeRig(Features.none);
    rig.drivers[0]!.availFlags = 1;
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);

    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
    expect(rig.interrupts()).toEqual([0, 0, 0]);
  });

  it('serves what was there before it was active', () => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.publishQueue(1);
    rig.page.publish(Features.all, 15, 2);
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);
    const early = rig.drivers[0]?.collectUsed();
    rig.ask({ kind: Activate });
    rig.turn();

    expect(early).toEqual([]);
    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
  });

  it('takes kicks for nothing', () => {
    using rig = activeRig();
    rig.kick(0);

    expect(rig.interrupts()).toEqual([0, 0, 0]);
  });

  it('lets other queues have their turn, however much one is flooded', () => {
    using rig = activeRig();
    const [flooded, other] = rig.drivers;
    let served = 0;
    rig.backend.onChain = (head) => {
      served += 1;
      flooded?.publish(head);
    };
    flooded?.add([BUFFER]);
    rig.kicks[1]?.signal();
    rig.kick(0);
    const afterOneTurn = served;
    rig.backend.onChain = () => undefined;
    other?.add([BUFFER]);
    rig.kick(1);

    expect(afterOneTurn).toBeLessThan(1000);
    expect(other?.collectUsed()).toHaveLength(1);
  });

  it('can be reset in the middle of a flood', () => {
    using rig = activeRig();
    rig.backend.onChain = (head) => rig.drivers[0]?.publish(head);
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);

    expect(rig.ask({ kind: Reset })).toBe(true);
    const used = rig.drivers[0]?.usedIndex;
    rig.turn(3);
    expect(rig.drivers[0]?.usedIndex).toBe(used);
  });

  it('changes its configuration and says so', () => {
    using rig = activeRig();
    rig.backend.context?.updateConfig(2, Uint8Array.of(7));
    const config = new Uint8Array(4);
    rig.page.copyConfig(config, -1);

    expect([...config]).toEqual([0, 0, 7, 0]);
    expect(rig.interrupts()).toEqual([0, 0, 1]);
    expect(rig.page.isr).toBe(VIRTIO_PCI_ISR_CONFIG);
  });

  it('changes its configuration without a word, or when nobody is there to be told', () => {
    using rig = activeRig();
    rig.host.storeConfig(0, Uint8Array.of(5));
    rig.ask({ kind: Reset });
    rig.host.updateConfig(1, Uint8Array.of(6));
    const config = new Uint8Array(2);
    rig.page.copyConfig(config, -1);

    expect([...config]).toEqual([5, 6]);
    expect(rig.interrupts()).toEqual([0, 0, 0]);
  });

  it('answers commands, whether it knows them or not', () => {
    using rig = activeRig();
    const answers: unknown[] = [];
    rig.host.command({ kind: 'balloon-state' }, (answer) => answers.push(answer));
    rig.backend.command = ({ kind }, answer) => answer(kind);
    rig.host.command({ kind: 'balloon-state' }, (answer) => answers.push(answer));

    expect(answers).toEqual([undefined, 'balloon-state']);
  });

  it('is told what the driver writes to its configuration', () => {
    using rig = activeRig();

    expect(rig.ask({ kind: ConfigWrite, offset: 8, length: 2, value: 0x1234 })).toBe(true);
    expect(rig.backend.events).toContain('write 3412 at 8');
  });
});

describe('a device that is reset', () => {
  it('works again, any number of times', () => {
    using rig = activeRig();
    for (let round = 0; round < 10; round += 1) {
      rig.ask({ kind: Reset });
      rig.drivers[0]?.clear();
      rig.ask({ kind: Activate });
      rig.drivers[0]?.add([BUFFER]);
      rig.kick(0);
    }

    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
    expect(rig.backend.events.filter((event) => event === 'reset')).toHaveLength(10);
  });

  it('does not touch its queues any more', () => {
    using rig = activeRig();
    rig.ask({ kind: Reset });
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);

    expect(rig.drivers[0]?.collectUsed()).toEqual([]);
    expect(rig.interrupts()).toEqual([0, 0, 0]);
  });

  it('goes back to the start of its rings with one queue alone', () => {
    // Virtio 1.2, 2.6.1.
    using rig = activeRig();
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);
    const done = rig.ask({ kind: QueueReset, queue: 0 });
    rig.drivers[0]?.clear();
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);
    const whileReset = rig.drivers[0]?.usedIndex;
    const enabled = rig.ask({ kind: QueueEnable, queue: 0 });
    rig.turn();

    expect([done, whileReset, enabled]).toEqual([true, 0, true]);
    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
    expect(rig.backend.events).toContain('reset queue 0');
  });

  it('knows no queues beyond its own', () => {
    using rig = activeRig();

    expect(rig.ask({ kind: QueueReset, queue: 2 })).toBe(false);
    expect(rig.ask({ kind: QueueEnable, queue: 0xffff_ffff })).toBe(false);
  });

  it('does not enable a queue before it is active', () => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);

    expect(rig.ask({ kind: QueueEnable, queue: 0 })).toBe(false);
  });
});

describe('a driver that breaks a queue', () => {
  it('is asked for a reset, and told by an interrupt', () => {
    // Virtio 1.2, 2.1.2.
    using rig = activeRig();
    rig.drivers[0]?.publish(99);
    rig.kick(0);

    expect(rig.page.needsReset).toBe(true);
    expect(rig.page.isr).toBe(VIRTIO_PCI_ISR_CONFIG);
    expect(rig.interrupts()).toEqual([0, 0, 1]);
    expect(rig.log.map(({ message }) => message)).toEqual([
      "the guest's driver broke queue 0: available ring names descriptor 99 of 32",
    ]);
  });

  it('gets nothing more from any queue until it has reset the device', () => {
    using rig = activeRig();
    rig.drivers[0]?.publish(99);
    rig.kick(0);
    rig.drivers[1]?.add([BUFFER]);
    rig.kick(1);
    const whileBroken = rig.drivers[1]?.collectUsed();
    rig.ask({ kind: Reset });
    rig.page.clear();
    rig.drivers.forEach((driver) => driver.clear());
    rig.page.publish(Features.all, 15, 2);
    rig.ask({ kind: Activate });
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);

    expect(whileBroken).toEqual([]);
    expect(rig.page.needsReset).toBe(false);
    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
  });

  it('cannot fill the log by doing it over and over', () => {
    using rig = activeRig();
    for (let round = 0; round < 50; round += 1) {
      rig.ask({ kind: Activate });
      rig.drivers[0]?.clear();
      rig.drivers[0]?.publish(99);
      rig.kick(0);
    }

    expect(rig.log).toHaveLength(10);
  });
});

describe('a set-up that cannot be used', () => {
  it.each([
    ['a table that is not in memory', { desc: 2 ** 40 }],
    ['a table off its alignment', { desc: 0x8008 }],
    ['more descriptors than the device takes', { size: 64 }],
    ['no descriptors', { size: 0 }],
    ['a size that is no power of two', { size: 3 }],
  ])('is refused: %s', (_, changes) => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.publishQueue(1, changes);
    rig.page.publish(Features.all, 15, 2);

    expect(rig.ask({ kind: Activate })).toBe(false);
    expect(rig.backend.events).toEqual([]);
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);
    expect(rig.drivers[0]?.collectUsed()).toEqual([]);
  });

  it('is refused: features that were not offered', () => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.publishQueue(1);
    rig.page.publish(Features.all | 1n, 15, 2);

    expect(rig.ask({ kind: Activate })).toBe(false);
  });

  it('is refused: a page with fewer queues than the device has', () => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.page.publish(Features.all, 15, 1);

    expect(rig.ask({ kind: Activate })).toBe(false);
  });

  it('may leave queues out', () => {
    using rig = new BackendHostRig();
    rig.publishQueue(0);
    rig.publishQueue(1, { enabled: false });
    rig.page.publish(Features.all, 15, 2);
    const activated = rig.ask({ kind: Activate });
    rig.kick(1);

    expect(activated).toBe(true);
    expect(rig.backend.context?.queues[1]).toBeUndefined();
  });
});

describe('the pin', () => {
  it('is asserted again if the guest acknowledged it without looking at all of it', () => {
    using rig = activeRig();
    rig.page.raiseIsr(VIRTIO_PCI_ISR_QUEUE);
    rig.resample.signal();
    rig.turn();
    const again = rig.interrupts();
    rig.page.takeIsr();
    rig.resample.signal();
    rig.turn();

    expect([again, rig.interrupts()]).toEqual([
      [0, 0, 1],
      [0, 0, 0],
    ]);
  });
});

describe('the front end', () => {
  it.each(['end' as const, new Uint8Array(3)])('is gone: %s', (bytes) => {
    using rig = activeRig();
    rig.send(bytes);

    expect(rig.closed).toBe(1);
  });

  it('may end it: nothing is served after a drain', () => {
    using rig = activeRig();
    let drained = 0;
    rig.host.drain(() => {
      drained += 1;
    });
    rig.drivers[0]?.add([BUFFER]);
    rig.kick(0);

    expect(drained).toBe(1);
    expect(rig.drivers[0]?.collectUsed()).toEqual([]);
  });
});
