import { ALL_FEATURES, BalloonRig, Queue } from '../../testing/balloon-rig';
import { balloonReportOf } from './balloon-state';

const NO_STATISTICS = ALL_FEATURES & ~0b10n;

/** The bytes of statistics. */
function statistics(...entries: readonly (readonly [tag: number, value: bigint])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(entries.length * 10));
  entries.forEach(([tag, value], index) => {
    view.setUint16(index * 10, tag, true);
    view.setBigUint64(index * 10 + 2, value, true);
  });
  return new Uint8Array(view.buffer);
}

/** Makes a buffer with these statistics available, and lets the device serve. */
function give(rig: BalloonRig, content: Uint8Array): { id: number; len: number }[] {
  const driver = rig.driver(Queue.statistics);
  driver.add([{ at: driver.place(content), length: content.length }]);
  return rig.serve(Queue.statistics);
}

const STATE = { target: 0, actual: 0, hasDriver: true };

describe('statistics', () => {
  it('are asked for by giving the buffer back, and answered when it comes again', () => {
    const rig = BalloonRig.active();
    expect(give(rig, statistics([4, 1n]))).toEqual([]);
    const first = rig.command({ kind: 'balloon-report' });
    const second = rig.command({ kind: 'balloon-report' });
    expect(rig.driver(Queue.statistics).collectUsed()).toEqual([{ id: 0, len: 0 }]);
    expect(rig.interrupts).toEqual([Queue.statistics]);
    expect(first).toEqual([]);

    give(rig, statistics([4, 0x1_0000_0000n], [5, 3n], [99, 1n], [5, 4n]));

    const report = { ...STATE, statistics: { freeMemory: 2 ** 32, totalMemory: 4 } };
    expect(first).toEqual([report]);
    expect(second).toEqual([report]);
  });

  it('wait for a driver that has not given its first buffer yet', () => {
    const rig = BalloonRig.active();
    const report = rig.command({ kind: 'balloon-report' });
    expect(report).toEqual([]);
    give(rig, statistics([8, 1n]));

    expect(report).toEqual([{ ...STATE, statistics: { hugePageAllocations: 1 } }]);
  });

  it('are missing where the driver has none, or is gone', () => {
    const rig = BalloonRig.active(NO_STATISTICS);
    expect(rig.command({ kind: 'balloon-report' })).toEqual([STATE]);
    rig.balloon.reset();
    expect(rig.command({ kind: 'balloon-report' })).toEqual([{ ...STATE, hasDriver: false }]);

    const other = BalloonRig.active();
    const reset = other.command({ kind: 'balloon-report' });
    other.balloon.resetQueue?.(Queue.inflate);
    expect(reset).toEqual([]);
    other.balloon.resetQueue?.(Queue.statistics);
    expect(reset).toEqual([STATE]);
  });

  it('of a queue that was reset are not given back to it', () => {
    const rig = BalloonRig.active();
    give(rig, statistics([4, 1n]));
    rig.balloon.reset();
    rig.activate();
    rig.command({ kind: 'balloon-report' });

    expect(rig.driver(Queue.statistics).collectUsed()).toEqual([]);
  });

  it('may be cut off, empty, or more than there can be', () => {
    const rig = BalloonRig.active();
    const many = Array.from({ length: 70 }, (_, index) => [0, BigInt(index)] as const);
    const contents = [statistics([4, 1n]).subarray(0, 9), statistics(...many)];
    const reports = contents.map((content) => {
      const report = rig.command({ kind: 'balloon-report' });
      give(rig, content);
      return report;
    });

    expect(reports).toEqual([
      [{ ...STATE, statistics: {} }],
      [{ ...STATE, statistics: { swapIn: 63 } }],
    ]);
  });

  it('keep one buffer, however many the driver gives', () => {
    const rig = BalloonRig.active();
    const given = Array.from({ length: 5 }, () => give(rig, statistics([4, 1n])).length);

    expect(given).toEqual([0, 1, 1, 1, 1]);
  });
});

describe('what a back end says of a balloon', () => {
  it('is taken apart, for it is not trusted', () => {
    const report = { target: 1, actual: 2, hasDriver: true };
    expect(balloonReportOf({ ...report, more: 1 })).toEqual(report);
    expect(
      balloonReportOf({ ...report, statistics: { freeMemory: 3, totalMemory: '4', x: 5 } }),
    ).toEqual({ ...report, statistics: { freeMemory: 3 } });
    const nonsense = [
      undefined,
      null,
      1,
      [],
      {},
      { ...report, target: -1 },
      { ...report, hasDriver: 1 },
    ];
    expect(nonsense.map(balloonReportOf)).toEqual(nonsense.map(() => undefined));
    expect(balloonReportOf({ ...report, statistics: 'x' })).toEqual(report);
  });
});
