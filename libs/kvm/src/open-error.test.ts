import { checkApiVersion, KvmUnavailableError, openError } from './open-error';

/** The error that Node throws where `open` fails. */
function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: open '/dev/kvm'`), { code });
}

describe('openError', () => {
  it.each([
    ['ENOENT', 'KVM_MISSING', 'there is no /dev/kvm', 'load the module'],
    ['EACCES', 'KVM_NO_PERMISSION', 'no permission to use /dev/kvm', 'usermod -aG kvm'],
    ['EPERM', 'KVM_NO_PERMISSION', 'no permission to use /dev/kvm', 'usermod -aG kvm'],
    ['ENODEV', 'KVM_NO_SUPPORT', 'there is no KVM behind it', 'firmware'],
  ])('has a remedy for %s', (errno, code, message, hint) => {
    const cause = systemError(errno);

    const error: Error & { hint?: string } = openError('/dev/kvm', cause);

    expect(error).toBeInstanceOf(KvmUnavailableError);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });

  it('keeps the cause of anything else', () => {
    const cause = systemError('EMFILE');

    const error = openError('/dev/kvm', cause);

    expect(error.message).toBe('cannot open /dev/kvm');
    expect(error.cause).toBe(cause);
  });
});

describe('checkApiVersion', () => {
  it('accepts the version that all kernels have', () => {
    expect(() => checkApiVersion('/dev/kvm', 12)).not.toThrow();
  });

  it.each([11, 13, 0])('refuses version %p, with the remedy', (version) => {
    expect(() => checkApiVersion('/dev/kvm', version)).toThrow(
      expect.objectContaining({
        code: 'KVM_OLD_API',
        message: `/dev/kvm speaks version ${version} of the KVM API, version 12 is needed`,
        hint: 'run a newer kernel on this machine',
      }) as Error,
    );
  });
});
