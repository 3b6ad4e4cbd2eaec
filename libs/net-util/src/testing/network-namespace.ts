import { spawnSync } from 'node:child_process';

import { bundleScript } from '@crosvm/sys-util/testing';

const UNSHARE = ['--user', '--map-root-user', '--net'];
const PATIENCE_MS = 60_000;

function findReason(): string {
  const probe = 'require("node:fs").closeSync(require("node:fs").openSync("/dev/net/tun", "r+"))';
  const { status, stderr, error } = spawnSync(
    'unshare',
    [...UNSHARE, process.execPath, '-e', probe],
    { encoding: 'utf8' },
  );
  if (status === 0) {
    return '';
  }
  const lines = stderr ? stderr.split('\n') : [];
  const line = error?.message ?? lines.find((text) => /Error|unshare/.test(text)) ?? 'it failed';
  return ` [skipped: no network namespace with /dev/net/tun: ${line}]`;
}

/** Why a test can have no network namespace with TAP interfaces, for its name; empty if it can. */
export const WITHOUT_NETWORK = findReason();

/**
 * Runs the text of a TypeScript module in a process of its own, as root of a new network namespace that
 * has nothing but a loopback, and gives what it passed to `report`.
 * @param directory what its relative imports start from
 * @throws Error with what it wrote to standard error, if it fails
 */
export function inNetworkNamespace(source: string, directory: string): unknown {
  const report = `
    const report = (value: unknown): void => {
      require('node:fs').writeSync(1, JSON.stringify(value));
    };
  `;
  using script = bundleScript(report + source, directory);
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [...UNSHARE, process.execPath, script.path],
    { encoding: 'utf8', timeout: PATIENCE_MS, env: { ...process.env, NODE_OPTIONS: '' } },
  );
  if (status !== 0) {
    throw new Error(`the script in the network namespace ended with ${status}:\n${stderr}`);
  }
  return JSON.parse(stdout);
}
