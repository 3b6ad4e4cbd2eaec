import { readSync, writeSync } from 'node:fs';

import { VIRTWL_VQ_OUT } from '@crosvm/virtio-sys';

import {
  close,
  Cmd,
  newContext,
  newMemory,
  newNamedContext,
  newOf,
  newPipe,
  receivedOf,
  Resp,
  send,
} from '../../testing/wl-messages';
import { closeAll, WlRig } from '../../testing/wl-rig';
import { wl } from './module';

const READ = 2;
const WRITE = 1;

describe('Wayland for a guest', () => {
  it('has two queues of 16, one feature of its own and no configuration', () => {
    const config = { sockets: [] };
    expect(wl.queueMaxSizes(config)).toEqual([16, 16]);
    expect(wl.features(config)).toBe(2n);
    expect(wl.configSpace(config)).toHaveLength(0);
    expect(wl.deviceType).toBe(63);
  });

  it('shows its host the sockets, and needs one for memory', () => {
    const sockets = [{ name: '', path: '/wayland/0', source: '/run/user/1000/wayland-0' }];
    const resources = { fds: [] } as unknown as Parameters<typeof wl.create>[1];

    expect(wl.binds?.({ sockets })).toEqual([
      { source: '/run/user/1000/wayland-0', target: '/wayland/0' },
    ]);
    expect(() => wl.create({ sockets }, resources)).toThrow('without a socket for memory');
  });
});

describe('a connection of a guest', () => {
  it('is made to the socket without a name, or to that with the name', () => {
    using rig = new WlRig();

    const answers = [rig.ask(newContext(1)), rig.ask(newNamedContext(2, 'other'))];
    const clients = [rig.compositor.accept(), rig.compositor.accept()];
    closeAll(clients.map(({ fd }) => fd));

    expect(answers.map(({ type }) => type)).toEqual([Resp.vfdNew, Resp.vfdNew]);
    expect(answers.map(newOf)).toEqual([
      { id: 1, flags: READ | WRITE, pfn: 0, size: 0 },
      { id: 2, flags: READ | WRITE, pfn: 0, size: 0 },
    ]);
  });

  it.each([
    ['a name that there is not', newNamedContext(1, 'none'), Resp.invalidId],
    ['a compositor that is not there', newNamedContext(1, 'gone'), Resp.error],
    ["an id of the host's", newContext(0x4000_0000), Resp.invalidId],
    ['an id that there cannot be', newContext(0x8000_0000), Resp.invalidId],
    ['no id', newContext(0), Resp.invalidId],
  ])('is refused for %s', (_, message, type) => {
    using rig = new WlRig();

    expect(rig.ask(message).type).toBe(type);
  });

  it('takes what the guest sends, and brings what the compositor says', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();

    const answer = rig.ask(send(1, 'get_registry'));
    const heard = client.hear();
    client.say('global');
    const told = rig.told();
    client.fd.close();

    expect([answer.type, heard.text]).toEqual([Resp.ok, 'get_registry']);
    expect(told.map(({ type }) => type)).toEqual([Cmd.receive]);
    expect(told.map(receivedOf)).toEqual([{ id: 1, ids: [], text: 'global' }]);
  });

  it('hangs up once, after all that was said before', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    client.say('last words');
    client.fd.close();

    const told = rig.told();
    const sent = rig.ask(send(1, 'too late'));

    expect(told.map(({ type }) => type)).toEqual([Cmd.receive, Cmd.hangUp]);
    expect(told.at(-1)?.bytes.toString('hex')).toBe('060100000000000001000000');
    expect(sent.type).toBe(Resp.error);
    expect([rig.told(), rig.ask(close(1)).type]).toEqual([[], Resp.ok]);
  });

  it('is closed, and its id is free again', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    const again = rig.ask(newContext(1));

    const closed = [rig.ask(close(1)), rig.ask(close(1))];
    const heard = client.hear();
    client.fd.close();

    expect(again.type).toBe(Resp.invalidId);
    expect(closed.map(({ type }) => type)).toEqual([Resp.ok, Resp.invalidId]);
    expect(heard.text).toBe('end');
    expect(rig.ask(newContext(1)).type).toBe(Resp.vfdNew);
  });

  it('waits until the compositor reads, and sends the rest then', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    let answered = 0;
    const piece = 'x'.repeat(60_000);
    while (answered === rig.out.usedIndex - 1 || answered === 0) {
      answered = rig.out.usedIndex;
      rig.post(send(1, piece));
      rig.settle();
    }
    const posted = answered + 1;
    rig.post(close(1));
    rig.settle();
    const before = rig.out.usedIndex;
    let bytes = 0;
    for (let heard = client.hear(); heard.text !== 'end'; heard = client.hear()) {
      bytes += heard.text === 'nothing' ? 0 : heard.text.length;
      rig.settle();
    }
    client.fd.close();

    expect(before).toBe(posted - 1);
    expect(rig.out.usedIndex).toBe(posted + 1);
    expect(bytes).toBe((posted - 1) * piece.length);
  });

  it('speaks to a driver of the old flags, too', () => {
    using rig = new WlRig({ transition: false });

    expect(newOf(rig.ask(newContext(1))).flags).toBe(4);
    expect(newOf(rig.ask(newMemory(2, 4096, 3))).flags).toBe(3);
    expect(rig.ask(newMemory(3, 4096, 4)).type).toBe(Resp.invalidFlags);
    expect(newOf(rig.ask(newPipe(4, READ))).flags).toBe(0);
  });
});

describe('memory of a guest', () => {
  it('is at a page frame that the VMM chooses, in whole pages', () => {
    using rig = new WlRig();

    const answer = rig.ask(newMemory(1, 5000));

    expect(newOf(answer)).toEqual({ id: 1, flags: 0, pfn: 0x14_0001, size: 8192 });
    expect([...rig.vmm.regions]).toEqual([[1, 8192]]);
  });

  it('goes to the compositor with a message', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    rig.ask(newMemory(2, 4096));

    const answer = rig.ask(send(1, 'create_pool', [2]));
    const { text, fds } = client.hear();
    closeAll([client.fd, ...fds]);

    expect([answer.type, text, fds.length]).toEqual([Resp.ok, 'create_pool', 1]);
  });

  it('is given back when it is closed, and when the driver is gone', () => {
    using rig = new WlRig();
    [1, 2, 3].forEach((id) => rig.ask(newMemory(id, 4096)));
    rig.ask(close(2));
    rig.settle();
    const closed = [...rig.vmm.regions.keys()];
    rig.device.reset();
    rig.settle();

    expect(closed).toEqual([1, 3]);
    expect(rig.vmm.regions.size).toBe(0);
  });

  it.each([
    ['nothing', newMemory(1, 0), Resp.invalidType],
    ['flags', newMemory(1, 4096, 1), Resp.invalidFlags],
    ["an id of the host's", newMemory(0x4000_0001, 4096), Resp.invalidId],
  ])('is refused: %s', (_, message, type) => {
    using rig = new WlRig();

    expect(rig.ask(message).type).toBe(type);
    expect(rig.vmm.regions.size).toBe(0);
  });

  it('ends where the VMM says so', () => {
    using rig = new WlRig();
    rig.vmm.most = 1;

    const types = [1, 2].map((id) => rig.ask(newMemory(id, 4096)).type);
    rig.ask(close(1));

    expect(types).toEqual([Resp.vfdNew, Resp.outOfMemory]);
    expect(rig.ask(newMemory(2, 4096)).type).toBe(Resp.vfdNew);
  });

  it('that was granted to a driver that is gone is given back', () => {
    using rig = new WlRig();
    rig.post(newMemory(1, 4096));
    rig.device.reset();

    rig.settle();

    expect([rig.vmm.regions.size, rig.out.usedIndex]).toEqual([0, 0]);
  });

  it('that was granted to a queue that was reset is given back', () => {
    using rig = new WlRig();
    rig.post(newMemory(1, 4096));
    rig.device.resetQueue?.(VIRTWL_VQ_OUT);

    rig.settle();

    expect([rig.vmm.regions.size, rig.out.usedIndex]).toEqual([0, 0]);
  });
});

describe('pipes of a guest', () => {
  it.each([
    ['neither', 0],
    ['both', READ | WRITE],
    ['something else', 4],
  ])('are for reading or for writing, not for %s', (_, flags) => {
    using rig = new WlRig();

    expect(rig.ask(newPipe(1, flags)).type).toBe(Resp.invalidFlags);
  });

  it('bring what is written to the end that was sent away', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    const made = rig.ask(newPipe(2, READ));
    rig.ask(send(1, 'receive', [2]));
    const [writer] = client.hear().fds;
    writeSync(writer?.raw ?? -1, 'clipboard');
    const told = rig.told();
    writer?.close();
    const end = rig.told();
    client.fd.close();

    expect(newOf(made)).toEqual({ id: 2, flags: READ, pfn: 0, size: 0 });
    expect(told.map(receivedOf)).toEqual([{ id: 2, ids: [], text: 'clipboard' }]);
    expect(end.map(({ type }) => type)).toEqual([Cmd.hangUp]);
  });

  it('take what is to be read at the end that was sent away, and hang up with it', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    rig.ask(newPipe(2, WRITE));
    rig.ask(send(1, 'send', [2]));
    const [reader] = client.hear().fds;

    const answer = rig.ask(send(2, 'pasted'));
    const bytes = Buffer.alloc(16);
    const length = readSync(reader?.raw ?? -1, bytes);
    reader?.close();
    const told = rig.told();
    client.fd.close();

    expect([answer.type, bytes.toString('latin1', 0, length)]).toEqual([Resp.ok, 'pasted']);
    expect(told.map(({ type }) => type)).toEqual([Cmd.hangUp]);
    expect(rig.ask(send(2, 'more')).type).toBe(Resp.error);
  });

  it('cannot be sent twice, take no vfds, and are not written to where they are read', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    rig.ask(newPipe(2, READ));
    rig.ask(newPipe(3, WRITE));
    rig.ask(newMemory(4, 4096));
    rig.ask(send(1, 'x', [2]));
    closeAll([...client.hear().fds, client.fd]);

    const types = [
      send(1, 'x', [2]),
      send(3, 'x', [4]),
      send(2, 'x'),
      send(4, 'x'),
      send(1, '', [4]),
    ].map((message) => rig.ask(message).type);

    expect(types).toEqual(Array(5).fill(Resp.invalidType));
  });
});
