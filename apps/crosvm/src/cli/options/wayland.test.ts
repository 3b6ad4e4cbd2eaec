import { OptionValues } from '../option-values';
import { outcome } from '../testing/outcome';
import { waylandOptions } from './wayland';

type Given = readonly [name: string, value: string];

function read(...given: Given[]) {
  return outcome(() =>
    waylandOptions.read(new OptionValues(given.map(([name, value]) => ({ name, value })))),
  );
}

const socket = (value: string): Given => ['wayland-sock', value];

describe('Wayland options', () => {
  test('say nothing by default', () => {
    expect(read()).toEqual({});
  });

  test('name sockets, one of them for display', () => {
    expect(read(socket('/run/wayland-0'), socket('/run/other,name=other'))).toEqual({
      wayland: {
        kind: 'sockets',
        sockets: [
          { path: '/run/wayland-0', name: '' },
          { path: '/run/other', name: 'other' },
        ],
      },
    });
  });

  test('take a path with a comma in quotes', () => {
    expect(read(socket('"/run/a,b",name=x'))).toMatchObject({
      wayland: { sockets: [{ path: '/run/a,b', name: 'x' }] },
    });
  });

  test('switch Wayland off', () => {
    expect(read(['no-wl', ''])).toEqual({ wayland: { kind: 'off' } });
  });

  test.each<[string, Given[], string]>([
    ['on and off', [socket('/a'), ['no-wl', '']], '--no-wl and --wayland-sock are both given'],
    ['two for display', [socket('/a'), socket('/b')], 'two sockets without a name are given'],
    [
      'two of a name',
      [socket('/a,name=x'), socket('/b,name=x')],
      "two sockets with the name 'x' are given",
    ],
    ['no path', [socket('')], 'needs a path that is not empty'],
    ['an empty name', [socket('/a,name=')], 'name must not be empty'],
    ['a long name', [socket(`/a,name=${'x'.repeat(33)}`)], 'up to 32 printable ASCII characters'],
    ['a name with a space', [socket('/a,name=x y')], 'up to 32 printable ASCII characters'],
    ['an unknown key', [socket('/a,nam=x')], "unknown key 'nam'"],
  ])('are refused: %s', (_, given, message) => {
    expect(read(...given)).toMatchObject({ message: expect.stringContaining(message) as string });
  });
});
