import { ErrorNumber, type ErrorObject } from '../protocol/messages';
import { ControlError, type ControlErrorCode } from './control-error';

const CODES: ReadonlyMap<number, ControlErrorCode> = new Map<number, ControlErrorCode>([
  [ErrorNumber.Parse, 'NOT_UNDERSTOOD'],
  [ErrorNumber.InvalidRequest, 'NOT_UNDERSTOOD'],
  [ErrorNumber.UnknownMethod, 'NOT_UNDERSTOOD'],
  [ErrorNumber.InvalidParams, 'NOT_UNDERSTOOD'],
  [ErrorNumber.Refused, 'REFUSED'],
  [ErrorNumber.NotPermitted, 'NOT_PERMITTED'],
]);

/** The error that an answer tells of. */
export function errorOfAnswer({ code, message, data }: ErrorObject): ControlError {
  const hint = typeof data?.hint === 'string' ? data.hint : undefined;
  return new ControlError(CODES.get(code) ?? 'INTERNAL', message, { hint });
}

/** Why no connection could be made to the socket at `path`. */
export function errorOfConnect(path: string, cause: NodeJS.ErrnoException): ControlError {
  switch (cause.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ControlError('NO_SOCKET', `there is no socket ${path}`, {
        hint: 'a VM has one when it was started with --socket PATH',
      });
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new ControlError('NOT_LISTENING', `nobody listens at ${path}`, {
        hint: 'the VM has ended, or it is no socket of a VM',
      });
    case 'EACCES':
    case 'EPERM':
      return new ControlError('NOT_PERMITTED', `this user may not use ${path}`, {
        hint: 'only the user who runs the VM and root may',
      });
    default:
      return new ControlError('NOT_LISTENING', `no connection to ${path}`, { cause });
  }
}
