import { DevicePage, devicePageSize, MAX_DEVICE_CONFIG } from './device-page';

const CONFIG_SEQUENCE_AT = 68;
const CONFIG_AT = 192;
const setup = { enabled: true, size: 256, desc: 2 ** 40, avail: 0x2000, used: 0x3000 };

function pages(queues = 2): { frontEnd: DevicePage; backEnd: DevicePage; bytes: Uint8Array } {
  const bytes = new Uint8Array(new SharedArrayBuffer(devicePageSize(queues)));
  return { frontEnd: new DevicePage(bytes), backEnd: new DevicePage(bytes), bytes };
}

describe('DevicePage', () => {
  it('carries features and queues to the back end', () => {
    const { frontEnd, backEnd } = pages();
    frontEnd.publishQueue(1, setup);
    frontEnd.publish((1n << 63n) | 5n, 0xf, 2);
    expect([backEnd.features, backEnd.status]).toEqual([(1n << 63n) | 5n, 0xf]);
    expect(backEnd.queue(1)).toEqual(setup);
    expect(backEnd.queue(0)).toMatchObject({ enabled: false, size: 0 });
    expect([backEnd.queue(2), backEnd.queue(-1), backEnd.queue(1e9)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('has room for as many queues as its size was asked for', () => {
    const { frontEnd } = pages(600);
    frontEnd.publishQueue(599, setup);
    expect(devicePageSize(600) % 4096).toBe(0);
    expect(() => frontEnd.publishQueue(-1, setup)).toThrow(RangeError);
    expect(() => frontEnd.publishQueue(100_000, setup)).toThrow(RangeError);
    expect(() => new DevicePage(new Uint8Array(64))).toThrow(RangeError);
  });

  it('collects bits of the ISR status until they are read', () => {
    const { frontEnd, backEnd } = pages();
    backEnd.raiseIsr(1);
    backEnd.raiseIsr(2);
    backEnd.raiseIsr(2);
    expect(frontEnd.isr).toBe(3);
    expect([frontEnd.takeIsr(), frontEnd.takeIsr()]).toEqual([3, 0]);
  });

  it('gives up until it is cleared', () => {
    const { frontEnd, backEnd } = pages();
    backEnd.requestReset();
    backEnd.raiseIsr(1);
    expect(frontEnd.needsReset).toBe(true);
    frontEnd.publish(7n, 0xf, 2);
    frontEnd.clear();
    expect([frontEnd.needsReset, frontEnd.isr, backEnd.features, backEnd.status]).toEqual([
      false,
      0,
      0n,
      0,
    ]);
  });

  it('gives whole versions of the config bytes only', () => {
    const { frontEnd, backEnd, bytes } = pages();
    const copy = new Uint8Array(4);
    expect(frontEnd.copyConfig(copy, 0)).toBe(0);
    backEnd.updateConfig(1, Uint8Array.of(1, 2));
    const first = frontEnd.copyConfig(copy, 0);
    expect([...copy]).toEqual([0, 1, 2, 0]);
    expect(first).not.toBe(0);
    expect(frontEnd.copyConfig(copy, first)).toBe(first);

    // In the middle of an update: an odd sequence number, bytes half written.
    new Int32Array(bytes.buffer)[CONFIG_SEQUENCE_AT >> 2]! += 1;
    bytes.fill(0xff, CONFIG_AT, CONFIG_AT + 2);
    expect(frontEnd.copyConfig(copy, first)).toBe(first);
    expect([...copy]).toEqual([0, 1, 2, 0]);

    backEnd.updateConfig(3, Uint8Array.of(9));
    expect(frontEnd.copyConfig(copy, first)).toBeGreaterThan(first);
    expect(copy[3]).toBe(9);
  });

  it('has a limit for config bytes', () => {
    const { backEnd } = pages();
    backEnd.updateConfig(MAX_DEVICE_CONFIG - 1, Uint8Array.of(1));
    expect(() => backEnd.updateConfig(MAX_DEVICE_CONFIG, Uint8Array.of(1))).toThrow(RangeError);
    expect(() => backEnd.updateConfig(-1, Uint8Array.of(1))).toThrow(RangeError);
  });
});
