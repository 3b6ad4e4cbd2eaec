import { readdirSync } from 'node:fs';

import { SharedMemory } from '@crosvm/sys-util';
import fc from 'fast-check';

import { close, Cmd, newContext, newMemory, newPipe, Resp, send } from '../../testing/wl-messages';
import { closeAll, WlRig } from '../../testing/wl-rig';
import { MAX_VFDS } from './vfd-table';

/** Descriptors of this process. */
const descriptors = (): number => readdirSync('/proc/self/fd').length;

/** What is left of a run when the driver is gone. */
function leaks(run: (rig: WlRig) => void): { readonly fds: number; readonly regions: number } {
  using rig = new WlRig();
  const before = descriptors();
  run(rig);
  rig.device.reset();
  // A release a turn.
  Array.from({ length: 20 }, () => rig.settle());
  return { fds: descriptors() - before, regions: rig.vmm.regions.size };
}

describe('a hostile guest of the Wayland device', () => {
  it('has a limit of vfds, of every kind, and loses nothing by it', () => {
    const seen: number[] = [];

    const left = leaks((rig) => {
      for (let id = 1; id <= MAX_VFDS + 5; id += 1) {
        const kinds = [newMemory(id, 4096), newPipe(id, 1 + (id % 2))];
        seen.push(rig.ask(kinds[id % 2] ?? kinds[0]!).type);
      }
      seen.push(rig.ask(close(1)).type, rig.ask(newPipe(1, 1)).type);
    });

    expect(seen.slice(0, MAX_VFDS)).toEqual(Array(MAX_VFDS).fill(Resp.vfdNew));
    expect(seen.slice(MAX_VFDS, -2)).toEqual(Array(5).fill(Resp.outOfMemory));
    expect(seen.slice(-2)).toEqual([Resp.ok, Resp.vfdNew]);
    expect(left).toEqual({ fds: 0, regions: 0 });
  });

  it('loses its connection when what comes for it is too much', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    for (let id = 2; id <= MAX_VFDS; id += 1) {
      rig.ask(newPipe(id, 1));
    }
    using memory = SharedMemory.create('keymap', 4096);
    client.say('keymap', [memory.fd.raw]);

    const told = rig.told();
    client.fd.close();

    expect(told.map(({ type }) => type)).toEqual([Cmd.hangUp]);
    expect(rig.vmm.regions.size).toBe(0);
  });

  it.each([
    ['vfds that there are not', [7]],
    ['more vfds than there may be', Array.from({ length: 29 }, () => 2)],
  ])('sends no %s', (_, vfds) => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    rig.ask(newMemory(2, 4096));

    const { type } = rig.ask(send(1, 'x', vfds));

    expect([Resp.invalidId, Resp.invalidCommand]).toContain(type);
    expect(rig.compositor.accept().hear().text).toBe('nothing');
  });

  it('sends to nobody, and nothing, without harm', () => {
    using rig = new WlRig();

    expect(rig.ask(send(1, 'x')).type).toBe(Resp.invalidId);
    expect(rig.ask(send(0xffff_ffff, 'x')).type).toBe(Resp.invalidId);
    rig.ask(newContext(1));
    expect(rig.ask(send(1, '')).type).toBe(Resp.ok);
  });

  it('sends no more at once than a driver has in one piece, however often it names the same memory', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    const head = { at: rig.out.place(send(1, '')), length: 16 };
    const large = { at: 0x1_0000_0000, length: 32 * 1024 ** 2 };
    const answer = { at: rig.out.allocate(8), length: 8, writable: true };
    rig.out.add([head, ...Array.from({ length: 10 }, () => large), answer]);
    rig.device.handleQueue(1);

    expect(rig.memory.readU32(answer.at)).toBe(Resp.outOfMemory);
    expect(client.hear().text).toBe('nothing');
    client.fd.close();
  });

  it('has no answer where it gave no room for one, and goes on', () => {
    using rig = new WlRig();

    [0, 1, 7, 31].forEach((room) => rig.post(newMemory(1 + room, 4096), room));
    rig.settle();

    expect(rig.out.collectUsed().map(({ len }) => len)).toEqual([0, 1, 7, 31]);
    expect(rig.ask(newMemory(100, 4096)).type).toBe(Resp.vfdNew);
  });

  it('is told nothing in buffers that are too small, and all of it in the next that is not', () => {
    using rig = new WlRig({ buffers: 0 });
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    client.say('a message');
    rig.give(3, 16);
    rig.give(1);

    const told = rig.told();
    client.fd.close();

    expect(told.map(({ type }) => type)).toEqual([0, 0, 0, Cmd.receive]);
  });

  it('that takes nothing makes nothing pile up', () => {
    using rig = new WlRig({ buffers: 0 });
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    let said = 0;
    for (; said < 100; said += 1) {
      client.say('x'.repeat(3000));
    }
    rig.settle();
    const before = process.memoryUsage().arrayBuffers;
    rig.settle();

    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
    rig.give(16);
    expect(rig.told().length).toBeGreaterThan(10);
    client.fd.close();
  });

  it('whose driver resets at any moment leaves nothing behind', () => {
    const left = leaks((rig) => {
      for (let round = 0; round < 50; round += 1) {
        rig.post(newContext(1));
        const client = rig.compositor.accept();
        rig.post(newPipe(2, 1 + (round % 2)));
        rig.post(newMemory(3, 4096 * (round + 1)));
        using memory = SharedMemory.create('keymap', 4096);
        client.say('keymap', [memory.fd.raw, memory.fd.raw]);
        Array.from({ length: round % 5 }, () => rig.loop.runOnce(0));
        rig.device.reset();
        closeAll([client.fd, ...client.hear().fds]);
        rig.restart();
        rig.give(8);
      }
    });

    expect(left).toEqual({ fds: 0, regions: 0 });
  });

  it('gets an answer or none, and breaks nothing, whatever it says', () => {
    const id = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(0x4000_0000, 0xffff_ffff));
    const data = fc.uint8Array({ maxLength: 40 });
    const message = fc.oneof(
      id.map(newContext),
      fc.tuple(id, fc.nat(0xffff_ffff), fc.nat(3)).map((args) => newMemory(...args)),
      fc.tuple(id, fc.nat(5)).map((args) => newPipe(...args)),
      id.map(close),
      fc.tuple(id, data, fc.array(id, { maxLength: 30 })).map((args) => send(...args)),
      data,
    );
    const cut = fc.tuple(message, fc.nat(80)).map(([bytes, length]) => bytes.subarray(0, length));
    const known: readonly number[] = Object.values(Resp);
    let left = { fds: 0, regions: 0 };
    fc.assert(
      fc.property(fc.array(fc.oneof(message, cut), { maxLength: 30 }), (messages) => {
        const answers: number[] = [];
        left = leaks((rig) => {
          rig.vmm.most = 5;
          messages.forEach((each) => answers.push(rig.ask(each).type));
        });
        expect(answers.filter((type) => !known.includes(type))).toEqual([]);
        expect(left).toEqual({ fds: 0, regions: 0 });
      }),
      { numRuns: 60 },
    );
  });
});
