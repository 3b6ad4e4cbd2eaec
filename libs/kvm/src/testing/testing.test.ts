import { eventually, itIf, machineCode } from './index';

describe('machineCode', () => {
  it('takes hex bytes and leaves out what comes after a semicolon', () => {
    expect([...machineCode('ba F8 03 ; mov dx, 0x3f8', '; nothing', '  ee', 'f4;hlt')]).toEqual([
      0xba, 0xf8, 0x03, 0xee, 0xf4,
    ]);
  });

  it('takes nothing else', () => {
    expect(() => machineCode('mov')).toThrow("'mov' is not a hex byte");
    expect(() => machineCode('123')).toThrow(SyntaxError);
  });
});

describe('eventually', () => {
  it('waits for what happens in the background', async () => {
    let happened = false;
    setTimeout(() => {
      happened = true;
    }, 20);

    await eventually(() => happened);

    expect(happened).toBe(true);
  });
});

describe('itIf', () => {
  itIf(true, 'never')('defines a test where it can run', () => {
    expect(expect.getState().currentTestName).toBe('itIf defines a test where it can run');
  });
});
