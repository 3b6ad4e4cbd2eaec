import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkNamespaces, checkSeccomp } from './sandbox';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-doctor-'));

afterAll(() => rmSync(directory, { recursive: true }));

describe('checkNamespaces', () => {
  const refused = (): { status: number; stderr: string } => ({
    status: 1,
    stderr: 'unshare: unshare failed: Operation not permitted\n',
  });
  const none = (): undefined => undefined;

  it('is content where they can be made', () => {
    const finding = checkNamespaces(() => ({ status: 0, stderr: '' }), none);
    expect(finding.verdict).toBe('ok');
  });

  it('says which setting forbids them, and what changes it', () => {
    const finding = checkNamespaces(refused, () => 'as root: sysctl user.max_user_namespaces=9');

    expect(finding).toEqual({
      name: 'user-namespaces',
      verdict: 'failed',
      detail: 'unshare: unshare failed: Operation not permitted',
      without: 'devices cannot be jailed; --disable-sandbox does without',
      remedy: 'sudo sysctl user.max_user_namespaces=9',
    });
  });

  it('suspects a container where no setting forbids them', () => {
    expect(checkNamespaces(refused, none).remedy).toContain('--security-opt');
  });

  it('does not know without the program that tries', () => {
    const error = new Error('spawnSync unshare ENOENT');
    const finding = checkNamespaces(() => ({ status: null, stderr: '', error }), none);

    expect(finding).toMatchObject({ verdict: 'limited', remedy: 'sudo apt install util-linux' });
  });
});

describe('checkSeccomp', () => {
  const path = join(directory, 'actions');

  it.each([
    ['kill_process kill_thread trap errno user_notif trace log allow\n', 'ok'],
    ['kill_thread trap errno trace allow\n', 'failed'],
  ])('actions %j: %s', (actions, verdict) => {
    writeFileSync(path, actions);
    expect(checkSeccomp(path).verdict).toBe(verdict);
  });

  it('fails without seccomp', () => {
    expect(checkSeccomp(join(directory, 'missing'))).toMatchObject({
      verdict: 'failed',
      detail: "the kernel's filters lack kill_process, errno, user_notif, allow",
    });
  });
});
