import type { Result } from '@crosvm/vm-control';

/** What is asked again and again. */
export type Status = Result<'status'>;

const SECOND_MS = 1000;
const UNITS = ['', 'K', 'M', 'G', 'T'];
const UNIT = 1024;
/** From here on the next unit is used. */
const MOST = 1000;

type Counts = Readonly<Record<string, number>>;

/** Columns of devices: title, counter. */
const DEVICE_COLUMNS = [
  ['KICKS/s', 'kicks'],
  ['IRQS/s', 'interrupts'],
  ['REQS/s', 'requests'],
  ['IN B/s', 'toGuestBytes'],
  ['OUT B/s', 'fromGuestBytes'],
] as const;

/** Columns of vCPUs: title, reasons of exits. */
const VCPU_COLUMNS = [
  ['EXITS/s', undefined],
  ['PIO/s', ['portReads', 'portWrites']],
  ['MMIO/s', ['mmioReads', 'mmioWrites']],
  ['SIGNALS/s', ['signals']],
] as const;

/** A number in four characters or so. */
function short(value: number): string {
  let left = value;
  let unit = 0;
  while (left >= MOST && unit < UNITS.length - 1) {
    left /= UNIT;
    unit += 1;
  }
  const digits = unit > 0 && left < 10 ? 1 : 0;
  return `${left.toFixed(digits)}${UNITS[unit] ?? ''}`;
}

/** Rows in columns, the first one to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

function sum(counts: Counts, names: readonly string[] | undefined): number {
  const wanted = names ?? Object.keys(counts);
  return wanted.reduce((total, name) => total + (counts[name] ?? 0), 0);
}

/**
 * What a VM does, by what it had done at two times.
 * @param seconds between the two
 */
export function topText(before: Status, now: Status, seconds: number): string {
  const rate = (more: number): string => short(Math.max(more, 0) / seconds);
  const { state, uptimeMs, pid, kernel } = now;
  const vcpus = (now.vcpus ?? []).map(({ index, exits }) => {
    const old = before.vcpus?.find((vcpu) => vcpu.index === index)?.exits ?? {};
    const rates = VCPU_COLUMNS.map(([, names]) => rate(sum(exits, names) - sum(old, names)));
    return [`vCPU ${index}`, ...rates, String(sum(exits, undefined))];
  });
  const devices = now.devices.map(({ name, pid: host, counters = {} }) => {
    const old = before.devices.find((device) => device.name === name)?.counters ?? {};
    const rates = DEVICE_COLUMNS.map(([, key]) => rate((counters[key] ?? 0) - (old[key] ?? 0)));
    return [name, ...rates, String(counters.errors ?? 0), host === null ? '-' : String(host)];
  });
  const head = `${kernel}: ${state}, up ${Math.round(uptimeMs / SECOND_MS)} s, process ${pid}`;
  return [
    head,
    '',
    ...table([['VCPU', ...VCPU_COLUMNS.map(([title]) => title), 'ALL'], ...vcpus]),
    '',
    ...table([['DEVICE', ...DEVICE_COLUMNS.map(([title]) => title), 'ERRORS', 'PID'], ...devices]),
    '',
  ].join('\n');
}
