import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { RunConfig } from '../config';
import { checkHost } from './check-host';
import { TemporaryHost } from './testing/temporary-host';

function configOn(host: TemporaryHost): RunConfig {
  host.write('meminfo', 'MemTotal: 1024000 kB\nSwapTotal: 0 kB\n').write('onlineCpus', '0-1\n');
  const kernel = join(host.root, 'kernel');
  const initrd = join(host.root, 'initrd');
  writeFileSync(kernel, 'x');
  writeFileSync(initrd, 'x');
  return {
    kernel,
    initrd,
    params: [],
    memory: 256,
    cpus: 1,
    serial: [],
    disks: [],
    sandbox: true,
  };
}

describe('checkHost', () => {
  test('accepts what the host has, without a warning', () => {
    using host = new TemporaryHost();
    const config = configOn(host);
    expect(checkHost(config, host.paths)).toEqual([]);
  });

  test('warns of memory that the host may run out of', () => {
    using host = new TemporaryHost();
    const config = configOn(host);
    expect(checkHost({ ...config, memory: 2000 }, host.paths)).toEqual([
      expect.stringContaining('the guest may use 2000 MiB'),
    ]);
  });

  test.each<[Partial<RunConfig>, string]>([
    [{ kernel: '/nonexistent/kernel' }, "kernel '/nonexistent/kernel' does not exist"],
    [{ initrd: '/nonexistent/initrd' }, "initrd '/nonexistent/initrd' does not exist"],
    [{ cpuAffinity: { kind: 'all', cpus: [2] } }, '--cpu-affinity names CPU 2'],
    [{ memory: 20000 }, '--mem 20000 is out of proportion'],
  ])('refuses %j', (difference, message) => {
    using host = new TemporaryHost();
    const config = configOn(host);
    expect(() => checkHost({ ...config, ...difference }, host.paths)).toThrow(message);
  });
});
