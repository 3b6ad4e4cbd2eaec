import { EventLoopPoller, type Logger } from '@crosvm/sys-util';
import { ControlServer } from '@crosvm/vm-control';

import { version } from '../../package.json';
import { errorText } from '../cli/error-text';
import { controlHandlers } from './handlers';
import type { VmSlot } from './vm-slot';

/**
 * Opens the control socket of this process, until it is disposed.
 * @throws SocketPathError and others if it cannot be made
 */
export function openControlSocket(path: string, subject: VmSlot, log: Logger): Disposable {
  const poller = new EventLoopPoller();
  const server = serverAt(path, poller, subject, log);
  log.info(`control socket: ${server.path}`);
  return {
    [Symbol.dispose]: () => {
      server[Symbol.dispose]();
      poller[Symbol.dispose]();
    },
  };
}

/** A poller that nobody stops keeps the process. */
function serverAt(path: string, poller: EventLoopPoller, subject: VmSlot, log: Logger) {
  try {
    return new ControlServer({
      path,
      poller,
      program: { name: 'crosvm', version },
      handlers: controlHandlers(subject),
      onBug: (method, error) => log.error(`control socket: ${method}: ${errorText(error)}`),
    });
  } catch (error) {
    poller[Symbol.dispose]();
    throw error;
  }
}
