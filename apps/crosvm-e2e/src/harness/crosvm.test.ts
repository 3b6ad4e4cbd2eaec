import { Crosvm } from './crosvm';
import { markedProcesses } from './processes';

/** Programs that stand in for crosvm: a shell is given the script, crosvm's path, and the arguments. */
function shell(script: string, options: { readonly pty?: boolean } = {}): Crosvm {
  return Crosvm.spawn([], { ...options, wrapper: ['sh', '-c', script] });
}

const LIMIT_MS = 10_000;

describe.each([{ pty: false }, { pty: true }])('with a terminal: $pty', (options) => {
  test('shows what is printed and passes on what is typed', async () => {
    await using program = shell('echo ready; read -r line; echo "got $line"', options);
    await program.expect(/ready\r?\n/, LIMIT_MS);
    program.type('a line\n');
    await program.expect(/got a line\r?\n/, LIMIT_MS);
    expect(await program.ended(LIMIT_MS)).toEqual({ code: 0, signal: null });
  });

  test('tells the exit status', async () => {
    await using program = shell('exit 7', options);
    expect(await program.ended(LIMIT_MS)).toEqual({ code: 7, signal: null });
  });

  test('does not wait for a program that does not end', async () => {
    await using program = shell('echo before; sleep 1234', options);
    await program.expect('before', LIMIT_MS);
    await expect(program.ended(100)).rejects.toThrow(/did not end in 100 ms[^]*before/);
  });

  test('finds a process that is left behind, even one with a session of its own', async () => {
    // The end of the shell's session must not end it before it has its own.
    const script = 'trap "" HUP; setsid sleep 1234 >/dev/null 2>&1 </dev/null &';
    await using program = shell(script, options);
    await expect(program.ended(LIMIT_MS)).rejects.toThrow(/left process \d+ \(.*sleep 1234\)/);
  });

  test('ends everything when it is disposed', async () => {
    const program = shell('setsid sleep 1234 & exec sleep 1234', options);
    await program.pid();
    await program.dispose();
    expect(markedProcesses()).toEqual([]);
  });
});

test('tells an end by a signal from a status', async () => {
  await using program = shell('kill -TERM $$');
  expect(await program.ended(LIMIT_MS)).toEqual({ code: null, signal: 'SIGTERM' });
});

test('keeps the standard error apart on pipes', async () => {
  await using program = shell('echo out; echo err >&2');
  await program.ended(LIMIT_MS);
  expect(program.stdout.text).toBe('out\n');
  expect(program.stderr.text).toBe('err\n');
});

test('shows the standard error when what is expected does not come', async () => {
  await using program = shell('echo why >&2');
  await expect(program.expect('login', LIMIT_MS)).rejects.toThrow(/why/);
});

test('sees that a program leaves the terminal in another state', async () => {
  await using program = shell('stty -echo', { pty: true });
  await program.ended(LIMIT_MS);
  const { before, after } = await program.terminalSettings();
  expect(after).not.toBe(before);
});

test('gets every byte of a writer that was made to wait', async () => {
  const program = Crosvm.spawn([], {
    smallPipe: true,
    wrapper: ['sh', '-c', 'echo ready; seq 1 40000; echo complete'],
  });
  await program.expect('ready\n', LIMIT_MS);
  program.holdOutput();
  program.releaseOutput();
  await program.expect('complete\n', LIMIT_MS);
  const numbers = Array.from({ length: 40_000 }, (_, index) => `${index + 1}\n`);
  expect(program.stdout.text).toBe(`ready\n${numbers.join('')}complete\n`);
  await program.dispose();
});
