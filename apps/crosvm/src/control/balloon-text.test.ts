import { balloonStatsText, balloonText } from './balloon-text';

const MIB = 1024 ** 2;
const FULL = { target: 128 * MIB, actual: 128 * MIB, hasDriver: true };

describe('what is said of a balloon', () => {
  it('is how full it is, and how full it is to be', () => {
    expect(balloonText(FULL)).toBe('balloon 128 MiB');
    expect(balloonText({ ...FULL, actual: 1.25 * MIB })).toBe('balloon 1.3 MiB, to be 128 MiB');
    expect(balloonText({ target: 0, actual: 0, hasDriver: false })).toBe(
      'balloon 0 MiB; the guest has no driver for it (virtio_balloon)',
    );
  });

  it('is what the guest says of its memory, as far as it does', () => {
    const statistics = { freeMemory: MIB, totalMemory: 3 * MIB, minorFaults: 7 };

    expect(balloonStatsText({ ...FULL, statistics })).toBe(
      'balloon 128 MiB, the guest has 3 MiB, free 1 MiB, minor faults 7',
    );
    expect(balloonStatsText({ ...FULL, statistics: null })).toBe(
      'balloon 128 MiB; the guest gives no statistics',
    );
    expect(balloonStatsText({ ...FULL, hasDriver: false, statistics: null })).toMatch(
      /^balloon 128 MiB; the guest has no driver/,
    );
  });
});
