export { type CallOptions, ControlClient } from './client/control-client';
export { ControlError, type ControlErrorCode } from './client/control-error';
export { ErrorNumber, MAX_ANSWER, MAX_BATCH, MAX_REQUEST } from './protocol/messages';
export {
  type DeviceStatus,
  type MethodName,
  METHODS,
  type Params,
  type Result,
  type VmState,
} from './protocol/methods';
export { PROTOCOL_VERSION } from './protocol/version';
export { ControlServer, type ControlServerOptions } from './server/control-server';
export type { Handler, Handlers } from './server/handlers';
export { RefusedError } from './server/refused-error';
export { SocketFile } from './server/socket-file';
export { SocketPathError } from './server/socket-path-error';
