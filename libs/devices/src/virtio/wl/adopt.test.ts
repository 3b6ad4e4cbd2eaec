import { readSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bind, createPipe, EventFd, openFile, OwnedFd, SharedMemory } from '@crosvm/sys-util';

import { Cmd, newContext, newOf, receivedOf, Resp, send, close } from '../../testing/wl-messages';
import { closeAll, WlRig } from '../../testing/wl-rig';

const HOST_ID = 0x4000_0000;
const READ_ONLY = 0;

const libc = bind(null, {
  memfd_create: ['int', ['string', 'uint']],
  ftruncate: ['int', ['int', 'long']],
});

/** Memory of so many bytes, whose size anybody may change; with `flags` 0 for ever. */
function memfd(size: number, flags: number): OwnedFd {
  const fd = OwnedFd.adopt(libc.memfd_create('foreign', flags));
  libc.ftruncate(fd.raw, size);
  return fd;
}

const ALLOW_SEALING = 2;

/** A file of the disk with a text in it. */
function fileWith(text: string): OwnedFd {
  const path = join(tmpdir(), `adopt-${process.pid}`);
  writeFileSync(path, text);
  const fd = openFile(path, READ_ONLY);
  unlinkSync(path);
  return fd;
}

/** What the guest is told when a compositor sends these descriptors. */
function adopted(rig: WlRig, ...fds: readonly OwnedFd[]) {
  rig.ask(newContext(1));
  const client = rig.compositor.accept();
  client.say(
    'keymap',
    fds.map(({ raw }) => raw),
  );
  closeAll(fds);
  return { client, told: rig.told() };
}

describe('a descriptor that comes from a compositor', () => {
  it.each([
    ['is sealed', () => SharedMemory.create('keymap', 60_000).fd, 60_000],
    ['can be sealed', () => memfd(5000, ALLOW_SEALING), 5000],
    ['cannot be sealed, by a copy', () => memfd(5000, 0), 5000],
    ['is a file, by a copy', () => fileWith('xkb_keymap'), 10],
  ])('is shown to the guest if it is memory that %s', (_, make, size) => {
    using rig = new WlRig();

    const { client, told } = adopted(rig, make());
    client.fd.close();

    expect(told.slice(0, 2).map(({ type }) => type)).toEqual([Cmd.vfdNew, Cmd.receive]);
    expect(told.slice(0, 1).map(newOf)).toEqual([{ id: HOST_ID, flags: 0, pfn: 0x14_0001, size }]);
    expect(told.slice(1, 2).map(receivedOf)).toEqual([{ id: 1, ids: [HOST_ID], text: 'keymap' }]);
    expect([...rig.vmm.regions.values()]).toEqual([size]);
  });

  it('keeps its content when it is copied', () => {
    using rig = new WlRig();
    const { client } = adopted(rig, fileWith('xkb_keymap'));

    rig.ask(send(1, 'x', [HOST_ID]));
    const [copy] = client.hear().fds;
    const bytes = Buffer.alloc(16);
    const length = readSync(copy?.raw ?? -1, bytes, 0, 16, 0);
    closeAll([client.fd, ...(copy ? [copy] : [])]);

    expect(bytes.toString('latin1', 0, length)).toBe('xkb_keymap');
  });

  it.each([
    ['too large to be copied', () => memfd(2 ** 20 + 1, 0), 1000],
    ['empty', () => memfd(0, 0), 1000],
    ['more than the guest can have', () => SharedMemory.create('keymap', 4096).fd, 0],
    ['a copy more than the guest can have', () => fileWith('xkb_keymap'), 0],
    ['an event', () => OwnedFd.duplicate(EventFd.create().raw), 1000],
  ])('can be sent back and nothing else if it is %s', (_, make, most) => {
    using rig = new WlRig();
    rig.vmm.most = most;

    const { client, told } = adopted(rig, make());
    const answer = rig.ask(send(1, 'back', [HOST_ID]));
    const { fds } = client.hear();
    closeAll([client.fd, ...fds]);

    expect(told.slice(0, 1).map(newOf)).toEqual([{ id: HOST_ID, flags: 0, pfn: 0, size: 0 }]);
    expect([answer.type, fds.length, rig.vmm.regions.size]).toEqual([Resp.ok, 1, 0]);
    expect(rig.ask(send(HOST_ID, 'x')).type).toBe(Resp.invalidType);
  });

  it('is read if it is the reading end of a pipe, and written to if it is the other', () => {
    using rig = new WlRig();
    const [incoming, outgoing] = [createPipe(), createPipe()];

    const { client, told } = adopted(rig, incoming.reader, outgoing.writer);
    writeSync(incoming.writer.raw, 'in');
    const read = rig.told();
    const answer = rig.ask(send(HOST_ID + 1, 'out'));
    const bytes = Buffer.alloc(16);
    const length = readSync(outgoing.reader.raw, bytes);
    closeAll([client.fd, incoming.writer, outgoing.reader]);

    expect(told.slice(0, 2).map(newOf)).toEqual([
      { id: HOST_ID, flags: 2, pfn: 0, size: 0 },
      { id: HOST_ID + 1, flags: 1, pfn: 0, size: 0 },
    ]);
    expect(told.slice(2).map(receivedOf)).toEqual([
      { id: 1, ids: [HOST_ID, HOST_ID + 1], text: 'keymap' },
    ]);
    expect(read.map(receivedOf)).toEqual([{ id: HOST_ID, ids: [], text: 'in' }]);
    expect([answer.type, bytes.toString('latin1', 0, length)]).toEqual([Resp.ok, 'out']);
  });

  it('is closed with the connection that it came for, if the guest was not told of it', () => {
    using rig = new WlRig({ buffers: 0 });
    const { client } = adopted(rig, SharedMemory.create('keymap', 4096).fd);
    const shown = rig.vmm.regions.size;

    rig.ask(close(1));
    rig.settle();
    rig.give(4);
    client.fd.close();

    expect([shown, rig.vmm.regions.size]).toEqual([1, 0]);
    expect(rig.told()).toEqual([]);
  });

  it('is closed if its connection is closed while it is being shown', () => {
    using rig = new WlRig();
    rig.ask(newContext(1));
    const client = rig.compositor.accept();
    using memory = SharedMemory.create('keymap', 4096);
    client.say('keymap', [memory.fd.raw]);
    rig.loop.runOnce(0);

    rig.post(close(1));
    rig.settle();
    client.fd.close();

    expect([rig.vmm.regions.size, rig.told()]).toEqual([0, []]);
  });
});
