import { readFileSync } from 'node:fs';

import { DEFAULT_MEMORY } from '../../cli/options/machine';
import { HOST_PATHS } from '../../host/host-paths';
import { readMemInfo } from '../../host/check-memory';
import type { Finding } from '../finding';

const HUGE_PAGES = '/sys/kernel/mm/transparent_hugepage/shmem_enabled';
const LIMITS = '/proc/self/limits';

/** Descriptors of a VM with some disks, with room to spare. */
const ENOUGH_FILES = 256;

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Whether a VM of the default size finds memory. */
export function checkFreeMemory(meminfo = HOST_PATHS.meminfo): Finding {
  const name = 'memory';
  const { memTotal, memAvailable } = readMemInfo(meminfo);
  const detail = `${memAvailable} MiB of ${memTotal} MiB are free`;
  return memAvailable < DEFAULT_MEMORY
    ? {
        name,
        verdict: 'limited',
        detail,
        without: `a VM of the default size (${DEFAULT_MEMORY} MiB) uses up the memory of this machine`,
        remedy: 'end something that is large, or give the VM less: crosvm run --mem 64 ...',
      }
    : { name, verdict: 'ok', detail };
}

/** The soft limit of a resource, as Linux names it; infinite where there is none. */
function limit(limits: string, resource: string): number {
  const soft = new RegExp(`^${resource}\\s+(\\S+)`, 'm').exec(limits)?.[1];
  return soft === undefined || soft === 'unlimited' ? Infinity : Number(soft);
}

/** Whether the limits of this process leave room for a VM. */
export function checkLimits(path = LIMITS): Finding {
  const name = 'limits';
  const limits = read(path);
  const files = limit(limits, 'Max open files');
  const addresses = limit(limits, 'Max address space');
  if (addresses !== Infinity) {
    return {
      name,
      verdict: 'failed',
      detail: `address space is limited to ${Math.floor(addresses / 1024 ** 2)} MiB`,
      without: 'Node.js reserves more than that, and guests have to find room',
      remedy: 'ulimit -v unlimited',
    };
  }
  return files < ENOUGH_FILES
    ? {
        name,
        verdict: 'limited',
        detail: `${files} files may be open at a time`,
        without: 'VMs with many devices do not start',
        remedy: 'ulimit -n 1024',
      }
    : { name, verdict: 'ok', detail: `${files} files may be open at a time` };
}

/** Whether guests have huge pages from the first touch on. */
export function checkHugePages(path = HUGE_PAGES): Finding {
  const name = 'huge-pages';
  const setting = /\[(\w+)\]/.exec(read(path))?.[1];
  return setting === 'never' || setting === 'deny' || setting === undefined
    ? {
        name,
        verdict: 'limited',
        detail:
          setting === undefined
            ? 'the kernel has none for guests'
            : `the host's setting for them is '${setting}'`,
        without: 'guests have huge pages only a second after they use the memory',
        ...(setting !== undefined && { remedy: `echo advise | sudo tee ${path}` }),
      }
    : { name, verdict: 'ok', detail: `guests get them (${setting})` };
}
