export { VhostDevice, type VringAddresses } from './vhost-device';
export { VhostError, type VhostErrorCode } from './vhost-error';
export { VhostNet } from './vhost-net';
export { VhostVsock } from './vhost-vsock';
