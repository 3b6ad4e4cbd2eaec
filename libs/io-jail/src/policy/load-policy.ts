import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

import type { SyscallArch } from '@crosvm/syscall-defines';

import { parsePolicy } from './parse-policy';
import type { Policy } from './policy';
import { PolicyError } from './policy-error';

/** Which policy to load. */
export interface LoadOptions {
  /** Default: the architecture of this process. */
  readonly arch?: SyscallArch;
}

/** No policy comes near; whatever is larger is something else. */
const MAX_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'too many symbolic links',
};

/** @throws Error whose message says why the file cannot be read */
function readPolicyFile(path: string): string {
  let fd: number;
  try {
    // A pipe that nobody writes to must not hold up the start.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(REASONS[code] ?? message, { cause: error });
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      throw new Error(stat.isDirectory() ? 'it is a directory' : 'not a regular file');
    }
    if (stat.size > MAX_BYTES) {
      throw new Error(`${stat.size} bytes are too many for a policy`);
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads and parses a policy with what it includes; paths are relative to the file that names them.
 * @throws PolicyError with all its mistakes, or because it cannot be read
 */
export function loadPolicy(path: string, options: LoadOptions = {}): Policy {
  let text: string;
  try {
    text = readPolicyFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const position = { file: path, line: 0, column: 0 };
    throw new PolicyError([{ code: 'unreadable-file', text: why, position }], { cause: error });
  }
  return parsePolicy(text, { ...options, file: path, read: readPolicyFile });
}
