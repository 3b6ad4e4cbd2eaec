import fc from 'fast-check';

import {
  AddressError,
  checkHostAddress,
  formatIpv4,
  formatMac,
  parseIpv4,
  parseMac,
  parseNetmask,
} from './addresses';

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

describe('MAC addresses', () => {
  it('are read in either case', () => {
    expect(parseMac('02:00:5e:10:0A:fF')).toEqual(Uint8Array.of(2, 0, 0x5e, 0x10, 0x0a, 0xff));
  });

  it('are written as they are read', () => {
    fc.assert(
      fc.property(bytes(6), (mac) => {
        mac[0] = ((mac[0] ?? 0) & 0xfe) | 2;
        expect(parseMac(formatMac(mac))).toEqual(mac);
      }),
    );
  });

  it.each([
    ['', 'six bytes in hex, joined by colons'],
    ['02:00:00:00:00', 'six bytes in hex'],
    ['02:00:00:00:00:00:01', 'six bytes in hex'],
    ['2:0:0:0:0:1', 'six bytes in hex'],
    ['02-00-00-00-00-01', 'six bytes in hex'],
    ['02:00:00:00:00:0g', 'six bytes in hex'],
    [' 02:00:00:00:00:01', 'six bytes in hex'],
    ['03:00:00:00:00:01', 'is a multicast address: its first byte must be even'],
    ['ff:ff:ff:ff:ff:ff', 'is a multicast address'],
    ['00:00:00:00:00:00', "is no card's address"],
  ])('are not %j', (text, message) => {
    expect(() => parseMac(text)).toThrow(AddressError);
    expect(() => parseMac(text)).toThrow(message);
  });
});

describe('IPv4 addresses', () => {
  it('are written as they are read', () => {
    fc.assert(
      fc.property(bytes(4), (address) => {
        expect(parseIpv4(formatIpv4(address))).toEqual(address);
      }),
    );
  });

  it.each([
    ['', 'four numbers'],
    ['10.0.0', 'four numbers'],
    ['10.0.0.1.2', 'four numbers'],
    ['10.0.0.01', 'four numbers'],
    ['10.0.0.1/24', 'four numbers'],
    ['10.0.0.-1', 'four numbers'],
    ['10.0.0. 1', 'four numbers'],
    ['10.0.0.256', '256 is above 255'],
    ['::1', 'four numbers'],
  ])('are not %j', (text, message) => {
    expect(() => parseIpv4(text)).toThrow(AddressError);
    expect(() => parseIpv4(text)).toThrow(message);
  });
});

describe('netmasks', () => {
  it('are those with their ones first', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), (prefix) => {
        const value = 2 ** 32 - 2 ** (32 - prefix);
        const mask = Uint8Array.from([24, 16, 8, 0], (shift) => Math.floor(value / 2 ** shift));
        expect(parseNetmask(formatIpv4(mask))).toEqual(mask);
      }),
    );
  });

  it.each([
    ['255.0.255.0', 'its ones must come before its zeros'],
    ['0.255.255.255', 'its ones must come before its zeros'],
    ['255.255.255.253', 'its ones must come before its zeros'],
    ['0.0.0.0', 'a network with a host and a guest'],
    ['255.255.255.255', 'a network with a host and a guest'],
    ['24', 'four numbers'],
    ['255.255.256.0', '256 is above 255'],
  ])('are not %j', (text, message) => {
    expect(() => parseNetmask(text)).toThrow(AddressError);
    expect(() => parseNetmask(text)).toThrow(message);
  });
});

describe('addresses of hosts', () => {
  it.each([
    ['10.0.2.1', '255.255.255.0'],
    ['10.0.2.0', '255.255.0.0'],
    ['10.0.2.0', '255.255.255.254'],
    ['10.0.2.1', '255.255.255.254'],
    ['192.168.1.254', '255.255.255.0'],
  ])('are such as %s with %s', (address, mask) => {
    expect(() => checkHostAddress(parseIpv4(address), parseNetmask(mask))).not.toThrow();
  });

  it.each([
    ['10.0.2.0', '255.255.255.0', 'is the address of the network itself'],
    ['10.0.2.255', '255.255.255.0', 'is the broadcast address, with netmask 255.255.255.0'],
    ['10.0.2.7', '255.255.255.248', 'is the broadcast address'],
    ['0.0.0.1', '255.0.0.0', 'is not an address that a host can have'],
    ['127.0.0.1', '255.0.0.0', 'is not an address that a host can have'],
    ['224.0.0.1', '255.0.0.0', 'is not an address that a host can have'],
    ['255.255.255.255', '255.0.0.0', 'is not an address that a host can have'],
  ])('are not %s with %s', (address, mask, message) => {
    expect(() => checkHostAddress(parseIpv4(address), parseNetmask(mask))).toThrow(message);
  });

  it('have as many bytes as they must', () => {
    expect(() => formatIpv4(new Uint8Array(3))).toThrow(RangeError);
    expect(() => formatMac(new Uint8Array(7))).toThrow(RangeError);
  });
});
