import { createLogger, openSyslog } from '@crosvm/sys-util';

import type { Command } from './cli/command';
import { checkHost } from './host/check-host';
import { crashHint } from './host/cpu-info';
import { UserError } from './user-error';
import { runVm } from './vm/supervisor';
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

/**
 * `crosvm run`: runs the VM to its end and returns the exit status.
 * @throws UserError and others if it cannot be started or did not end well
 */
export async function runCommand({ config, logging }: Command & { kind: 'run' }): Promise<number> {
  if (logging.syslogTag === undefined && config.serial.some(({ type }) => type === 'syslog')) {
    openSyslog('crosvm');
  }
  const log = createLogger(logging);
  checkHost(config).forEach((warning) => log.warn(warning));
  const end = await runVm(config, log);
  const error = endError(end, config.cpus);
  if (error !== undefined) {
    throw error;
  }
  return exitStatus(end);
}
