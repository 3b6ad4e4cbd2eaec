import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';

import type { KvmUnavailableError } from '@crosvm/kvm';

import { readCpuInfo } from './cpu-info';
import { HOST_PATHS, type HostPaths } from './host-paths';

/** Emulation that works on any machine. */
const NESTED_HOST = 'bin/nested-host -- crosvm run ... works without it';

const GROUP_MAY_READ_AND_WRITE = 0o060;

/**
 * What the user can do about a KVM that cannot be used, from what the host tells of itself.
 * @param uid the user id of this process
 */
export function kvmRemedy(
  error: KvmUnavailableError,
  paths = HOST_PATHS,
  uid = process.getuid?.() ?? 0,
): string {
  switch (error.code) {
    case 'KVM_MISSING':
      return existsSync(paths.kvmClass)
        ? `the kernel has KVM, but this container has no ${paths.kvm}: start it with --device ${paths.kvm}`
        : noDriver(paths.cpuinfo);
    case 'KVM_NO_SUPPORT':
      return noDriver(paths.cpuinfo);
    case 'KVM_NO_PERMISSION':
      return uid === 0
        ? `not even root may use it in this container: start it with --device ${paths.kvm}`
        : permissionRemedy(paths, lookUp(paths.kvm));
    case 'KVM_NOT_KVM':
    case 'KVM_OLD_API':
      return error.hint;
  }
}

function noDriver(cpuinfo: string): string {
  const { vmx, svm, hypervisor } = readCpuInfo(cpuinfo);
  if (vmx || svm) {
    return `load the kernel module: sudo modprobe ${vmx ? 'kvm_intel' : 'kvm_amd'}`;
  }
  return hypervisor
    ? `this is a virtual machine: switch on nested virtualization in its host; ${NESTED_HOST}`
    : `switch on virtualization (VT-x, AMD-V) in the machine's firmware; ${NESTED_HOST}`;
}

/**
 * What a user who is not root can do about a device that he may not use.
 * @param device what the device is like; undefined if that cannot be seen
 */
export function permissionRemedy(
  { kvm, groups }: Pick<HostPaths, 'kvm' | 'groups'>,
  device: Pick<Stats, 'gid' | 'mode'> | undefined,
): string {
  if (device !== undefined && !groupMayUse(device)) {
    return (
      `let the kvm group use it: sudo chgrp kvm ${kvm} && sudo chmod 660 ${kvm} && ` +
      'sudo usermod -a -G kvm $USER, and log in again'
    );
  }
  const group = device === undefined ? 'kvm' : groupName(device.gid, groups);
  return `join the group it belongs to and log in again: sudo usermod -a -G ${group} $USER`;
}

/** Nobody is to join the group of root. */
function groupMayUse({ gid, mode }: Pick<Stats, 'gid' | 'mode'>): boolean {
  return gid !== 0 && (mode & GROUP_MAY_READ_AND_WRITE) === GROUP_MAY_READ_AND_WRITE;
}

function lookUp(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** The name of a group, or its number where it has none. */
function groupName(gid: number, groups: string): string {
  const entries = existsSync(groups) ? readFileSync(groups, 'utf8').split('\n') : [];
  const entry = entries.find((line) => line.split(':')[2] === String(gid));
  return entry?.split(':')[0] ?? String(gid);
}
