export { getAffinity, setAffinity } from './affinity';
export {
  Epoll,
  POLL_EDGE,
  POLL_ERROR,
  POLL_HANG_UP,
  POLL_PEER_CLOSED,
  POLL_READABLE,
  POLL_WRITABLE,
} from './epoll';
export { EventFd, type EventFdOptions } from './event-fd';
export { EventLoopPoller } from './event-loop-poller';
export {
  type FdMessage,
  FdSocket,
  type FdSocketOptions,
  hangUp,
  MessageTruncatedError,
  type Received,
  socketPair,
  streamPair,
} from './fd-socket';
export { bind } from './ffi/bind';
export { dropEventLoopRing } from './ffi/event-loop-ring';

export type {
  CType,
  CTypes,
  Functions,
  Signature,
  SignatureOptions,
  SignatureTable,
} from './ffi/signature';
export {
  type AccessMode,
  accessMode,
  closeInheritedOnExec,
  createPipe,
  fileKind,
  type FileKind,
  fileSize,
  openFile,
  type Pipe,
  resizeFile,
  setNonblocking,
} from './files';
export { lockFile, type LockMode, lockOpenFile } from './file-lock';
export {
  GuestMemory,
  GuestMemoryError,
  type GuestMemoryLayout,
  type GuestRegion,
  type MemoryRange,
} from './guest-memory';
export type { HugePageMaker } from './huge-pages';
export { IoUring, type IoUringOptions } from './io-uring/io-uring';
export { ioctl, ioctlRaw } from './ioctl';
export { Iovecs } from './iovecs';
export { type FileMapping, Mapping } from './mapping';
export {
  createLogger,
  type LazyLogger,
  type LoggerOptions,
  type LogStream,
} from './log/create-logger';
export {
  LOG_LEVELS,
  type Logger,
  type LogLevel,
  type LogRecord,
  sinkLogger,
  type SinkOptions,
} from './log/logger';
export { RateLimited, type RateLimit } from './log/rate-limited';
export { openSyslog, syslog, type SyslogOptions } from './log/syslog';
export { MAX_FDS_PER_MESSAGE, MessageBuffer } from './message-buffer';
export { monotonicSeconds } from './monotonic-seconds';
export { FdScope, OwnedFd } from './owned-fd';
export { type PeerCredentials, peerCredentials } from './peer-credentials';
export { PollLoop } from './poll-loop';
export type { Poller, PollHandler, PollRegistration } from './poller';
export { dieWithParent, exitNow } from './process-end';
export { RawTerminal } from './raw-terminal';
export { type SealedMemory, sealedMemory, sealSize, SharedMemory } from './shared-memory';
export { SignalFd, type SignalFdOptions, type SignalInfo } from './signal-fd';
export { SignalSet } from './signal-set';
export {
  blockSignals,
  consumeSignal,
  gettid,
  kickThread,
  setBlockedSignals,
  SIGRTMIN,
  unblockSignals,
} from './signals';
export { createSocket, setSendBuffer } from './socket';
export { check, Errno, retry, SysError } from './sys-error';
export {
  discardRaw,
  fdatasyncRaw,
  getrandomRaw,
  preadvRaw,
  punchHoleRaw,
  pwritevRaw,
  readRaw,
  readvRaw,
  sendfileRaw,
  writeRaw,
  writevRaw,
  zeroRangeRaw,
} from './raw-io';
export {
  inForeground,
  isTerminal,
  rawSettings,
  setTerminalSettings,
  sttyText,
  type TerminalSettings,
  terminalSettings,
} from './terminal-settings';
export { TimerFd, type TimerClock, type TimerFdOptions } from './timer-fd';
export { MAX_SOCKET_PATH } from './unix-address';
export { isListening, UnixListener } from './unix-listener';
export { connectUnix, StreamBuffer, type StreamReceived } from './unix-stream';
export { waitReadable } from './wait-readable';
