import { type LogLevel, type LogRecord, sinkLogger } from '@crosvm/sys-util';

import { exitStatus, logEnd, type VmEnd } from './vm-end';

describe('exitStatus', () => {
  it.each<[VmEnd, number]>([
    [{ kind: 'poweroff' }, 0],
    [{ kind: 'reset' }, 32],
    [{ kind: 'panic' }, 34],
    [{ kind: 'quit' }, 0],
    [{ kind: 'stopped' }, 0],
    [{ kind: 'crash', detail: 'triple fault' }, 1],
    [{ kind: 'failed', part: 'vCPU 0', cause: new Error('gone') }, 1],
    [{ kind: 'signal', signal: 'SIGINT', number: 2 }, 130],
    [{ kind: 'signal', signal: 'SIGTERM', number: 15 }, 143],
  ])('of %j is %d', (end, status) => {
    expect(exitStatus(end)).toBe(status);
  });
});

describe('logEnd', () => {
  const logged = (level: LogLevel, end: VmEnd): LogRecord[] => {
    const records: LogRecord[] = [];
    logEnd(sinkLogger({ level, write: (record) => records.push(record) }), end);
    return records;
  };

  it.each<[VmEnd, string]>([
    [{ kind: 'poweroff' }, 'the guest powered off; exit status 0'],
    [{ kind: 'reset' }, 'the guest reset; exit status 32'],
    [{ kind: 'panic' }, "the guest's kernel panicked; exit status 34"],
    [{ kind: 'quit' }, 'ended from the keyboard; exit status 0'],
    [{ kind: 'stopped' }, 'stopped by the control socket; exit status 0'],
    [{ kind: 'crash', detail: 'triple fault' }, 'the guest crashed: triple fault; exit status 1'],
    [{ kind: 'failed', part: 'vCPU 0', cause: 'gone' }, 'vCPU 0 failed; exit status 1'],
    [{ kind: 'signal', signal: 'SIGTERM', number: 15 }, 'ended by SIGTERM; exit status 143'],
  ])('of %j says %p, at info', (end, message) => {
    expect(logged('info', end)).toEqual([{ level: 'info', component: '', message }]);
    expect(logged('warn', end)).toEqual([]);
  });
});
