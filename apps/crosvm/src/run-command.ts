import { createLogger, FdScope, type LazyLogger, type Logger, openSyslog } from '@crosvm/sys-util';

import type { Command } from './cli/command';
import { VmSlot } from './control/vm-slot';
import type { Owner } from './owner/owner';
import { OWNER_VARIABLE } from './owner/owner-messages';
import { checkHost } from './host/check-host';
import { crashHint } from './host/cpu-info';
import { UserError } from './user-error';
import { runVm } from './vm/supervisor';
import type { VmControls } from './vm/vm-controls';
import { exitStatus, type VmEnd } from './vm/vm-end';

/** What the user is told of an end that is not what he asked for. */
function endError(end: VmEnd, cpus: number): UserError | undefined {
  if (end.kind === 'crash') {
    const hint = crashHint(cpus);
    return new UserError(end.detail, hint === undefined ? {} : { hint });
  }
  if (end.kind === 'failed') {
    return new UserError(`${end.part} failed`, { cause: end.cause });
  }
  return undefined;
}

/** Opens the control socket, if there is to be one: nothing of it is loaded before. */
async function openControl(subject: VmSlot, log: Logger): Promise<Disposable | undefined> {
  const { socket } = subject.config;
  if (socket === undefined) {
    return undefined;
  }
  const { openControlSocket } = await import('./control/control-socket.js');
  return openControlSocket(socket, subject, log);
}

/** The same for the metrics socket. */
async function openMetrics(subject: VmSlot, log: Logger): Promise<Disposable | undefined> {
  const { metricsSocket } = subject.config;
  if (metricsSocket === undefined) {
    return undefined;
  }
  const { openMetricsSocket } = await import('./metrics/metrics-socket.js');
  return openMetricsSocket(metricsSocket, () => subject.vm?.metrics?.read(), log);
}

/** The program that owns this VM, if one does; see `src/api`. */
async function findOwner(): Promise<Owner | undefined> {
  const { [OWNER_VARIABLE]: description } = process.env;
  if (description === undefined) {
    return undefined;
  }
  // What is started from here is nobody's.
  Reflect.deleteProperty(process.env, OWNER_VARIABLE);
  const { Owner } = await import('./owner/owner.js');
  return new Owner(description);
}

/** Has the VM end with its owner, and the owner told of it. */
function bind(owner: Owner, vm: VmControls, subject: VmSlot): void {
  owner.onGone(() => subject.stop());
  void vm.started.then(() => owner.running());
}

/** Runs a VM, and others in its place as long as the guest is to be started again. */
async function runVms(subject: VmSlot, log: LazyLogger, owner: Owner | undefined): Promise<VmEnd> {
  const { config } = subject;
  for (;;) {
    const mayRestart = config.restart === true || config.onPanic === 'restart';
    // All that a VM opens here is closed, which is not worth the time where the process ends anyway.
    using _fds = mayRestart ? new FdScope() : undefined;
    const isRestart = subject.vm !== undefined;
    const onVm = (vm: VmControls): void => {
      subject.set(vm);
      if (owner !== undefined && !isRestart) {
        bind(owner, vm, subject);
      }
    };
    const end = await runVm(config, log, { onVm, isRestart });
    if (!subject.restartsAfter(end)) {
      return end.kind === 'reset' || end.kind === 'panic' ? (subject.stopped ?? end) : end;
    }
    log.info('the guest is started again');
  }
}

/**
 * `crosvm run`: runs the VM to its end and returns the exit status.
 * @throws UserError and others if it cannot be started or did not end well
 */
export async function runCommand({ config, logging }: Command & { kind: 'run' }): Promise<number> {
  using owner = await findOwner();
  if (logging.syslogTag === undefined && config.serial.some(({ type }) => type === 'syslog')) {
    openSyslog('crosvm');
  }
  const log = createLogger(logging);
  checkHost(config).forEach((warning) => log.warn(warning));
  const subject = new VmSlot(config);
  using _socket = await openControl(subject, log);
  using _metrics = await openMetrics(subject, log);
  const end = await runVms(subject, log, owner);
  owner?.ended(end);
  const error = endError(end, config.cpus);
  if (error !== undefined) {
    throw error;
  }
  return exitStatus(end);
}
