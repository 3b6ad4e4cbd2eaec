import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errorText } from '../cli/error-text';
import { loadDeviceSources } from './load-device-source';
import { SeccompPolicies } from './seccomp-policies';

let directory: string;
let policies: SeccompPolicies;

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

/** What is said of a device that cannot be loaded. */
function refusal(path: string, policy?: string): string {
  try {
    loadDeviceSources([{ path, options: {}, ...(policy !== undefined && { policy }) }], policies);
    return 'loaded';
  } catch (error) {
    return errorText(error);
  }
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crosvm-device-'));
  file('common_device.policy', 'read: 1\n');
  policies = new SeccompPolicies(directory);
});

afterEach(() => rmSync(directory, { recursive: true }));

describe('the modules of devices', () => {
  it('are made one piece without types, but for what crosvm has itself', () => {
    file('part.ts', 'export const part: string = "a part";');
    const path = file(
      'mine.ts',
      'import { part } from "./part"; import { rng } from "@crosvm/devices"; export default { part, rng };',
    );

    const [source] = loadDeviceSources([{ path, options: { a: true } }], policies);

    expect(source).toMatchObject({ name: 'device mine', path, options: { a: true } });
    expect(source?.text).toContain('a part');
    expect(source?.text).toContain('require("@crosvm/devices")');
    expect(source?.text).not.toContain('./part"');
  });

  it('have the policy that is named, that beside them, or the common one', () => {
    const plain = file('plain.js', 'module.exports = 1');
    const own = file('own.js', 'module.exports = 1');
    const beside = file('own.policy', 'read: 1\n');
    const other = file('other.policy', 'read: 1\n');

    const sources = loadDeviceSources(
      [
        { path: plain, options: {} },
        { path: own, options: {} },
        { path: own, options: {}, policy: other },
      ],
      policies,
    );

    const common = join(directory, 'common_device.policy');
    expect(sources.map(({ policy }) => policy)).toEqual([common, beside, other]);
    expect(sources.map(({ name }) => name)).toEqual(['device plain', 'device own', 'device own 2']);
  });

  it('are refused with the reason', () => {
    const broken = file('broken.ts', 'const x: = 5;');
    const lost = file('lost.ts', 'import "./nowhere";');
    const fine = file('fine.ts', 'export default 1;');

    expect(refusal(join(directory, 'none.ts'))).toContain('there is no file');
    expect(refusal(directory)).toContain('there is no file');
    expect(refusal(broken)).toMatch(/--device '.*broken\.ts'.*broken\.ts:1: Unexpected/);
    expect(refusal(lost)).toMatch(/lost\.ts:1: Could not resolve "\.\/nowhere"/);
    expect(refusal(fine, 'none.policy')).toContain("there is no seccomp policy 'none.policy'");
  });
});
