import { checkCommandLineLength, KernelCommandLine } from './command-line';

const withCode = (code: string) => expect.objectContaining({ code }) as Error;

describe('KernelCommandLine', () => {
  it('joins parameters with single spaces', () => {
    const line = new KernelCommandLine();
    line.insert('console', 'ttyS0').insertStr('  panic=-1 quiet ').insertStr(' ').insertStr('ro');
    expect(line.toString()).toBe('console=ttyS0 panic=-1 quiet ro');
    expect(line.length).toBe(31);
  });

  it('counts its NUL and keeps what it had when something does not fit', () => {
    const line = new KernelCommandLine(8);
    line.insertStr('1234');
    expect(() => line.insertStr('678')).toThrow('is 8 characters long; the kernel takes 7 at most');
    line.insertStr('67');
    expect(line.toString()).toBe('1234 67');
  });

  it('has room for 2047 characters', () => {
    const line = new KernelCommandLine();
    expect(line.insertStr('x'.repeat(2047)).length).toBe(2047);
    expect(() => line.insertStr('y')).toThrow(withCode('COMMAND_LINE_TOO_LONG'));
  });

  it.each([
    ['a\0b', 'U+0000'],
    ['a\nb', 'U+000A'],
    ['a\tb', 'U+0009'],
    ['a\x7fb', 'U+007F'],
    ['größe', 'U+00F6'],
    ['a\u{1f600}', 'U+1F600'],
  ])('refuses %j', (text, name) => {
    const line = new KernelCommandLine();
    expect(() => line.insertStr(text)).toThrow(withCode('COMMAND_LINE_CHARACTER'));
    expect(() => line.insertStr(text)).toThrow(`has the character ${name}`);
    expect(() => line.insert('key', text)).toThrow(withCode('COMMAND_LINE_CHARACTER'));
    expect(line.length).toBe(0);
  });

  it.each([
    ['', 'x'],
    ['a=b', 'x'],
    ['a b', 'x'],
    ['a', 'x y'],
  ])('refuses the parameter %j with %j', (key, value) => {
    const line = new KernelCommandLine();
    expect(() => line.insert(key, value)).toThrow(withCode('COMMAND_LINE_CHARACTER'));
  });
});

describe('checkCommandLineLength', () => {
  it('does not count the NUL', () => {
    expect(() => checkCommandLineLength('1234', 4)).not.toThrow();
    expect(() => checkCommandLineLength('12345', 4)).toThrow(withCode('COMMAND_LINE_TOO_LONG'));
  });
});
