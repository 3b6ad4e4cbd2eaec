import fc from 'fast-check';

import type { SerialConfig } from '../../config';
import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { parseSerial, serialOptions } from './serial';

function read(...texts: string[]): readonly SerialConfig[] {
  const given = texts.map((value) => ({ name: 'serial', value }));
  return serialOptions.read(new OptionValues(given)).serial;
}

const off = { console: false, stdin: false };

describe('parseSerial', () => {
  test.each<[string, SerialConfig]>([
    ['type=stdout', { type: 'stdout', num: 1, ...off }],
    ['type=sink,num=4', { type: 'sink', num: 4, ...off }],
    ['type=syslog,num=2', { type: 'syslog', num: 2, ...off }],
    ['num=3', { type: 'sink', num: 3, ...off }],
    ['type=file,path=/a b/c', { type: 'file', num: 1, path: '/a b/c', ...off }],
    ['type=file,path="a,b"', { type: 'file', num: 1, path: 'a,b', ...off }],
    ['type=stdout,console,stdin', { type: 'stdout', num: 1, console: true, stdin: true }],
    [
      'type=stdout,console=true,stdin=false',
      { type: 'stdout', num: 1, console: true, stdin: false },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseSerial(text)).toEqual(expected);
  });

  test.each([
    ['', 'a key is missing', 'its keys are type, num, path, console, stdin'],
    ['typo=stdout', "unknown key 'typo'", 'did you mean type?'],
    ['tpye=stdout', "unknown key 'tpye'", 'did you mean type?'],
    ['hardware=serial', "unknown key 'hardware'", 'its keys are type, num, path, console, stdin'],
    ['type=stdot', "unknown type 'stdot'", 'did you mean stdout?'],
    ['type=unix', "unknown type 'unix'", 'the types are stdout, file, sink, syslog'],
    ['type', "unknown type ''", 'the types are stdout, file, sink, syslog'],
    ['type=sink,type=sink', 'type is given twice', undefined],
    ['num=0', "num must be from 1 to 4, not '0'", undefined],
    ['num=5', "num must be from 1 to 4, not '5'", undefined],
    ['num=one', "num must be a whole number, not 'one'", undefined],
    ['num', "num must be a whole number, not ''", undefined],
    ['type=file', 'type file needs a path', 'add path=FILE'],
    ['type=file,path', 'type file needs a path', 'add path=FILE'],
    ['type=file,path=', 'type file needs a path', 'add path=FILE'],
    [
      'type=stdout,path=x',
      'type stdout takes no path',
      'to write to a file say type=file,path=FILE',
    ],
    ['path=x', 'type sink takes no path', 'to write to a file say type=file,path=FILE'],
    ['type=stdout,console=yes', "console must be true or false, not 'yes'", undefined],
    ['type=stdout,stdin=', "stdin must be true or false, not ''", undefined],
  ])('refuses %j', (text, message, hint) => {
    expect(outcome(() => parseSerial(text))).toMatchObject({
      message: `--serial: ${message}`,
      hint,
    });
  });

  test('throws nothing but user errors, whatever the text', () => {
    const piece = fc.constantFrom(
      'type',
      'num',
      'path',
      'stdin',
      '=',
      ',',
      'file',
      'sink',
      '1',
      '"',
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: piece })), (text) => {
        expect(() => outcome(() => parseSerial(text))).not.toThrow();
      }),
    );
  });

  test('reads back any port', () => {
    const common = {
      num: fc.integer({ min: 1, max: 4 }),
      console: fc.boolean(),
      stdin: fc.boolean(),
    };
    const port: fc.Arbitrary<SerialConfig> = fc.oneof(
      fc.record({ ...common, type: fc.constantFrom('stdout', 'sink', 'syslog') }),
      fc.record({
        ...common,
        type: fc.constant('file'),
        path: fc.stringMatching(/^[^,"'\\][^,]*$/),
      }),
    );
    fc.assert(
      fc.property(port, (config) => {
        const text = Object.entries(config).map(([key, value]) => `${key}=${value}`);
        expect(parseSerial(text.join(','))).toEqual(config);
      }),
    );
  });
});

describe('the serial ports together', () => {
  const com1 = { type: 'stdout', num: 1, console: true, stdin: true };

  test('are one console on the terminal by default', () => {
    expect(read()).toEqual([com1]);
  });

  test('get that console where another port says nothing of one', () => {
    expect(read('type=sink,num=2')).toEqual([com1, { type: 'sink', num: 2, ...off }]);
  });

  test('get it without the standard input where another port takes that', () => {
    expect(read('type=stdout,num=2,stdin')).toEqual([
      { ...com1, stdin: false },
      { type: 'stdout', num: 2, console: false, stdin: true },
    ]);
  });

  test('get nothing more where another port is the console', () => {
    const [first, ...more] = read('type=sink,num=2,console');
    expect(first).toMatchObject({ num: 2, console: true });
    expect(more).toEqual([]);
  });

  test('get nothing more where port 1 is something else', () => {
    expect(read('type=sink,num=1')).toEqual([{ type: 'sink', num: 1, ...off }]);
  });

  test('are in the order of their numbers', () => {
    const ports = read('num=4', 'num=2', 'num=3', 'num=1');
    expect(ports.map(({ num }) => num)).toEqual([1, 2, 3, 4]);
  });

  test.each([
    ['num=2', 'num=2', 'port 2 is given twice'],
    ['type=sink', 'type=syslog', 'port 1 is given twice'],
    ['num=1,console', 'num=2,console', 'only one port can be the console'],
    ['num=1,stdin', 'num=2,stdin', 'only one port can take the standard input'],
  ])('refuse %s with %s', (first, second, message) => {
    expect(() => read(first, second)).toThrow(`--serial: ${message}`);
  });
});
