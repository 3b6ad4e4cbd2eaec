import { SharedMemory } from '@crosvm/sys-util';
import {
  VIRTIO_BLK_S_IOERR,
  VIRTIO_BLK_S_OK,
  VIRTIO_BLK_T_IN,
  VIRTIO_BLK_T_OUT,
} from '@crosvm/virtio-sys';
import fc from 'fast-check';

import { BlockRig, NO_STATUS } from '../../testing/block-rig';
import { describeEngines, engineFor } from '../../testing/engines';
import { testMemory } from '../testing/test-queue';
import type { ChainBuffer, MockDriver } from '../testing/mock-driver';
import type { DiskConfig } from './disk-config';

const SECTORS = 16;
const CONFIG: DiskConfig = {
  sectors: SECTORS,
  readOnly: false,
  sparse: true,
  blockSize: 512,
  id: '',
  queues: 1,
};

const image = SharedMemory.create('disk-test', SECTORS * 512);
const content = image.map().bytes.subarray(0, SECTORS * 512);
const memory = testMemory();

/** Cuts `length` bytes at `at` into buffers, where the fractions say. */
function cut(at: number, length: number, fractions: readonly number[]): ChainBuffer[] {
  const ends = [...fractions.map((fraction) => Math.floor(fraction * length)), length];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => {
    const start = ends[index - 1] ?? 0;
    return { at: at + start, length: end - start };
  });
}

const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
const sectors = fc.oneof(
  fc.nat(SECTORS + 1),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 55n - 2n, max: 2n ** 55n + 16n }),
);
const requests = fc.record({
  isWrite: fc.boolean(),
  sector: sectors,
  length: fc.oneof(
    fc.nat(5).map((count) => count * 512),
    fc.nat(2000),
  ),
  fill: fc.nat(255),
  readableCuts: fractions,
  writableCuts: fractions,
  indirect: fc.boolean(),
});
type Request = typeof requests extends fc.Arbitrary<infer Value> ? Value : never;

/** Makes the request with its bytes cut anywhere; returns status, used length and what was read. */
function run(rig: BlockRig, request: Request) {
  const { isWrite, sector, length, fill, readableCuts, writableCuts, indirect } = request;
  const { driver } = rig;
  const type = isWrite ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN;
  const data = new Uint8Array(isWrite ? length : 0).fill(fill);
  const output = Buffer.concat([rig.header({ type, sector }), data]);
  const room = (isWrite ? 0 : length) + 1;
  const input = driver.place(new Uint8Array(room).fill(NO_STATUS), 1);
  const chain = [
    ...cut(driver.place(output, 1), output.length, readableCuts),
    ...cut(input, room, writableCuts).map((buffer) => ({ ...buffer, writable: true })),
  ];
  add(driver, chain, indirect);
  const [used] = rig.serve();
  return {
    used: used?.len,
    read: memory.read(input, room - 1),
    status: memory.readU8(input + room - 1),
  };
}

function add(driver: MockDriver, chain: readonly ChainBuffer[], indirect: boolean): void {
  if (indirect) {
    driver.addIndirect(chain);
  } else {
    driver.add(chain);
  }
}

describeEngines('whatever is read and written, however it is cut', (kind) => {
  const engine = engineFor(kind, { image: image.fd.raw, sparse: true });
  afterAll(() => engine.engine[Symbol.dispose]());

  it('is what a disk would give', () => {
    fc.assert(
      fc.property(fc.array(requests, { maxLength: 12 }), (list) => {
        content.fill(0);
        const rig = new BlockRig(engine, CONFIG, { memory });
        const model = new Uint8Array(SECTORS * 512);
        for (const request of list) {
          const { isWrite, length, fill } = request;
          const at = BigInt(request.sector) * 512n;
          const fits = length % 512 === 0 && at + BigInt(length) <= BigInt(model.length);
          const start = fits ? Number(at) : 0;
          const end = fits ? start + length : 0;
          model.fill(fill, start, isWrite ? end : start);
          const answer = run(rig, request);

          const unread = new Uint8Array(isWrite ? 0 : length).fill(NO_STATUS);
          const expected = fits && !isWrite ? model.slice(start, end) : unread;
          expect(answer.read).toEqual(expected);
          expect(answer.status).toBe(fits ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
          expect(answer.used).toBe(fits || unread.length === 0 ? unread.length + 1 : 0);
        }
        expect(Buffer.compare(content, model)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('is answered, whatever the bytes of the request are', () => {
    const config = { ...CONFIG, queues: 2 };
    const bytes = fc.uint8Array({ maxLength: 80 });
    const types = fc.constantFrom(0, 1, 4, 8, 11, 13, 255);
    fc.assert(
      fc.property(bytes, types, fc.nat(600), fractions, (output, type, room, cuts) => {
        const rig = new BlockRig(engine, config, { memory });
        output.fill(type, 0, 1).fill(0, 1, 4);
        const status = rig.driver.place(new Uint8Array(room).fill(NO_STATUS));
        const readable = cut(rig.driver.place(output), output.length, cuts);
        rig.driver.add([...readable, { at: status, length: room, writable: true }]);

        const used = rig.serve();

        expect(used).toHaveLength(1);
        expect(used[0]?.len).toBeLessThanOrEqual(room);
        const answer = room === 0 ? 0 : memory.readU8(status + room - 1);
        expect(answer).toBeLessThanOrEqual(2);
      }),
      { numRuns: 500 },
    );
  });
});
