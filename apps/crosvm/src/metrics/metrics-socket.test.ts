import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sinkLogger } from '@crosvm/sys-util';

import type { VmMetrics } from './vm-metrics';
import { openMetricsSocket } from './metrics-socket';
import { prometheusText } from './prometheus-text';
import { METRICS } from './testing';

const log = sinkLogger({ write: () => undefined });

let directory: string;
let path: string;

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

function ask(target: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: target, method, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (bytes: Buffer) => (text += bytes.toString()));
      answer.on('end', () =>
        resolve({ status: answer.statusCode, type: answer.headers['content-type'], text }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-metrics-'));
  path = join(directory, 'metrics.sock');
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('the metrics socket', () => {
  it('serves the text to its user, and is gone in the end', async () => {
    const socket = openMetricsSocket(path, () => METRICS, log);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const type = 'text/plain; version=0.0.4; charset=utf-8';
    const text = prometheusText(METRICS);
    expect(await ask('/metrics')).toEqual({ status: 200, type, text });
    expect(await ask('/?x')).toEqual({ status: 200, type, text });
    expect(await ask('/metrics', 'HEAD')).toEqual({ status: 200, type, text: '' });
    socket[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
  });

  it('says what it does not have', async () => {
    const vm: { metrics?: VmMetrics } = {};
    using _socket = openMetricsSocket(path, () => vm.metrics, log);
    expect(await ask('/metrics')).toMatchObject({ status: 503 });
    vm.metrics = METRICS;
    expect(await ask('/other')).toMatchObject({ status: 404 });
    expect(await ask('/metrics', 'POST')).toMatchObject({ status: 405 });
  });

  it('is not made in place of a file', () => {
    expect(() => openMetricsSocket(__filename, () => METRICS, log)).toThrow('is not a socket');
  });
});
