import { FdSocket, type OwnedFd, PollLoop, SharedMemory, socketPair } from '@crosvm/sys-util';
import fc from 'fast-check';

import { type Grant, MemoryRequestClient } from './client';
import {
  decodeMemoryAnswer,
  decodeMemoryRequest,
  encodeMemoryAnswer,
  encodeMemoryRequest,
  type GrantedMemory,
  MAX_MEMORY_MESSAGE,
} from './messages';
import { type MemoryGranter, MemoryRequestServer } from './server';

const MEMORY: GrantedMemory = { region: 7, address: 0x1_0000_0000, size: 8192, readOnly: false };

/** A VMM that grants everything, and says what it was asked. */
class Granter implements MemoryGranter {
  readonly asked: string[] = [];
  isFull = false;

  allocate(size: number): { memory: GrantedMemory; fd: OwnedFd } | undefined {
    this.asked.push(`allocate ${size}`);
    return this.isFull ? undefined : { memory: { ...MEMORY, size }, fd: memfd() };
  }

  share(fd: number): GrantedMemory | undefined {
    this.asked.push(`share ${fd >= 0}`);
    return this.isFull ? undefined : { ...MEMORY, readOnly: true };
  }

  release(region: number): boolean {
    this.asked.push(`release ${region}`);
    return region === MEMORY.region;
  }
}

function memfd(): OwnedFd {
  return SharedMemory.create('test', 4096).fd;
}

function rig() {
  const loop = new PollLoop();
  const [near, far] = socketPair();
  const granter = new Granter();
  const faults: string[] = [];
  const server = new MemoryRequestServer(near, granter);
  server.attach(loop, (fault) => faults.push(fault));
  const serve = (turns = 8) => {
    for (let turn = 0; turn < turns; turn += 1) {
      loop.runOnce(0);
    }
  };
  return { loop, far, granter, faults, server, serve };
}

function clientRig() {
  const parts = rig();
  const client = new MemoryRequestClient(parts.far.release(), parts.loop);
  const grants: (Grant | undefined)[] = [];
  return { ...parts, client, grants, keep: (grant?: Grant) => grants.push(grant) };
}

/** A device that says what it likes. */
function rawRig() {
  const parts = rig();
  const socket = FdSocket.adopt(parts.far, { maxFds: 4, nonblock: true });
  return { ...parts, socket };
}

describe('requests for memory that a guest is to see', () => {
  it('are answered in their order, with the memory that was made', () => {
    const { client, granter, grants, keep, serve } = clientRig();
    using own = memfd();
    client.allocate(4096, keep);
    client.share(own.raw, keep);
    client.release(7);

    serve();

    expect(granter.asked).toEqual(['allocate 4096', 'share true', 'release 7']);
    expect(grants).toEqual([
      { ...MEMORY, size: 4096, fd: expect.anything() as unknown },
      { ...MEMORY, readOnly: true, fd: undefined },
    ]);
    grants.forEach((grant) => grant?.fd?.close());
  });

  it('are refused when the device has as much as it may have', () => {
    const { client, granter, grants, keep, serve } = clientRig();
    granter.isFull = true;
    using own = memfd();
    client.allocate(4096, keep);
    client.share(own.raw, keep);

    serve();

    expect(grants).toEqual([undefined, undefined]);
  });

  it('are refused when the VMM is gone, those on their way and later ones', () => {
    const { client, grants, keep, serve, server } = clientRig();
    client.allocate(4096, keep);
    server[Symbol.dispose]();
    serve();
    client.allocate(4096, keep);
    client.release(1);

    expect(grants).toEqual([undefined, undefined]);
  });

  it('wait for a VMM that is behind, and come in order', () => {
    const { client, granter, grants, keep, serve } = clientRig();
    for (let count = 0; count < 2000; count += 1) {
      client.release(7);
    }
    client.allocate(4096, keep);
    using own = memfd();
    client.share(own.raw, keep);
    serve(3000);

    expect(granter.asked).toHaveLength(2001);
    expect(granter.asked.at(-1)).toBe('allocate 4096');
    expect(grants.map((grant) => grant?.region)).toEqual([undefined, 7]);
    grants.forEach((grant) => grant?.fd?.close());
  });

  it('end with the device', () => {
    const { client, faults, serve } = clientRig();
    client[Symbol.dispose]();

    serve();

    expect(faults).toEqual([]);
  });
});

describe('a device that is not itself', () => {
  const UNKNOWN = 'it asked for memory in no known way';

  it.each([
    ['what is no request', Buffer.from('hello'), 0, UNKNOWN],
    ['what is too long', Buffer.alloc(MAX_MEMORY_MESSAGE + 1), 0, UNKNOWN],
    ['of another kind', encodeMemoryRequest({ kind: 'share' }).fill(9, 0, 1), 0, UNKNOWN],
    ['to share nothing', encodeMemoryRequest({ kind: 'share' }), 0, UNKNOWN],
    ['too many descriptors', encodeMemoryRequest({ kind: 'share' }), 2, UNKNOWN],
    ['a descriptor too many', encodeMemoryRequest({ kind: 'allocate', size: 1 }), 1, UNKNOWN],
    [
      'to give back what it has not',
      encodeMemoryRequest({ kind: 'release', region: 8 }),
      0,
      'it gave back memory that it has not',
    ],
  ])('is reported, and served no more: asks for %s', (_, bytes, fds, fault) => {
    const { socket, granter, faults, serve } = rawRig();
    using own = memfd();
    socket.send(bytes, Array(fds).fill(own.raw));
    serve();
    const asked = granter.asked.length;
    socket.send(encodeMemoryRequest({ kind: 'allocate', size: 4096 }));
    serve();

    expect(faults).toEqual([fault]);
    expect(granter.asked).toHaveLength(asked);
  });

  it('does not keep others from being served when it floods its socket', () => {
    const { socket, granter, serve } = rawRig();
    const bytes = encodeMemoryRequest({ kind: 'release', region: 7 });
    while (socket.send(bytes)) {
      // As many as there is room for.
    }

    serve(1);

    expect(granter.asked).toEqual(['release 7']);
  });
});

describe('messages about memory', () => {
  it('come out as they went in', () => {
    const size = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const region = fc.integer({ min: 0, max: 0xffff_ffff });
    const request = fc.oneof(
      fc.record({ kind: fc.constant('allocate' as const), size }),
      fc.record({ kind: fc.constant('share' as const) }),
      fc.record({ kind: fc.constant('release' as const), region }),
    );
    const memory = fc.record({ region, address: size, size, readOnly: fc.boolean() });
    fc.assert(
      fc.property(request, memory, (asked, granted) => {
        const answer = { kind: 'granted', memory: granted } as const;
        expect(decodeMemoryRequest(encodeMemoryRequest(asked))).toEqual(asked);
        expect(decodeMemoryAnswer(encodeMemoryAnswer(answer))).toEqual(answer);
      }),
    );
  });

  it('are none, or one of those that there are, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const request = decodeMemoryRequest(bytes);
        expect(['allocate', 'share', 'release', undefined]).toContain(request?.kind);
        expect(['granted', 'refused', undefined]).toContain(decodeMemoryAnswer(bytes)?.kind);
      }),
    );
  });
});
