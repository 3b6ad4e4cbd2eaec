/** An address that is none. The message says what is expected. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/*
 * Without imports, so that a command line can be checked without loading anything.
 */

/** Bytes of a MAC address. */
const MAC_BYTES = 6;

/** Bits of an IPv4 address. */
const IPV4_BITS = 32;
const IPV4_BYTES = 4;

/** The first byte of a MAC address: for many. IEEE 802, 8.2. */
const MULTICAST_BIT = 0x01;

function quoted(text: string): string {
  return `'${text}'`;
}

/**
 * Reads the MAC address of one card, such as `02:00:5e:10:00:01`: 6 bytes.
 * @throws AddressError for anything else, and for addresses of many cards or of none
 */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) {
    throw new AddressError(
      `${quoted(text)} is not a MAC address: six bytes in hex, joined by colons`,
    );
  }
  const mac = Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
  if (((mac[0] ?? 0) & MULTICAST_BIT) !== 0) {
    throw new AddressError(`${quoted(text)} is a multicast address: its first byte must be even`);
  }
  if (mac.every((byte) => byte === 0)) {
    throw new AddressError(`${quoted(text)} is no card's address`);
  }
  return mac;
}

/**
 * The text of a MAC address, in lower case.
 * @throws RangeError if it has not 6 bytes
 */
export function formatMac(mac: Uint8Array): string {
  if (mac.length !== MAC_BYTES) {
    throw new RangeError(`a MAC address of ${mac.length} bytes`);
  }
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/**
 * Reads an IPv4 address, such as `10.0.2.1`: 4 bytes, in network order.
 * @throws AddressError for anything else; also for leading zeros, which some read as octal
 */
export function parseIpv4(text: string): Uint8Array {
  const parts = text.split('.');
  if (parts.length !== IPV4_BYTES || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) {
    throw new AddressError(
      `${quoted(text)} is not an IPv4 address: four numbers from 0 to 255, joined by dots`,
    );
  }
  const tooLarge = parts.find((part) => Number(part) > 255);
  if (tooLarge !== undefined) {
    throw new AddressError(`${quoted(text)} is not an IPv4 address: ${tooLarge} is above 255`);
  }
  return Uint8Array.from(parts, Number);
}

/**
 * The text of an IPv4 address.
 * @throws RangeError if it has not 4 bytes
 */
export function formatIpv4(address: Uint8Array): string {
  if (address.length !== IPV4_BYTES) {
    throw new RangeError(`an IPv4 address of ${address.length} bytes`);
  }
  return address.join('.');
}

function asNumber(address: Uint8Array): number {
  return address.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** How many of a netmask's bits are set; undefined if they are not the first ones. */
function prefixLength(mask: Uint8Array): number | undefined {
  const bits = asNumber(mask).toString(2).padStart(IPV4_BITS, '0');
  const [, ones] = /^(1*)0*$/.exec(bits) ?? [];
  return ones?.length;
}

/**
 * Reads a netmask, such as `255.255.255.0`: 4 bytes, in network order.
 * @throws AddressError for anything else, and where it leaves no room for two addresses
 */
export function parseNetmask(text: string): Uint8Array {
  const mask = parseIpv4(text);
  const prefix = prefixLength(mask);
  if (prefix === undefined) {
    throw new AddressError(`${quoted(text)} is not a netmask: its ones must come before its zeros`);
  }
  if (prefix === 0 || prefix === IPV4_BITS) {
    throw new AddressError(
      `${quoted(text)} is not the netmask of a network with a host and a guest`,
    );
  }
  return mask;
}

/**
 * Checks that an address is one that a host of its network can have.
 * @throws AddressError for networks, broadcasts and groups
 */
export function checkHostAddress(address: Uint8Array, netmask: Uint8Array): void {
  const text = quoted(formatIpv4(address));
  const first = address[0] ?? 0;
  if (first === 0 || first === 127 || first >= 224) {
    throw new AddressError(`${text} is not an address that a host can have on a network`);
  }
  const hosts = 2 ** (IPV4_BITS - (prefixLength(netmask) ?? 0));
  const host = asNumber(address) % hosts;
  // With two addresses both are hosts: RFC 3021.
  if (hosts > 2 && (host === 0 || host === hosts - 1)) {
    const what = host === 0 ? 'the address of the network itself' : 'the broadcast address';
    throw new AddressError(`${text} is ${what}, with netmask ${formatIpv4(netmask)}`);
  }
}
