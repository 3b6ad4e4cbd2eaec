import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';

import { createLogger, type LoggerOptions } from '../index';
import { bundleScript } from '../testing/bundle';

/** What is shown of an error and a debug message. */
function shown(options: LoggerOptions, isTTY: boolean): string {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const stream = Object.assign(sink, { isTTY });
  const log = createLogger({ ...options, stream });
  log.component('net').error('no tap');
  log.debug('details');
  return text;
}

/** Runs a script that has `createLogger` and gives what it writes to the standard error. */
function run(body: string): string {
  using script = bundleScript(`import { createLogger } from './index'; ${body}`);
  const args = ['--expose-gc', script.path];
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr;
}

describe('createLogger', () => {
  const { NO_COLOR } = process.env;

  afterEach(() => {
    Object.assign(process.env, { NO_COLOR: NO_COLOR ?? '' });
  });

  it('is quiet by default', () => {
    expect(shown({}, false)).toBe('ERROR net: no tap\n');
  });

  it('shows more if asked to', () => {
    expect(shown({ level: 'debug' }, false)).toBe('ERROR net: no tap\nDEBUG details\n');
  });

  it('uses colours on a terminal, and returns its carriage', () => {
    process.env.NO_COLOR = '';
    expect(shown({}, true)).toBe('\x1b[31mERROR\x1b[0m net: no tap\r\n');
  });

  it('uses none where NO_COLOR forbids it', () => {
    process.env.NO_COLOR = '1';
    expect(shown({}, true)).toBe('ERROR net: no tap\r\n');
  });

  it('has written its lines when the process exits', () => {
    const stderr = run(`
      const log = createLogger();
      for (let line = 0; line < 100; line += 1) log.warn('line ' + line);
      process.exit(1);
    `);
    expect(stderr.trim().split('\n')).toHaveLength(100);
    expect(stderr).toContain('WARN line 99\n');
  });

  it('survives that nobody reads it any more', () => {
    using script = bundleScript(`
      import { createLogger } from './index';
      const log = createLogger();
      setTimeout(() => log.warn('to nobody'), 50);
      setTimeout(() => console.log('still here'), 200);
    `);
    const command = `{ ${process.execPath} ${script.path} 2>&1 >&3 | true; } 3>&1`;
    expect(spawnSync('bash', ['-c', command], { encoding: 'utf8' }).stdout).toBe('still here\n');
  });

  it('sends messages to the syslog, never as a format', () => {
    const stderr = run(`
      import { PassThrough } from 'node:stream';
      const log = createLogger({
        syslogTag: 'vm-7', syslog: { echo: true }, stream: new PassThrough(), level: 'info',
      });
      log.component('serial').info('100%s of %n');
      globalThis.gc();
      log.debug('not this');
      log.error('line\\nline');
    `);
    expect(stderr).toMatch(/^vm-7\[\d+\]: serial: 100%s of %n\nvm-7\[\d+\]: line\\nline\n$/);
  });
});
