import { acpiPciRoot } from './pci-root';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const root = hex(acpiPciRoot());

describe('acpiPciRoot', () => {
  it('is a PCI host bridge, not one of PCI Express', () => {
    expect(root).toContain('0c41d00a03');
    expect(root).not.toContain('0c41d00a08');
  });

  it('forwards bus 0 and the window for BARs, and has the configuration ports', () => {
    const bus = '880d00020c00' + '0000000000000000' + '0100';
    const ports = '4701f80cf80c0108';
    const window = '871700000c01' + '00000000' + '000000c0' + 'ffffffdf' + '00000000' + '00000020';
    expect(root).toContain(`${bus}${ports}${window}7900`);
  });

  it('routes INTA of the devices in slots 1 to 31 to the pins behind the ISA interrupts', () => {
    expect(root).toContain('120b04' + '0cffff0100' + '00' + '00' + '0a11');
    expect(root).toContain('120b04' + '0cffff0700' + '00' + '00' + '0a17');
    expect(root).toContain('120b04' + '0cffff0800' + '00' + '00' + '0a10');
    expect(root).toContain('120b04' + '0cffff1f00' + '00' + '00' + '0a17');
    expect(root.split('120b04')).toHaveLength(32);
  });
});
