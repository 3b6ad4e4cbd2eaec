import { spawnSync } from 'node:child_process';

import { bundleScript } from './testing/bundle';
import { WITHOUT_RINGS } from './testing/without-rings';

/** Has an event loop watch what is new, when it had its ring taken away. */
const SCRIPT = `
  import { readdirSync, readlinkSync } from 'node:fs';
  import { connect, createServer } from 'node:net';
  import { dropEventLoopRing, OwnedFd } from './index';

  const rings = readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync('/proc/self/fd/' + fd) === 'anon_inode:[io_uring]';
    } catch {
      return false;
    }
  });
  if (process.argv[2] === 'drop') {
    dropEventLoopRing();
  }
  rings.forEach((fd) => OwnedFd.adopt(Number(fd)).close());
  const server = createServer((socket) => socket.end('served'));
  server.listen('\\0crosvm-' + process.pid, () => {
    connect('\\0crosvm-' + process.pid)
      .on('data', (bytes) => {
        process.stdout.write(String(rings.length > 0) + ', ' + bytes);
        process.kill(process.pid, 'SIGKILL');
      });
  });
`;

/** How a process ends that does so. Node 20 has rings for its loops when it is told to, newer versions always. */
function outcome(mode: string, env: Readonly<Record<string, string>>) {
  using script = bundleScript(SCRIPT);
  const { signal, stdout, stderr } = spawnSync(process.execPath, [script.path, mode], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { signal, stdout, stderr };
}

const withRings = WITHOUT_RINGS === '' ? it : it.skip;

describe('dropEventLoopRing', () => {
  withRings(`has a loop go on that may not use its ring any more${WITHOUT_RINGS}`, () => {
    const told = { UV_USE_IO_URING: '1' };
    expect(outcome('keep', told)).toMatchObject({ signal: 'SIGABRT', stdout: '' });
    expect(outcome('drop', told)).toEqual({
      signal: 'SIGKILL',
      stdout: 'true, served',
      stderr: '',
    });
  });

  it('does nothing for a loop that has none', () => {
    const { signal, stdout } = outcome('drop', { UV_USE_IO_URING: '0' });
    expect({ signal, served: stdout.endsWith('served') }).toEqual({
      signal: 'SIGKILL',
      served: true,
    });
  });
});
