import type { DeviceStatus, Result } from '@crosvm/vm-control';

const MIB = 1024 ** 2;
const SECOND_MS = 1000;

/** Names and numbers of what has happened at all. */
function countsText(counts: Readonly<Record<string, number>>): string[] {
  const some = Object.entries(counts).filter(([, value]) => value > 0);
  return some.map(([name, value]) => `${name} ${value}`);
}

function vcpuText({ index, exits }: { index: number; exits: Record<string, number> }): string {
  return `  vCPU ${index}: exits ${countsText(exits).join(', ') || 'none'}`;
}

function deviceText({ name, pid, counters = {} }: DeviceStatus): string {
  const counted = countsText(counters);
  const where = pid === null ? 'no process of its own' : `process ${pid}`;
  return `  ${name}: ${[where, ...counted].join(', ')}`;
}

/** What a VM is and how it does, in a line for people. */
export function statusLine(status: Result<'status'>): string {
  const { state, uptimeMs, cpus, memory, pid, kernel, restarts } = status;
  return [
    `${state}, up ${(uptimeMs / SECOND_MS).toFixed(1)} s`,
    `${cpus} vCPU${cpus === 1 ? '' : 's'}`,
    `${memory / MIB} MiB of memory`,
    `process ${pid}`,
    `kernel ${kernel}`,
    ...(restarts === 0 ? [] : [`restarted ${restarts} time${restarts === 1 ? '' : 's'}`]),
  ].join(', ');
}

/** The same, and a line for each device. */
export function statusText(status: Result<'status'>): string {
  return [
    statusLine(status),
    ...(status.vcpus ?? []).map(vcpuText),
    ...status.devices.map(deviceText),
  ].join('\n');
}
