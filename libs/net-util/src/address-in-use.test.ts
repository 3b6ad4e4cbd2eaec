import { isAddressInUse, isLocalIn } from './address-in-use';
import { parseIpv4 } from './addresses';

const TABLE = `Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 192.0.2.0/24 2 0 2
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
`;

describe('whether an address is in use', () => {
  it('is seen in the table of routes', () => {
    const addresses = [
      '192.0.2.2',
      '192.0.2.0',
      '192.0.2.255',
      '192.0.2.22',
      '2.0.2.2',
      '92.0.2.2',
    ];

    expect(addresses.map((address) => isLocalIn(TABLE, address))).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('is known of this machine', () => {
    expect(isAddressInUse(parseIpv4('198.51.100.77'))).toBe(false);
  });
});
