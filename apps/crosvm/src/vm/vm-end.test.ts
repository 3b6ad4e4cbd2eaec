import { exitStatus, type VmEnd } from './vm-end';

describe('exitStatus', () => {
  it.each<[VmEnd, number]>([
    [{ kind: 'poweroff' }, 0],
    [{ kind: 'reset' }, 0],
    [{ kind: 'quit' }, 0],
    [{ kind: 'crash', detail: 'triple fault' }, 1],
    [{ kind: 'failed', part: 'vCPU 0', cause: new Error('gone') }, 1],
    [{ kind: 'signal', signal: 'SIGINT', number: 2 }, 130],
    [{ kind: 'signal', signal: 'SIGTERM', number: 15 }, 143],
  ])('of %j is %d', (end, status) => {
    expect(exitStatus(end)).toBe(status);
  });
});
