import { type GuestMemory, type LazyLogger, type Logger, syslog } from '@crosvm/sys-util';

import type { RunConfig } from '../config';
import { kvmKind, PVM_HINT } from '../host/cpu-info';
import { openDisks } from '../host/open-disks';
import { Passt } from '../host/passt/passt';
import { SeccompPolicies } from '../host/seccomp-policies';
import { buildMachine } from './build-machine';
import { CallRecord } from './call-record';
import { CustomDevices } from './custom-devices';
import { ConsoleInput } from './console-input';
import { DeviceHosts, OWN_POLICIES } from './device-hosts';
import { type HostedDevice, hostNeeds } from './device-plan';
import { giveHugePages } from './huge-pages';
import { LiveDevices } from './live-devices';
import type { LiveDisk } from './live-disk';
import { logMetrics, MetricsReader } from './metrics';
import { OwnBackEnds } from './own-back-ends';
import { RunState, SharedRunState } from './run-state';
import { logStart, StartTimes } from './start-log';
import { stopSignals } from './stop-signals';
import { VcpuThreads } from './vcpu-threads';
import { diskQueues } from './virtio-devices';
import { VmControls } from './vm-controls';
import { logEnd, type VmEnd } from './vm-end';

/** How long output may still take to drain when the user wants the VM gone. */
const HURRIED_DRAIN_MS = 500;

/** How long device hosts may take to finish what is in flight when nobody waits for the end. */
const HOST_DRAIN_MS = 5000;

/** The same when the user waits: one that is well ends in milliseconds, but not on every machine. */
const HURRIED_HOST_DRAIN_MS = 2000;

/** How long a guest that works may take until its first exit; it takes some milliseconds. */
const STALL_MS = 2000;

/** Whether the VM is to be gone, and output that nobody reads is not waited for. */
function isHurried(end: VmEnd | undefined): boolean {
  const hurried = ['signal', 'quit', 'stopped', 'failed', 'forbidden'];
  return end === undefined || hurried.includes(end.kind);
}

/** Whether the guest came to its end as it wanted. */
function isGuestsOwn(end: VmEnd): boolean {
  return end.kind === 'poweroff' || end.kind === 'reset';
}

/** How long hosts may take to finish what is in flight. */
function hostPatienceMs(end: VmEnd | undefined): number {
  const isWaitedFor = end !== undefined && ['signal', 'quit', 'stopped'].includes(end.kind);
  return isWaitedFor ? HURRIED_HOST_DRAIN_MS : HOST_DRAIN_MS;
}

/**
 * Tells the user what is wrong when a guest gets nowhere on a KVM that cannot run stock kernels: they
 * do not even fail there, they run on for ever and do nothing.
 */
function watchForStall(runState: SharedRunState, log: Logger): Disposable {
  const timer =
    kvmKind() === 'pvm'
      ? setTimeout(() => {
          if (!runState.guestActed) {
            log.warn(`the guest has done nothing yet; ${PVM_HINT}`);
          }
        }, STALL_MS)
      : undefined;
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Starts passt, if the VM has a network of it. It gets ready while the machine is made. */
function startPasst({ network }: RunConfig, log: Logger): Passt | undefined {
  return network?.passt && Passt.start(network.passt, { mtu: network.mtu, log });
}

/** @throws UserError if a policy is missing */
function checkPolicies(devices: readonly HostedDevice[], policies: SeccompPolicies): void {
  for (const { name, plan } of devices) {
    if (plan.kind !== 'custom') {
      policies.file(hostNeeds(plan).policy, name);
    }
  }
}

/** How a VM is run. */
export interface RunVmOptions {
  /** Is given what can be done with it from outside, as soon as there is anything. */
  readonly onVm?: (vm: VmControls) => void;
  /** Whether it takes the place of one that was there before: files of serial ports go on. */
  readonly isRestart?: boolean;
}

/**
 * Runs a VM from its configuration to its end, and says why it ended. Whatever happens, threads are
 * stopped, output is drained and the terminal is as it was when this returns.
 * @throws UserError and others if the VM cannot be started; nothing is left behind then
 */
export async function runVm(
  config: RunConfig,
  log: LazyLogger,
  { onVm = () => undefined, isRestart = false }: RunVmOptions = {},
): Promise<VmEnd> {
  const policies = new SeccompPolicies(config.seccompPolicyDir);
  using record =
    config.seccompRecord === undefined ? undefined : CallRecord.create(config.seccompRecord);
  const hurry = new AbortController();
  let end: (end: VmEnd) => void = () => undefined;
  const ended = new Promise<VmEnd>((resolve) => {
    end = (why) => {
      resolve(why);
      if (isHurried(why)) {
        // Also when the guest has ended, and output still waits for its reader.
        hurry.abort();
      }
    };
  });
  using _signals = stopSignals(end);
  const times = new StartTimes();
  times.ended('program');
  const runState = SharedRunState.create(config.cpus);
  const vcpus = new VcpuThreads(runState, config.cpus, {
    onEnd: end,
    onPanic: () => {
      log.warn("the guest's kernel panicked; the VM is kept as it is");
      void controlled.halt();
    },
    onLog: (level, message) => log[level](message),
  });
  // A VM that takes another's place is made in this process, which needs all it had for that.
  const mayRestart = config.restart === true || config.onPanic === 'restart';
  const selfFailed = (cause: unknown): void =>
    end({ kind: 'failed', part: 'crosvm itself', cause });
  let hostFailed: VmEnd | undefined;
  const hosts = new DeviceHosts({
    processes: config.sandbox,
    policies,
    logForbidden: config.seccompLogFailures === true,
    ...(record !== undefined && { record }),
    log,
    onEnd: (failed) => {
      hostFailed ??= failed;
      end(failed);
    },
    ...(!mayRestart && { self: { log, onEnd: end } }),
  });
  const controlled = new VmControls({ hosts, vcpus, runState, end, ended });
  onVm(controlled);
  let why: VmEnd | undefined;
  let hosted: readonly HostedDevice[] = [];
  let own: OwnBackEnds | undefined;
  let passt: Passt | undefined;
  let liveDisks: readonly LiveDisk[] = [];
  const customDevices = new CustomDevices();
  let memory: GuestMemory | undefined;
  try {
    passt = startPasst(config, log);
    const loading = customDevices.load({ config, policies, hosts });
    const custom = await Promise.race([loading, ended.then(() => undefined)]);
    if (custom === undefined) {
      why = await ended;
      return why;
    }
    const machine = buildMachine(config, {
      disks: openDisks(config.disks, diskQueues(config.cpus)),
      passt: passt?.card,
      custom,
    });
    liveDisks = machine.liveDisks;
    memory = machine.memory;
    controlled.live = new LiveDevices({
      hosts,
      disks: liveDisks,
      memory: machine.memory.size,
      hasBalloon: config.balloon !== undefined,
    });
    using input = new ConsoleInput(() => end({ kind: 'quit' }));
    vcpus.make((index) => machine.vcpuPlan(index, runState));
    hosted = machine.hosted(input.fd);
    const { exits } = machine;
    const metrics = new MetricsReader({ cpus: config.cpus, exits, devices: hosted });
    controlled.metrics = metrics;
    if (config.sandbox) {
      checkPolicies(hosted, policies);
      OWN_POLICIES.forEach((name) => policies.file(name, 'crosvm itself'));
    }
    own = new OwnBackEnds(machine.ownBackEnds(), (port, line) =>
      syslog('info', `serial ${port}: ${line}`),
    );
    // They get ready while the guest is loaded.
    hosts.start(hosted, machine.memory, own.poller);
    times.ended('machine');
    const { start, guest } = machine.load(isRestart);
    times.ended('guest');
    await Promise.race([Promise.all([vcpus.start(start), passt?.ready]), ended]);
    runState.state = RunState.Running;
    controlled.running(machine);
    times.ended('vCPUs');
    logStart(log, { config, guest, ranges: machine.memory.regions, times });
    using _watch = watchForStall(runState, log);
    using _hugePages = giveHugePages(machine.memory);
    if (config.serial.some(({ stdin }) => stdin)) {
      // Not before the guest runs: the terminal's guard is a process, which takes a while to start.
      input.begin();
    }
    void hosts.shutSelf().catch(selfFailed);
    why = await ended;
    hosts.vmEnded();
    logMetrics(log, metrics.read());
    logEnd(log, why);
  } finally {
    passt?.vmEnded();
    // A vCPU that waits for a back end's answer sees no kick.
    hosted.forEach((device) => device.hangUp());
    await vcpus.stop();
    if (isHurried(why)) {
      hurry.abort();
    }
    await hosts.stop({
      hostMs: hostPatienceMs(why),
      hurry: hurry.signal,
      hurriedOutputMs: HURRIED_DRAIN_MS,
    });
    await passt?.stop();
    own?.[Symbol.dispose]();
    liveDisks.forEach((disk) => disk[Symbol.dispose]());
    customDevices[Symbol.dispose]();
    // It stays mapped, for views of it may still be about; another VM may follow.
    memory?.regions.forEach(({ at, size }) => memory?.giveBack(at, size));
  }
  // A guest that was quicker than the start of a host did not have all of its devices.
  if (hostFailed !== undefined && isGuestsOwn(why)) {
    logEnd(log, hostFailed);
    return hostFailed;
  }
  return why;
}
