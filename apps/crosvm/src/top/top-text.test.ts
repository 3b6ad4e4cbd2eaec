import { type Status, topText } from './top-text';

const status = (reads: number, requests: number, bytes: number): Status => ({
  pid: 4711,
  state: 'running',
  uptimeMs: 61_000,
  restarts: 0,
  cpus: 1,
  memory: 2 ** 28,
  kernel: 'vmlinuz',
  sandbox: true,
  vcpus: [{ index: 0, exits: { portReads: reads, mmioWrites: 10 } }],
  devices: [
    { name: 'rng', pid: null },
    { name: 'disk vda', pid: 4712, counters: { requests, toGuestBytes: bytes, errors: 2 } },
  ],
});

describe('the table of top', () => {
  it('has what was done a second, and all of it', () => {
    expect(topText(status(0, 5, 0), status(2048, 25, 3 * 2 ** 20), 2)).toBe(
      [
        'vmlinuz: running, up 61 s, process 4711',
        '',
        'VCPU    EXITS/s  PIO/s  MMIO/s  SIGNALS/s   ALL',
        'vCPU 0     1.0K   1.0K       0          0  2058',
        '',
        'DEVICE    KICKS/s  IRQS/s  REQS/s  IN B/s  OUT B/s  ERRORS   PID',
        'rng             0       0       0       0        0       0     -',
        'disk vda        0       0      10    1.5M        0       2  4712',
        '',
      ].join('\n'),
    );
  });

  it('has nothing below zero, after a device host was started again', () => {
    const text = topText(status(100, 25, 10), status(0, 0, 0), 1);
    expect(text).not.toMatch(/-\d/);
  });

  it('has a VM that has no vCPUs yet', () => {
    const { vcpus: _, ...early } = status(0, 0, 0);
    expect(topText(early, early, 1)).toContain('VCPU');
  });
});
