import { acpiPanicDevice, acpiRtc, acpiSerialPort } from './legacy-devices';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('acpiSerialPort', () => {
  it.each([
    [1, '4701f803f8030108' + '221000'],
    [2, '4701f802f8020108' + '220800'],
    [3, '4701e803e8030108' + '221000'],
    [4, '4701e802e8020108' + '220800'],
  ])('gives COM%i its ports and interrupt', (port, resources) => {
    expect(hex(acpiSerialPort(port))).toContain(`${resources}7900`);
  });

  it.each([0, 5])('refuses port %i', (port) => {
    expect(() => acpiSerialPort(port)).toThrow(RangeError);
  });
});

describe('acpiRtc', () => {
  it('has two ports and interrupt 8', () => {
    expect(hex(acpiRtc())).toContain('4701700070000102' + '220001' + '7900');
  });
});

describe('acpiPanicDevice', () => {
  it('has its id in letters, and a port', () => {
    const id = Buffer.from('QEMU0001').toString('hex');
    expect(hex(acpiPanicDevice())).toContain(`0d${id}00`);
    expect(hex(acpiPanicDevice())).toContain('4701050505050101' + '7900');
  });
});
