import { readdirSync } from 'node:fs';

import { EventFd, OwnedFd } from '@crosvm/sys-util';
import { VIRTIO_PCI_ISR_QUEUE } from '@crosvm/virtio-sys';

import { BackendHostRig } from '../testing/backend-host-rig';
import type { QueueHandover } from './backend';
import { RequestKind } from './channel/messages';

const BUFFER = { at: 0x4000, length: 16, writable: true };
const { Activate, Reset, QueueReset, QueueEnable } = RequestKind;

/** Has the back end give queue `index` out of hand. */
function handOver(rig: BackendHostRig, index: number): QueueHandover {
  const handover = rig.backend.context?.handOver(index);
  if (handover === undefined) {
    throw new Error(`queue ${index} is not enabled`);
  }
  return handover;
}

describe('a queue that is given out of hand', () => {
  it('is served by nobody here until it is reset', () => {
    using rig = BackendHostRig.active();
    rig.turn(2);
    const handover = rig.backend.context?.handOver(1);
    rig.drivers[1]?.add([BUFFER]);
    rig.kick(1);
    const meanwhile = rig.drivers[1]?.collectUsed();
    const kicked = rig.kicks[1]?.read();
    rig.ask({ kind: Reset });
    rig.publishQueue(1);
    rig.ask({ kind: Activate });
    rig.turn(2);

    expect(handover?.setup).toMatchObject({ enabled: true, size: 32 });
    expect(meanwhile).toEqual([]);
    expect(kicked).toBe(1);
    expect(rig.drivers[1]?.collectUsed()).toHaveLength(1);
  });

  it('interrupts without us by messages, and with the ISR status by the pin', () => {
    using rig = BackendHostRig.active();
    const direct = EventFd.adopt(OwnedFd.duplicate(handOver(rig, 0).callFd).release());
    direct.signal();
    const byMessage = [rig.interrupts(), rig.page.isr];
    rig.page.publishPin(true);
    const relayed = EventFd.adopt(OwnedFd.duplicate(handOver(rig, 0).callFd).release());
    relayed.signal();
    rig.turn();

    expect(byMessage).toEqual([[1, 0, 0], 0]);
    expect(rig.interrupts()).toEqual([1, 0, 0]);
    expect(rig.page.isr).toBe(VIRTIO_PCI_ISR_QUEUE);
    direct[Symbol.dispose]();
    relayed[Symbol.dispose]();
  });

  it('needs no descriptor that was not there before', () => {
    using rig = BackendHostRig.active();
    rig.page.publishPin(true);
    const before = readdirSync('/proc/self/fd').length;
    handOver(rig, 0);
    handOver(rig, 1);

    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });

  it('comes back when it is reset alone', () => {
    using rig = BackendHostRig.active();
    handOver(rig, 0);
    rig.ask({ kind: QueueReset, queue: 0 });
    const gone = rig.backend.context?.handOver(0);
    rig.drivers[0]?.add([BUFFER]);
    rig.ask({ kind: QueueEnable, queue: 0 });
    rig.turn(2);

    expect(gone).toBeUndefined();
    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
  });

  it('stops the device when its back end gives up on it', () => {
    using rig = BackendHostRig.active();
    handOver(rig, 1);
    rig.backend.context?.fail(1, 'it is not to be');
    const before = rig.page.needsReset;
    rig.turn(2);

    expect([before, rig.page.needsReset]).toEqual([false, true]);
    expect(rig.backend.events).toContain('reset');
    expect(rig.log.map(({ message }) => message)).toEqual([
      "the guest's driver broke queue 1: it is not to be",
    ]);
    rig.ask({ kind: Activate });
    rig.drivers[1]?.add([BUFFER]);
    rig.kick(1);
    expect(rig.drivers[1]?.collectUsed()).toHaveLength(1);
  });

  it('is none that the driver did not enable', () => {
    using rig = BackendHostRig.active();

    expect(rig.backend.context?.handOver(7)).toBeUndefined();
  });

  it('is served when its back end asks for it', () => {
    using rig = BackendHostRig.active();
    rig.turn(2);
    rig.drivers[0]?.add([BUFFER]);
    rig.backend.context?.serve(0);
    rig.turn();

    expect(rig.drivers[0]?.collectUsed()).toHaveLength(1);
  });
});
