import { INTERPRETER_NODE_FLAGS } from '../jail/executable-memory';
import { evaluateForkable, runForkable, whyNoJails } from '../testing/run-forkable';

const reason = whyNoJails();
const inJail = reason === undefined ? describe : describe.skip;

const POLICY = `
  close: 1
  sendmsg: 1
  write: 1
  munmap: 1
  mmap: arg2 in ~PROT_EXEC
  mprotect: arg2 in ~PROT_EXEC
  madvise: 1
  getpid: 1
  brk: 1
  futex: 1
  exit_group: 1
`;

/** A module whose child is locked down and does `inside`; `outside` has its listener and its id. */
function lockedDown(inside: string, outside: string): string {
  return `
    import * as fs from 'node:fs';
    import { bind, check, FdSocket } from '@crosvm/sys-util';
    import { codeRange, forbidWritableCode, writableCode, Jail, killChild, adoptOrphans, lockDown, makeForkable, ownFilters, parsePolicy, pollChild, SeccompListener, verifyLockedDown, waitForChild } from './index';
    makeForkable();
    adoptOrphans();
    const libc = bind(null, { getppid: ['int', []], uname: ['int', ['pointer']], mprotect: ['int', ['pointer', 'size_t', 'int']] });
    const [near, far] = FdSocket.pair();
    const policy = parsePolicy(${JSON.stringify(POLICY)}, { file: 'test.policy' });
    const code = codeRange();
    const writable = writableCode();
    const pid = new Jail().keepFds(far.raw).stderrTo(2).fork(() => {
      const interpreted = process.execArgv.includes('--no-opt');
      if (interpreted) {
        forbidWritableCode(writable);
      }
      const listener = lockDown(policy, interpreted ? {} : { executable: [code] });
      far.send(Buffer.from('locked'), [listener.raw]);
      listener.close();
      ${inside}
    });
    const { fds: [fd] } = near.receive();
    const listener = SeccompListener.adopt(fd);
    const print = (value) => fs.writeSync(1, JSON.stringify(value, (_, each) => typeof each === 'bigint' ? Number(each) : each));
    ${outside}
    process.exit(0);
  `;
}

inJail(
  `a process that is locked down${reason === undefined ? '' : ` [skipped: ${reason}]`}`,
  () => {
    it('waits with a call that its policy forbids until somebody decides, who hears which it is', () => {
      const seen = evaluateForkable(
        lockedDown(
          `return libc.uname(new Uint8Array(400)) === 0 ? 1 : 2;`,
          `const call = listener.receive();
         const state = pollChild(pid);
         killChild(pid);
         print({ nr: call.nr, pid: call.pid === pid, waits: state === undefined, end: waitForChild(pid) });`,
        ),
      );

      // 63 is uname on x86_64.
      expect(seen).toEqual({
        nr: 63,
        pid: true,
        waits: true,
        end: { kind: 'killed', signal: 'SIGKILL' },
      });
    });

    it('makes the call if that is allowed after all', () => {
      const seen = evaluateForkable(
        lockedDown(
          `return libc.uname(new Uint8Array(400)) === 0 ? 11 : 12;`,
          `listener.allow(listener.receive().id); print(waitForChild(pid));`,
        ),
      );

      expect(seen).toEqual({ kind: 'exited', status: 11 });
    });

    it('gets the error that it is refused with', () => {
      const seen = evaluateForkable(
        lockedDown(
          `try { check('uname', libc.uname(new Uint8Array(400))); return 11; } catch (error) { return error.errno; }`,
          `listener.refuse(listener.receive().id, 38); print(waitForChild(pid));`,
        ),
      );

      expect(seen).toEqual({ kind: 'exited', status: 38 });
    });

    it('is found to be so from the outside, and one that is not is found out', () => {
      const seen = evaluateForkable(
        lockedDown(
          `return libc.getppid();`,
          `verifyLockedDown(pid, ownFilters() + 1);
         let message = '';
         try { verifyLockedDown(process.pid); } catch (error) { message = error.message; }
         print(message.replace(/\\d+/, 'N'));
         killChild(pid);`,
        ),
      );

      expect(seen).toMatch(/^thread N (has capabilities|has no filter)/);
    });

    it('has a filter more than the process that it is a fork of', () => {
      const seen = evaluateForkable(
        lockedDown(
          `return libc.getppid();`,
          `let message = '';
         try { verifyLockedDown(pid, ownFilters() + 2); } catch (error) { message = error.message; }
         print([ownFilters(), message.replace(/\\d+/, 'N')]);
         killChild(pid);`,
        ),
      );

      expect(seen).toEqual([1, 'thread N has no filter of system calls of its own']);
    });

    it('is killed by what its policy forbids where somebody listens to it already', () => {
      const seen = evaluateForkable(`
        import { bind } from '@crosvm/sys-util';
        import { adoptOrphans, codeRange, Jail, lockDown, makeForkable, parsePolicy, waitForChild } from './index';
        makeForkable();
        adoptOrphans();
        const libc = bind(null, { uname: ['int', ['pointer']] });
        const parse = (text) => parsePolicy(text, { file: 'test.policy' });
        const text = ${JSON.stringify(POLICY)};
        const more = ${JSON.stringify(`${POLICY}seccomp: 1\nprctl: 1\nuname: 1\n`)};
        const code = codeRange();
        const pid = new Jail().stderrTo(2).fork(() => {
          lockDown(parse(more), { executable: [code] });
          const listener = lockDown(parse(text), { executable: [code] });
          return listener === undefined ? libc.uname(new Uint8Array(400)) : 12;
        });
        process.stdout.write(JSON.stringify(waitForChild(pid)));
      `);

      expect(seen).toEqual({ kind: 'killed', signal: 'SIGSYS' });
    });

    it('goes on when its JavaScript is interpreted, and has no memory to write code to', () => {
      const seen = evaluateForkable(
        lockedDown(
          `let kept = []; let sum = 0;
         for (let i = 0; i < 2e6; i += 1) { kept.push({ i }); sum += i; if (kept.length > 1e5) kept = []; }
         return 17;`,
          `const maps = fs.readFileSync('/proc/' + pid + '/maps', 'utf8');
         print([waitForChild(pid), /^\\S+ rwx/m.test(maps)]);`,
        ),
        { flags: INTERPRETER_NODE_FLAGS },
      );

      expect(seen).toEqual([{ kind: 'exited', status: 17 }, false]);
    });

    it.each([
      ["inside V8's memory for code", 'code.start', '4096', 'exited'],
      ['across its end', 'code.end - 4096', '8192', 'asked'],
      ['elsewhere', '4096', '4096', 'asked'],
    ])('may make memory executable or not: %s', (_, address, length, expected) => {
      const seen = evaluateForkable(
        lockedDown(
          `libc.mprotect(${address}, ${length}, 5); return 3;`,
          `const end = Date.now() + 3000;
         let state;
         const asked = () => fs.readFileSync('/proc/' + pid + '/wchan', 'utf8').includes('seccomp');
         let what = '';
         while (what === '' && Date.now() < end) { state = pollChild(pid); what = state ? state.kind : asked() ? 'asked' : ''; }
         killChild(pid);
         print(what);`,
        ),
      );

      expect(seen).toBe(expected);
    });
  },
);

describe('a process that is to be forked', () => {
  it('must have been started for it', () => {
    const { status, stderr } = runForkable(
      `import { makeForkable } from './index'; process.execArgv.length = 0; makeForkable();`,
    );

    expect(status).toBe(1);
    expect(stderr).toContain(
      'a process that forks must be started by node --single-threaded --v8-pool-size=0',
    );
  });

  it('must have been prepared for it', () => {
    const { status, stderr } = runForkable(
      `import { forkProcess } from './index'; forkProcess(() => 0);`,
    );

    expect(status).toBe(1);
    expect(stderr).toContain('this process was not made forkable');
  });

  it('has children that end with the status they return, or with one of their own if they throw', () => {
    const seen = evaluateForkable(`
      import { forkProcess, makeForkable, waitForChild } from './index';
      makeForkable();
      const ends = [() => 0, () => 42, () => { throw new Error('x'); }].map((run) => waitForChild(forkProcess(run)));
      process.stdout.write(JSON.stringify(ends));
    `);

    expect(seen).toEqual([0, 42, 70].map((status) => ({ kind: 'exited', status })));
  });

  it('has children that end when they say so', () => {
    const seen = evaluateForkable(`
      import { forkProcess, makeForkable, waitForChild } from './index';
      makeForkable();
      const exits = [[], [0], [3], ['4']];
      const ends = exits.map((args) => waitForChild(forkProcess(() => process.exit(...args))));
      process.stdout.write(JSON.stringify(ends));
    `);

    expect(seen).toEqual([0, 0, 3, 4].map((status) => ({ kind: 'exited', status })));
  });

  it('hears of a child that was stopped', () => {
    const seen = evaluateForkable(`
      import { forkProcess, killChild, makeForkable, pollChild, waitForChild } from './index';
      makeForkable();
      const pid = forkProcess(() => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });
      const before = pollChild(pid) ?? 'runs';
      process.kill(pid, 'SIGSTOP');
      let stopped;
      while (stopped === undefined) stopped = pollChild(pid);
      killChild(pid);
      process.stdout.write(JSON.stringify([before, stopped, waitForChild(pid)]));
    `);

    expect(seen).toEqual([
      'runs',
      { kind: 'stopped', signal: 'SIGSTOP' },
      { kind: 'killed', signal: 'SIGKILL' },
    ]);
  });
});
