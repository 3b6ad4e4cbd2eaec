import { PassThrough } from 'node:stream';

import type { ExpectError } from './errors';
import { VmConsole } from './vm-console';

function rig() {
  const output = new PassThrough();
  const input = new PassThrough();
  return { output, input, console: new VmConsole(output, input) };
}

describe('VmConsole', () => {
  it('is a stream in both directions', async () => {
    const { output, input, console } = rig();
    console.write('ls\n');
    output.end('vmlinux');

    const read: unknown[] = [];
    for await (const chunk of console) {
      read.push(chunk);
    }

    expect(Buffer.concat(read as Buffer[]).toString()).toBe('vmlinux');
    expect(String(input.read())).toBe('ls\n');
  });

  it('reads up to what is expected, whatever the pieces, and leaves the rest', async () => {
    const { output, console } = rig();
    const expected = console.expect(/log(in): /);
    for (const piece of ['Debian\r\nlo', 'gi', 'n: root\r\nmore']) {
      output.write(piece);
      await new Promise(setImmediate);
    }

    const { before, match } = await expected;
    const next = await console.expect('root');

    expect([before, match[1], next.before]).toEqual(['Debian\r\n', 'in', '']);
    expect(String(console.read())).toBe('\r\nmore');
  });

  it('counts in bytes what it leaves, in text what it matches', async () => {
    const { output, console } = rig();
    output.write('größer → ok\nüber');

    expect((await console.expect('→ ok')).before).toBe('größer ');
    expect(String(console.read())).toBe('\nüber');
  });

  it('fails when the output ends first, and says what came', async () => {
    const { output, console } = rig();
    output.end('Kernel panic');

    const error = (await console.expect('login').catch((e: unknown) => e)) as ExpectError;

    expect([error.name, error.code, error.seen]).toEqual([
      'ExpectError',
      'NOT_SEEN',
      'Kernel panic',
    ]);
  });

  it('fails when more came than it keeps', async () => {
    const { output, console } = rig();
    output.write(Buffer.alloc(2 * 1024 ** 2, 'x'));

    await expect(console.expect('login')).rejects.toMatchObject({ code: 'NOT_SEEN' });
  });

  it('fails when it takes too long, and loses nothing', async () => {
    const { output, console } = rig();
    output.write('half');

    await expect(console.expect('login', { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    });
    output.write(' a login');
    expect((await console.expect('login')).before).toBe('half a ');
  });

  it('ends with a signal', async () => {
    const { console } = rig();
    const controller = new AbortController();
    const expected = console.expect('login', { signal: controller.signal });
    controller.abort(new Error('enough'));

    await expect(expected).rejects.toThrow('enough');
  });
});
