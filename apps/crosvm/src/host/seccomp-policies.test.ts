import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { outcome } from '../cli/testing/outcome';
import { SeccompPolicies } from './seccomp-policies';

/** Directories with a policy for each of these devices. */
class Directories implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'policies-test-'));

  make(name: string, ...devices: readonly string[]): string {
    const path = join(this.root, name);
    mkdirSync(path);
    devices.forEach((device) => writeFileSync(join(path, `${device}.policy`), 'read: 1\n'));
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

describe('seccomp policies', () => {
  it('are those of the directory that the user names, first of all', () => {
    using directories = new Directories();
    const chosen = directories.make('chosen', 'rng_device');
    const system = directories.make('system', 'rng_device');
    expect(new SeccompPolicies(chosen, system).file('rng_device', 'rng')).toBe(
      join(chosen, 'rng_device.policy'),
    );
  });

  it("are the system's, where it has any", () => {
    using directories = new Directories();
    const system = directories.make('system', 'rng_device');
    expect(new SeccompPolicies(undefined, system).file('rng_device', 'rng')).toBe(
      join(system, 'rng_device.policy'),
    );
  });

  it('come with the program otherwise', () => {
    using directories = new Directories();
    const policies = new SeccompPolicies(undefined, join(directories.root, 'nowhere'));
    // They are put beside the program when it is built.
    expect(() => policies.file('rng_device', 'rng')).toThrow(/seccomp\/\w+\/rng_device\.policy'$/);
  });

  it('are found from any working directory', () => {
    using directories = new Directories();
    const chosen = directories.make('chosen', 'rng_device');
    const policies = new SeccompPolicies(relative(process.cwd(), chosen));
    expect(policies.file('rng_device', 'rng')).toBe(join(chosen, 'rng_device.policy'));
  });

  it('are not where there is no directory', () => {
    using directories = new Directories();
    const file = join(directories.make('chosen', 'rng_device'), 'rng_device.policy');
    const complaint = (path: string) => `--seccomp-policy-dir: '${path}' is no directory`;
    expect(() => new SeccompPolicies('/nowhere')).toThrow(complaint('/nowhere'));
    expect(() => new SeccompPolicies(file)).toThrow(complaint(file));
  });

  it('that are missing are told of with their device, and what helps', () => {
    using directories = new Directories();
    const chosen = directories.make('chosen', 'rng_device');
    const policies = new SeccompPolicies(chosen);
    const path = join(chosen, 'block_device.policy');
    expect(outcome(() => policies.file('block_device', 'disk vda'))).toMatchObject({
      message: `there is no seccomp policy for disk vda: '${path}'`,
      hint: expect.stringContaining('--seccomp-policy-dir') as string,
    });
  });

  it('must be regular files', () => {
    using directories = new Directories();
    const chosen = directories.make('chosen');
    const path = join(chosen, 'block_device.policy');
    mkdirSync(path);
    expect(() => new SeccompPolicies(chosen).file('block_device', 'disk vda')).toThrow(
      `the seccomp policy for disk vda is no regular file: '${path}'`,
    );
  });
});
