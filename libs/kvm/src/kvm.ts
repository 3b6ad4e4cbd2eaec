import { closeSync, constants, openSync } from 'node:fs';

import {
  KVM_CHECK_EXTENSION,
  KVM_CREATE_VM,
  KVM_GET_API_VERSION,
  KVM_GET_EMULATED_CPUID,
  KVM_GET_MSR_FEATURE_INDEX_LIST,
  KVM_GET_MSR_INDEX_LIST,
  KVM_GET_SUPPORTED_CPUID,
  KVM_GET_VCPU_MMAP_SIZE,
} from '@crosvm/kvm-sys';
import { ioctl, OwnedFd } from '@crosvm/sys-util';

import { type CpuidEntry, readCpuid } from './cpuid';
import { type MsrEntry, readMsrIndices, readMsrs } from './msr';
import { checkApiVersion, notKvmError, openError } from './open-error';
import { Vm } from './vm';

/** The KVM system: what this machine can do, and where VMs come from. */
export class Kvm implements Disposable {
  private constructor(
    /** The system fd. */
    readonly fd: OwnedFd,
  ) {}

  /**
   * Opens KVM.
   * @throws KvmUnavailableError with the reason as `code` and the remedy as `hint`
   */
  static open(path = '/dev/kvm'): Kvm {
    let raw: number;
    try {
      // Node opens everything with O_CLOEXEC.
      raw = openSync(path, constants.O_RDWR);
    } catch (error) {
      throw openError(path, error as NodeJS.ErrnoException);
    }
    try {
      checkApiVersion(path, apiVersion(path, raw));
    } catch (error) {
      closeSync(raw);
      throw error;
    }
    return new Kvm(OwnedFd.adopt(raw));
  }

  /** The version of the KVM API; `open` accepted it. */
  get apiVersion(): number {
    return ioctl(this.fd.raw, KVM_GET_API_VERSION);
  }

  /** What KVM answers about a capability (KVM_CAP_*): 0 is no, the meaning of more is its own. */
  checkExtension(capability: number): number {
    return ioctl(this.fd.raw, KVM_CHECK_EXTENSION, capability);
  }

  /** Bytes of the mapping that a vCPU shares with KVM. */
  get vcpuMmapSize(): number {
    return ioctl(this.fd.raw, KVM_GET_VCPU_MMAP_SIZE);
  }

  /** The CPUID leaves that both the hardware and KVM support: what a guest may be shown. */
  supportedCpuid(): CpuidEntry[] {
    return readCpuid(this.fd.raw, KVM_GET_SUPPORTED_CPUID);
  }

  /** The CPUID leaves that KVM can emulate beyond the hardware, if slowly. */
  emulatedCpuid(): CpuidEntry[] {
    return readCpuid(this.fd.raw, KVM_GET_EMULATED_CPUID);
  }

  /** The MSRs that make up a vCPU's state. */
  msrIndexList(): number[] {
    return readMsrIndices(this.fd.raw, KVM_GET_MSR_INDEX_LIST);
  }

  /** The MSRs that tell features, to be read with `featureMsrs`. */
  msrFeatureIndexList(): number[] {
    return readMsrIndices(this.fd.raw, KVM_GET_MSR_FEATURE_INDEX_LIST);
  }

  /**
   * Reads MSRs of `msrFeatureIndexList`.
   * @throws Error that names an MSR that is none of them
   */
  featureMsrs(indices: readonly number[]): MsrEntry[] {
    return readMsrs(this.fd.raw, indices);
  }

  /**
   * Makes a VM without memory, vCPUs and interrupt controllers.
   * @param machineType 0 is the default and the only one of x86 without memory encryption
   * @throws SysError ENOMEM, EMFILE, EINVAL for an unknown type
   */
  createVm(machineType = 0): Vm {
    const fd = OwnedFd.adopt(ioctl(this.fd.raw, KVM_CREATE_VM, machineType));
    return Vm.adopt(fd, this.vcpuMmapSize);
  }

  /** Closes the system fd. VMs live on. */
  close(): void {
    this.fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function apiVersion(path: string, raw: number): number {
  try {
    return ioctl(raw, KVM_GET_API_VERSION);
  } catch (error) {
    throw notKvmError(path, error);
  }
}
