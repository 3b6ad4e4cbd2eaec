import { UsageError } from '../usage-error';
import { parseDevice } from './devices';

describe('--device', () => {
  it('names a module, and has words for it', () => {
    expect(parseDevice('./echo.ts')).toEqual({ path: './echo.ts', options: {} });
    expect(parseDevice('./echo.ts,shout,name="a, b",policy=echo.policy')).toEqual({
      path: './echo.ts',
      policy: 'echo.policy',
      options: { shout: true, name: 'a, b' },
    });
  });

  it.each([
    ['', '--device needs a path'],
    [',shout', '--device needs a path'],
    ['a.ts,', 'a key is missing'],
    ['a.ts,policy', 'policy needs a path'],
    ['a.ts,x=1,x=2', 'x is given twice'],
  ])('is refused: %s', (value, reason) => {
    expect(() => parseDevice(value)).toThrow(UsageError);
    expect(() => parseDevice(value)).toThrow(reason);
  });
});
