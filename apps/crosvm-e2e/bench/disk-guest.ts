import { addPrograms, IN_GUEST } from './bench-initrd';
import { LOADS, WARM_UP_ARGS } from './disk-loads';
import type { BenchDisk } from './peers';
import { median } from './statistics';

/** How often the guest finds its disk anew. */
const PROBES = 5;

/** The figures of the guest's start: see `script`. */
export const PROBE = 'probe';
/** See `PROBE`. */
export const RESCAN = 'rescan';

/**
 * What the guest runs. First the disk's driver is taken from it and bound again, and its function
 * removed from the PCI bus and found again; then come the loads. A line with a figure: `figure ID NUMBERS`.
 */
function script(disks: readonly BenchDisk[]): string {
  const loads = disks.flatMap(({ id }) => [
    `disk-load "$(disk ${id})" ${WARM_UP_ARGS} >/dev/null`,
    ...LOADS.map((load) => `measure ${id}-${load.id} disk-load "$(disk ${id})" ${load.args}`),
  ]);
  return `set -e
PATH=${IN_GUEST}:$PATH
modules virtio_blk
# disk SERIAL: its device.
disk() {
  for i in /sys/block/vd*; do
    [ "$(cat "$i/serial")" != "$1" ] || echo "/dev/\${i##*/}"
  done
}
# measure ID COMMAND...
measure() {
  id=$1
  shift
  figure=$("$@")
  echo "figure $id $figure"
}
first=$(disk ${disks[0]?.id})
device=$(readlink -f "/sys/block/\${first#/dev/}/device")
function=\${device%/*} name=\${function##*/}
driver=$(readlink -f "$function/driver")
for i in ${Array.from({ length: PROBES }, (_, index) => index).join(' ')}; do
  echo "$name" >"$driver/unbind"
  measure ${PROBE} timed-write "$driver/bind" "$name"
  echo 1 >"$function/remove"
  measure ${RESCAN} timed-write /sys/bus/pci/rescan 1
done
${loads.join('\n')}
`;
}

/** Makes an initramfs with the benchmark's programs from one without. Returns its path. */
export function benchInitrd(
  initrd: string,
  directory: string,
  disks: readonly BenchDisk[],
): string {
  const programs = ['disk-load', 'timed-write'];
  return addPrograms(initrd, directory, { programs, script: script(disks) });
}

/** Figures of one guest, by their ids: rates of loads in requests a second, probes in milliseconds. */
export type DiskFigures = ReadonlyMap<string, number>;

/**
 * Reads what the guest printed.
 * @throws Error if a figure is missing
 */
export function readFigures(output: string, disks: readonly BenchDisk[]): DiskFigures {
  const lines = [...output.matchAll(/figure (\S+) (\d+)(?: (\d+))?/g)];
  const numbers = (id: string): number[] =>
    lines
      .filter((line) => line[1] === id)
      .map(([, , first, second]) =>
        second === undefined ? Number(first) / 1e6 : (Number(first) / Number(second)) * 1e9,
      );
  const ids = disks.flatMap((disk) => LOADS.map((load) => `${disk.id}-${load.id}`));
  const figures = new Map([PROBE, RESCAN, ...ids].map((id) => [id, median(numbers(id))]));
  const missing = [...figures].filter(([, value]) => !(value > 0)).map(([id]) => id);
  if (missing.length > 0) {
    throw new Error(`the guest did not measure ${missing.join(', ')}:\n${output.slice(-2000)}`);
  }
  return figures;
}
