import { madt } from './madt';

/** The entries as `type: bytes` behind the two header bytes. */
function entriesOf(table: Uint8Array): string[] {
  const entries: string[] = [];
  for (let at = 44; at < table.length; at += table[at + 1]!) {
    const body = table.subarray(at + 2, at + table[at + 1]!);
    entries.push(`${table[at]}: ${Buffer.from(body).toString('hex')}`);
  }
  return entries;
}

describe('madt', () => {
  it('lists CPUs, the IO-APIC, the override of SCI and NMI', () => {
    expect(entriesOf(madt(2))).toEqual([
      '0: 000001000000',
      '0: 010101000000',
      '1: 00000000c0fe00000000',
      '2: 0009090000000d00',
      '4: ff000001',
    ]);
  });

  it('says where the local APICs are and that there are PICs', () => {
    const view = new DataView(madt(1).buffer);
    expect(view.getUint32(36, true)).toBe(0xfee0_0000);
    expect(view.getUint32(40, true)).toBe(1);
  });

  it('has a local APIC for each of 254 CPUs', () => {
    const cpus = entriesOf(madt(254)).filter((entry) => entry.startsWith('0: '));
    expect(cpus).toHaveLength(254);
    expect(cpus.at(-1)).toBe('0: fdfd01000000');
  });

  it('describes CPUs from id 255 on as x2APICs', () => {
    const entries = entriesOf(madt(257));
    expect(entries.filter((entry) => entry.startsWith('0: '))).toHaveLength(255);
    expect(entries.filter((entry) => entry.startsWith('9: '))).toEqual([
      '9: 0000ff00000001000000ff000000',
      '9: 0000000100000100000000010000',
    ]);
    expect(entries.at(-1)).toBe('10: 0000ffffffff01000000');
  });
});
