import { UserError } from '../user-error';

/** Oldest Node.js that works: major and minor version. */
const OLDEST_NODE: readonly [number, number] = [20, 20];

/** The part of `process` that tells where it runs. */
export interface Platform {
  readonly platform: string;
  readonly arch: string;
  readonly versions: { readonly node: string };
}

/**
 * Checks that this is Linux on x86_64 and that Node.js is new enough.
 * Call it before anything else is loaded: native code and newer syntax fail with worse messages.
 * @throws UserError
 */
export function checkPlatform({ platform, arch, versions }: Platform = process): void {
  if (platform !== 'linux') {
    throw new UserError(`crosvm runs on Linux only, this is ${platform}`, {
      hint: 'run it on a Linux machine that has KVM',
    });
  }
  if (arch !== 'x64') {
    throw new UserError(`crosvm runs on x86_64 only, this is ${arch}`, {
      hint:
        arch === 'ia32'
          ? 'install the 64-bit Node.js (linux-x64)'
          : 'run it on an x86_64 machine that has KVM',
    });
  }
  const [major = 0, minor = 0] = versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    throw new UserError(
      `crosvm needs Node.js ${OLDEST_NODE.join('.')} or later, this is ${versions.node}`,
      { hint: 'install a newer one, see https://nodejs.org/' },
    );
  }
}
