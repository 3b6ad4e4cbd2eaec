import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { evaluateForkable, runForkable, whyNoJails } from '../testing/run-forkable';

const reason = whyNoJails();
const inJail = reason === undefined ? describe : describe.skip;

/** A module that has a jail, runs `inside` in it, and prints what that says as JSON. */
function jailed(jail: string, inside: string, outside = ''): string {
  return `
    import * as fs from 'node:fs';
    import { faultOf, Jail, limitFileSize, makeForkable, adoptOrphans, waitForChild, pollChild, killChild } from './index';
    import { createPipe } from '@crosvm/sys-util';
    makeForkable();
    adoptOrphans();
    const { reader, writer } = createPipe();
    const attempt = (work) => { try { return work() ?? 'done'; } catch (error) { return error.code ?? error.message; } };
    try {
      const pid = new Jail().keepFds(writer.raw)${jail}.fork(() => {
        const say = (what) => fs.writeSync(writer.raw, JSON.stringify(what));
        ${inside}
        return 0;
      });
      writer.close();
      ${outside}
      fs.writeSync(1, fs.readFileSync(reader.raw, 'utf8'));
      waitForChild(pid);
    } catch (error) {
      fs.writeSync(1, JSON.stringify({ name: error.name, message: error.message, hint: error.hint }));
    }
    process.exit(0);
  `;
}

/** A module that ends with status 0 when that process is gone. */
function untilGone(pid: string): string {
  return `
    import { existsSync } from 'node:fs';
    const end = Date.now() + 5000;
    while (existsSync('/proc/${pid}') && Date.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    process.exit(existsSync('/proc/${pid}') ? 1 : 0);
  `;
}

inJail(`a jail${reason === undefined ? '' : ` [skipped: ${reason}]`}`, () => {
  let directory = '';

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'crosvm-jail-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('is limited to the size of its files, and to another one when it is told so', () => {
    const seen = evaluateForkable(
      jailed(
        '.limit({ fsizeForNow: 8192 })',
        'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30000);',
        `const limits = () =>
           /^Max file size +(\\S+) +(\\S+)/m.exec(fs.readFileSync('/proc/' + pid + '/limits', 'utf8')).slice(1);
         const before = limits();
         limitFileSize(pid, 1048576);
         const after = limits();
         fs.writeSync(1, JSON.stringify([before[0], after[0], before[1] === after[1]]));
         killChild(pid);`,
      ),
    );

    expect(seen).toEqual(['8192', '1048576', true]);
  });

  it('has an empty root that cannot be written to', () => {
    const seen = evaluateForkable(
      jailed(
        '',
        `say({
          root: fs.readdirSync('/'),
          write: attempt(() => fs.mkdirSync('/x')),
          up: attempt(() => fs.readdirSync('/../..').join()),
          proc: attempt(() => fs.readFileSync('/proc/self/status', 'utf8')),
          program: attempt(() => fs.statSync(${JSON.stringify(process.execPath)}).size),
        });`,
      ),
    );

    expect(seen).toEqual({ root: [], write: 'EROFS', up: '', proc: 'ENOENT', program: 'ENOENT' });
  });

  it('leaves a process no capability, in any set, and no way to get one', () => {
    const status = String(
      evaluateForkable(
        jailed(
          '',
          `fs.readSync(0, Buffer.alloc(1)); say('x'); for (;;) fs.readFileSync(0);`,
          `fs.writeSync(1, JSON.stringify(fs.readFileSync('/proc/' + pid + '/status', 'utf8'))); killChild(pid); process.exit(0);`,
        ),
      ),
    );

    expect(status.match(/^Cap\w+:\t(?!0{16}$).*$/gm)).toBeNull();
    expect(status).toContain('NoNewPrivs:\t1\n');
    expect(status).toContain('Threads:\t1\n');
  });

  it('has namespaces of its own', () => {
    const namespaces = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts', 'cgroup'];
    const shared = evaluateForkable(
      jailed(
        '',
        `for (;;) fs.readFileSync(0);`,
        `const of = (pid) => ${JSON.stringify(namespaces)}.map((kind) => attempt(() => fs.readlinkSync('/proc/' + pid + '/ns/' + kind)));
         const own = of('self'); const theirs = of(pid);
         fs.writeSync(1, JSON.stringify({ links: theirs.filter((link) => /^\\w+:\\[\\d+\\]$/.test(link)).length, same: theirs.filter((link) => own.includes(link)) }));
         killChild(pid); process.exit(0);`,
      ),
    );

    expect(shared).toEqual({ links: namespaces.length, same: [] });
  });

  it('keeps the descriptors that it is to keep, and nothing else that leads anywhere', () => {
    const open = evaluateForkable(
      jailed(
        '',
        `const lead = [];
         for (let fd = 0; fd < 200; fd += 1) {
           const stat = attempt(() => fs.fstatSync(fd));
           if (typeof stat === 'object' && !(stat.isCharacterDevice() && stat.rdev === 0x103)) lead.push(fd === writer.raw ? 'kept' : fd);
         }
         say(lead);`,
      ),
    );

    expect(open).toEqual(['kept']);
  });

  it('knows its user and group by other numbers', () => {
    const ids = evaluateForkable(
      jailed('.mapIds({ uid: 5, gid: 6 })', 'say([process.getuid(), process.getgid()]);'),
    );

    expect(ids).toEqual([5, 6]);
  });

  it('has what is bound into it, read-only unless it may be written', () => {
    const [one, other] = [join(directory, 'one'), join(directory, 'other')];
    [one, other].forEach((path) => writeFileSync(path, path));
    const seen = evaluateForkable(
      jailed(
        `.bind({ source: ${JSON.stringify(one)}, target: '/run/one' }).bind({ source: ${JSON.stringify(other)}, target: '/other', writable: true })`,
        `say([fs.readdirSync('/').sort(), fs.readFileSync('/run/one', 'utf8'), attempt(() => fs.writeFileSync('/run/one', 'x')), attempt(() => fs.writeFileSync('/other', 'x')), attempt(() => fs.writeFileSync('/run/new', 'x'))]);`,
      ),
    );

    expect(seen).toEqual([['other', 'run'], one, 'EROFS', 'done', 'EROFS']);
  });

  it('follows no symbolic link to what is bound into it', () => {
    const link = join(directory, 'link');
    symlinkSync('/etc', link);
    const error = evaluateForkable(
      jailed(`.bind({ source: ${JSON.stringify(join(link, 'passwd'))}, target: '/p' })`, ''),
    );

    expect(error).toMatchObject({
      name: 'JailError',
      message: expect.stringContaining(
        `'${join(link, 'passwd')}' has a symbolic link in it`,
      ) as string,
    });
  });

  it.each([
    ['that is not there', '/does/not/exist'],
    ['that leads up again', '/etc/../etc/passwd'],
  ])('does not start if something is to be bound %s', (_, source) => {
    const error = evaluateForkable(jailed(`.bind({ source: '${source}', target: '/p' })`, ''));

    expect(error).toMatchObject({
      name: 'JailError',
      message: expect.stringContaining(source) as string,
    });
  });

  it.each([
    ['has an empty directory as its root', '', directory],
    [
      'has a root of its own if that directory is not empty',
      `fs.writeFileSync(at + '/x', '');`,
      '',
    ],
    [
      'has a root of its own if that is a link',
      `fs.rmdirSync(at); fs.symlinkSync('/etc', at);`,
      '',
    ],
    ['has a root of its own if there is none', `fs.rmdirSync(at);`, ''],
  ])('%s', (_, prepare) => {
    const at = join(directory, 'empty');
    const seen = evaluateForkable(
      `import { mkdirSync } from 'node:fs'; const at = ${JSON.stringify(at)}; mkdirSync(at);
       ${jailed(`.emptyRoot(at)`, `say([fs.readdirSync('/'), attempt(() => fs.mkdirSync('/x'))]);`).replace('makeForkable();', `makeForkable(); ${prepare}`)}`,
    );

    expect(seen).toEqual([[], 'EROFS']);
  });

  it('ends with its parent', () => {
    const end = runForkable(
      jailed(
        '',
        `say('started'); for (;;) fs.readFileSync(0);`,
        `fs.readSync(reader.raw, Buffer.alloc(9)); fs.writeSync(1, String(pid)); process.exit(0);`,
      ),
    );
    const gone = runForkable(untilGone(end.stdout));

    expect(end.stdout).toMatch(/^\d+$/);
    expect(gone.status).toBe(0);
  });

  it('does not start where there can be no user namespaces, and says what helps', () => {
    const without = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
    const error = evaluateForkable(jailed('', ''), {
      under: ['unshare', '-r', 'sh', '-c', without, 'sh'],
    });

    expect(error).toEqual({
      name: 'JailError',
      message: 'new namespaces: unshare: no space left on device (ENOSPC)',
      hint: 'as root: sysctl user.max_user_namespaces=10000',
    });
  });

  it.each(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGSYS'])(
    'ends by %s, with its number as status',
    (fault) => {
      const seen = evaluateForkable(
        jailed(
          '',
          `for (;;) fs.readFileSync(0);`,
          `process.kill(pid, '${fault}');
         const end = waitForChild(pid);
         fs.writeSync(1, JSON.stringify([end.kind, faultOf(end.status)])); process.exit(0);`,
        ),
      );

      expect(seen).toEqual(['exited', fault]);
    },
  );

  it('does not stay when whoever asks for it is killed before it is ready', () => {
    const stuck = jailed('', '').replace(
      '.fork(',
      `.bind({ get source() { fs.writeSync(2, fs.readlinkSync('/proc/self')); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); }, target: '/p' }).stderrTo(2).fork(`,
    );
    const { stderr } = runForkable(stuck, {
      under: ['sh', '-c', '"$@" & sleep 1; kill -9 $!', 'sh'],
    });

    expect(stderr).toMatch(/^\d+/);
    expect(runForkable(untilGone(String(Number.parseInt(stderr, 10)))).status).toBe(0);
  });

  it('serves a program that goes on for long, compiling and collecting garbage', () => {
    const seen = evaluateForkable(
      jailed(
        '',
        `let sum = 0; let kept = [];
         for (let round = 0; round < 400; round += 1) {
           const compiled = new Function('x', 'let s = ' + round + '; for (let i = 0; i < 3000; i += 1) s += x ^ i; return s');
           sum += compiled(round);
           for (let i = 0; i < 2000; i += 1) kept.push({ i, text: 'x' + i });
           if (kept.length > 50000) kept = [];
         }
         say(sum > 0);`,
      ),
    );

    expect(seen).toBe(true);
  });
});
