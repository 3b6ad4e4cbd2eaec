export {
  AddressError,
  checkHostAddress,
  formatIpv4,
  formatMac,
  parseIpv4,
  parseMac,
  parseNetmask,
} from './addresses';
export { isAddressInUse } from './address-in-use';
export { NetworkInterface } from './interface';
export { openTun, setQueueAttached, setTapOffload, Tap, type TapOptions } from './tap';
export { TapError, type TapErrorCode } from './tap-error';
