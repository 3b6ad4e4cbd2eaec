import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import type { ControlClient } from '@crosvm/vm-control';
import parse from 'parse-prometheus-text-format';

const ROOT = join(__dirname, '..', '..', '..');
const GUEST = join(ROOT, 'guests', 'bare-metal');
const CROSVM = join(ROOT, 'bin', 'crosvm');

/** Many times what it takes. */
const LIMIT_MS = 120_000;

type Status = Awaited<ReturnType<ControlClient['status']>>;

const execute = promisify(execFile);

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (;;) {
    const value = await look();
    if (value !== undefined) {
      return value;
    }
    await delay(50);
  }
}

function textOf(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/metrics', agent: false }, (answer) => {
      let text = '';
      answer.on('data', (bytes: Buffer) => (text += bytes.toString()));
      answer.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

it(
  'what a guest does is seen in status, top and the metrics',
  async () => {
    await execute('make', ['-s', '-C', GUEST]);
    await execute(CROSVM, ['--build-only']);
    const directory = mkdtempSync(join(tmpdir(), 'crosvm-metrics-'));
    const [control, metrics] = [join(directory, 'control'), join(directory, 'metrics')];
    const args = ['run', '-s', control, '--metrics-socket', metrics];
    const vm = spawn(CROSVM, [...args, join(GUEST, 'dist', 'busy.elf')], { stdio: 'ignore' });
    try {
      const { vcpus = [], devices } = await until(async () => {
        const { stdout } = await execute(CROSVM, ['status', '--json', control]).catch(() => ({
          stdout: '{}',
        }));
        const { result } = JSON.parse(stdout) as { result?: Status };
        const rng = result?.devices.find(({ name }) => name === 'rng');
        return (rng?.counters?.requests ?? 0) > 0 ? result : undefined;
      });
      const top = await execute(CROSVM, ['top', '--once', control]);
      const text = await textOf(metrics);

      expect(vcpus[0]?.exits.mmioWrites).toBeGreaterThan(0);
      expect(devices.find(({ name }) => name === 'rng')).toMatchObject({ kind: 'rng' });
      expect(top.stdout).toMatch(/^vCPU 0 +[1-9]/m);
      expect(top.stdout).toMatch(/^rng +[1-9]/m);
      const requests = parse(text).find(({ name }) => name === 'crosvm_device_requests_total');
      const rng = requests?.metrics.find(({ labels }) => labels?.device === 'rng');
      expect(Number(rng?.value)).toBeGreaterThan(0);
    } finally {
      vm.kill('SIGTERM');
      await once(vm, 'exit');
      expect(existsSync(metrics)).toBe(false);
      rmSync(directory, { recursive: true });
    }
  },
  LIMIT_MS,
);
