import { Worker } from 'node:worker_threads';

import { KVM_EXIT_HLT, KVM_EXIT_INTR } from '@crosvm/kvm-sys';
import {
  blockSignals,
  consumeSignal,
  gettid,
  kickThread,
  setBlockedSignals,
  SignalSet,
  SIGRTMIN,
} from '@crosvm/sys-util';
import { bundleScript } from '@crosvm/sys-util/testing';

import { Vcpu } from './index';
import { machineCode, TestGuest } from './testing/index';

const KICK = SIGRTMIN + 1;
const kickSet = new SignalSet([KICK]);

describe('a pending signal', () => {
  let blockedBefore: SignalSet;
  beforeEach(() => {
    blockedBefore = blockSignals(kickSet);
  });
  afterEach(() => {
    setBlockedSignals(blockedBefore);
  });

  it('that only run lets through ends it, stays pending, and is consumed after', () => {
    using guest = TestGuest.create({ code: machineCode('f4') });
    guest.vcpu.setSignalMask(new SignalSet());

    kickThread(process.pid, gettid(), KICK);
    const interrupted = [guest.vcpu.run(), guest.vcpu.run()];
    const consumed = consumeSignal(kickSet);

    expect(interrupted).toEqual([KVM_EXIT_INTR, KVM_EXIT_INTR]);
    expect(consumed).toBe(KICK);
    expect(guest.vcpu.run()).toBe(KVM_EXIT_HLT);
  });

  it.each([
    ['that run blocks too', kickSet],
    ['without a mask of its own', undefined],
  ])('%s does not end it', (_, mask) => {
    using guest = TestGuest.create({ code: machineCode('f4') });
    guest.vcpu.setSignalMask(new SignalSet());
    guest.vcpu.setSignalMask(mask);

    kickThread(process.pid, gettid(), KICK);
    const reason = guest.vcpu.run();
    consumeSignal(kickSet);

    expect(reason).toBe(KVM_EXIT_HLT);
  });
});

/** The vCPU's thread: makes the vCPU of a VM that it knows by number, and runs it until kicked. */
const VCPU_THREAD = `
  import { parentPort, workerData } from 'node:worker_threads';
  import { blockSignals, consumeSignal, gettid, SignalSet } from '@crosvm/sys-util';
  import { Vm } from './vm';
  import { startRealMode } from './testing/cpu-mode';

  const kick = new SignalSet([workerData.signal]);
  blockSignals(kick);
  const vcpu = Vm.fromRaw(workerData.vm, workerData.mmapSize).createVcpu(1);
  vcpu.setSignalMask(new SignalSet());
  startRealMode(vcpu, workerData.entry);
  parentPort.postMessage({ tid: gettid(), vcpu: vcpu.raw });
  const reason = vcpu.run();
  const again = vcpu.run();
  vcpu.immediateExit = false;
  parentPort.postMessage({ reason, again, signal: consumeSignal(kick) });
`;

/** The next message of a worker, or its error. */
function message(worker: Worker): Promise<Record<string, number>> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('a vCPU that runs for ever on another thread', () => {
  it('is stopped by immediateExit and a signal to its thread', async () => {
    using script = bundleScript(VCPU_THREAD, __dirname);
    using guest = TestGuest.create({ code: machineCode('eb fe   ; jmp to itself') });
    const worker = new Worker(script.path, {
      workerData: {
        vm: guest.vm.raw,
        mmapSize: guest.kvm.vcpuMmapSize,
        entry: 0x1000,
        signal: KICK,
      },
    });
    const exited = new Promise((resolve) => worker.once('exit', resolve));

    const { tid, vcpu } = await message(worker);
    using other = Vcpu.fromRaw(vcpu!, guest.kvm.vcpuMmapSize);
    await new Promise((resolve) => setTimeout(resolve, 50));
    other.immediateExit = true;
    const sent = kickThread(process.pid, tid!, KICK);
    const stopped = await message(worker);
    await exited;

    expect(sent).toBe(true);
    expect(stopped).toEqual({ reason: KVM_EXIT_INTR, again: KVM_EXIT_INTR, signal: KICK });
    expect(other.immediateExit).toBe(false);
  }, 30_000);
});
