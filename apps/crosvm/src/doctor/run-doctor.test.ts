import type { Finding } from './finding';
import { diagnosisJson, renderDiagnosis } from './render-diagnosis';
import { CHECKS, runDoctor } from './run-doctor';

const ok: Finding = { name: 'node', verdict: 'ok', detail: 'Node.js 20.20.0' };
const limited: Finding = {
  name: 'tun',
  verdict: 'limited',
  detail: 'there is no /dev/net/tun',
  without: 'no network',
  remedy: 'sudo modprobe tun',
};
const failed: Finding = { name: 'kvm', verdict: 'failed', detail: 'there is no KVM' };

describe('runDoctor', () => {
  it('looks at every part of this machine, each by a name of its own', () => {
    const names = runDoctor().findings.map(({ name }) => name);

    expect(new Set(names).size).toBe(CHECKS.length);
    expect(names).toEqual(
      expect.arrayContaining(['node', 'kvm', 'stock-kernels', 'user-namespaces', 'seccomp']),
    );
  });

  it('calls a machine healthy of which parts are limited', () => {
    expect(runDoctor([() => ok, () => limited]).healthy).toBe(true);
    expect(runDoctor([() => ok, () => failed]).healthy).toBe(false);
  });
});

describe('renderDiagnosis', () => {
  it('tells people what is there, what will not work, and what mends it', () => {
    expect(renderDiagnosis(runDoctor([() => ok, () => limited]), false)).toBe(
      [
        'node            ok       Node.js 20.20.0',
        'tun             limited  there is no /dev/net/tun',
        '                         without it: no network',
        '                         to mend it: sudo modprobe tun',
        '',
        'crosvm runs here; 1 part of it is limited.',
        '',
      ].join('\n'),
    );
  });

  it('shows verdicts in colours where it is asked to', () => {
    expect(renderDiagnosis(runDoctor([() => failed]), true)).toContain('\u001b[31mFAILED');
  });

  it('tells programs the same', () => {
    const diagnosis = runDoctor([() => failed]);
    expect(JSON.parse(diagnosisJson(diagnosis))).toEqual(diagnosis);
  });
});
