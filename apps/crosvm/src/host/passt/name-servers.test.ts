import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { guestNameServers } from './name-servers';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'name-servers-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A file of name servers; its path. */
function file(name: string, ...addresses: string[]): string {
  const path = join(directory, name);
  writeFileSync(
    path,
    ['search example', ...addresses.map((it) => `nameserver ${it}`), ''].join('\n'),
  );
  return path;
}

describe('name servers of a guest', () => {
  it("are those of the machine, which passt reads, if one of them is somebody else's", () => {
    const own = file('own', '127.0.0.1', '192.0.2.1');

    expect(guestNameServers(own, file('more', '192.0.2.9'))).toEqual({ none: false });
  });

  it("are those that the machine's own asks, if a guest cannot reach that", () => {
    const own = file('own', '127.0.0.53', '::1');
    const more = file('more', '127.0.0.1', '192.0.2.1', '2001:db8::1', '192.0.2.3', '192.0.2.4');

    expect(guestNameServers(own, more)).toEqual({
      none: false,
      instead: ['192.0.2.1', '2001:db8::1', '192.0.2.3'],
    });
  });

  it('are none where nobody knows any', () => {
    expect(guestNameServers(file('own', '127.0.0.1'), join(directory, 'missing'))).toEqual({
      none: true,
    });
    expect(guestNameServers(join(directory, 'missing'), file('more'))).toEqual({ none: true });
  });
});
