import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { errorText } from '../cli/error-text';
import { outcome } from '../cli/testing/outcome';
import { UserError } from '../user-error';
import { checkBootFile } from './boot-file';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-boot-file-'));
const inside = (name: string): string => join(directory, name);

beforeAll(() => {
  writeFileSync(inside('good'), 'x');
  writeFileSync(inside('empty'), '');
  symlinkSync('good', inside('link'));
  symlinkSync('nowhere', inside('dangling'));
  symlinkSync('loop', inside('loop'));
  execFileSync('mkfifo', [inside('fifo')]);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function refusal(path: string, files?: Parameters<typeof checkBootFile>[2]): UserError {
  const result = outcome(() => checkBootFile('kernel', path, files));
  expect(result).toBeInstanceOf(UserError);
  return result as UserError;
}

describe('checkBootFile', () => {
  test.each(['good', 'link'])('accepts a file that can be read: %s', (name) => {
    expect(() => checkBootFile('kernel', inside(name))).not.toThrow();
  });

  test.each([
    ['missing', 'does not exist'],
    ['dangling', 'does not exist'],
    ['', 'is a directory'],
    ['empty', 'is empty'],
    ['fifo', 'is a pipe, not a file'],
    ['good/below', 'cannot be read: stat PATH: not a directory (ENOTDIR)'],
    ['loop', 'cannot be read: stat PATH: too many symbolic links encountered (ELOOP)'],
  ])('refuses %j, naming the path', (name, problem) => {
    const path = inside(name);
    expect(errorText(refusal(path))).toBe(`kernel '${path}' ${problem.replace('PATH', path)}`);
  });

  test('refuses a device', () => {
    expect(refusal('/dev/null').message).toBe("kernel '/dev/null' is a device, not a file");
  });

  test('refuses a socket', async () => {
    const server = createServer();
    await once(server.listen(inside('socket')), 'listening');
    const { message } = refusal(inside('socket'));
    server.close();
    expect(message).toBe(`kernel '${inside('socket')}' is a socket, not a file`);
  });

  test('tells what to do instead of a pipe', () => {
    expect(refusal(inside('fifo')).hint).toBe('copy its content into a file first');
  });

  test('refuses a file that may not be read', () => {
    const cause = Object.assign(new Error('no'), {
      errno: -13,
      code: 'EACCES',
      syscall: 'access',
      path: '/x',
    });
    const files = {
      stat: () => statSync(inside('good')),
      checkReadable: () => {
        throw cause;
      },
    };
    expect(errorText(refusal('/x', files))).toBe(
      "kernel '/x' cannot be read: access /x: permission denied (EACCES)",
    );
  });
});
