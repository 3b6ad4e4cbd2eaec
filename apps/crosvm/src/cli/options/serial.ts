import type { RunConfig, SerialConfig, SerialType } from '../../config';
import { parseInteger } from '../integer';
import { type KeyValueRule, parseKeyValues, parseSwitch } from '../key-values';
import type { OptionGroup } from '../option-group';
import { quote } from '../quote';
import { suggest } from '../suggest';
import { UsageError } from '../usage-error';

const TYPES: readonly SerialType[] = ['stdout', 'file', 'sink', 'syslog'];

/** As crosvm. */
const DEFAULT_TYPE: SerialType = 'sink';

/** COM1 to COM4. */
const PORTS = 4;

const RULE: KeyValueRule = {
  option: '--serial',
  keys: ['type', 'num', 'path', 'console', 'stdin'],
};

/** The serial ports. */
export const serialOptions: OptionGroup<Pick<RunConfig, 'serial'>> = {
  title: 'Serial ports',
  options: [
    {
      name: 'serial',
      value: 'KEYS',
      keys: RULE.keys,
      repeatable: true,
      help: [
        'A serial port; may be repeated. Keys, joined by commas:',
        `type=${TYPES.join('|')} (default: ${DEFAULT_TYPE})`,
        `num=1..${PORTS}, for COM1 to COM${PORTS} (default: 1)`,
        'path=FILE, for type file',
        'console, to be the console of the guest',
        'stdin, to take the standard input',
        'If none is COM1 or the console: type=stdout,num=1,console,stdin',
      ].join('\n'),
    },
  ],
  read(values) {
    return { serial: withDefault(checkTogether(values.all('serial').map(parseSerial))) };
  },
};

/**
 * Reads one `--serial` value, such as `type=file,path=/tmp/log,num=2`.
 * @throws UsageError for anything else
 */
export function parseSerial(text: string): SerialConfig {
  const pairs = parseKeyValues(text, RULE);
  const type = parseType(pairs.has('type') ? (pairs.get('type') ?? '') : DEFAULT_TYPE);
  const num = parseInteger(pairs.has('num') ? (pairs.get('num') ?? '') : '1', {
    name: '--serial: num',
    least: 1,
    most: PORTS,
  });
  const path = parsePath(type, pairs);
  return {
    type,
    num,
    console: parseSwitch(pairs, 'console', RULE),
    stdin: parseSwitch(pairs, 'stdin', RULE),
    ...(path !== undefined && { path }),
  };
}

function parseType(name: string): SerialType {
  const type = TYPES.find((candidate) => candidate === name);
  if (type === undefined) {
    const meant = suggest(name, TYPES);
    throw new UsageError(`--serial: unknown type ${quote(name)}`, {
      hint: meant === undefined ? `the types are ${TYPES.join(', ')}` : `did you mean ${meant}?`,
    });
  }
  return type;
}

function parsePath(
  type: SerialType,
  pairs: ReadonlyMap<string, string | undefined>,
): string | undefined {
  if (type !== 'file') {
    if (pairs.has('path')) {
      throw new UsageError(`--serial: type ${type} takes no path`, {
        hint: 'to write to a file say type=file,path=FILE',
      });
    }
    return undefined;
  }
  const path = pairs.get('path');
  if (path === undefined || path === '') {
    throw new UsageError('--serial: type file needs a path', { hint: 'add path=FILE' });
  }
  return path;
}

/** There is one guest console, one standard input, and one port of each number. */
function checkTogether(ports: readonly SerialConfig[]): readonly SerialConfig[] {
  for (const [index, port] of ports.entries()) {
    const others = ports.slice(0, index);
    if (others.some(({ num }) => num === port.num)) {
      throw new UsageError(`--serial: port ${port.num} is given twice`, {
        hint: `give each port its own number, num=1 to num=${PORTS}`,
      });
    }
    if (port.console && others.some((other) => other.console)) {
      throw new UsageError('--serial: only one port can be the console');
    }
    if (port.stdin && others.some((other) => other.stdin)) {
      throw new UsageError('--serial: only one port can take the standard input');
    }
  }
  return ports;
}

/** As crosvm: without a console, port 1 is one on standard output, unless it is something else. */
function withDefault(ports: readonly SerialConfig[]): readonly SerialConfig[] {
  const needed = !ports.some((port) => port.console || port.num === 1);
  const stdin = !ports.some((port) => port.stdin);
  const all: readonly SerialConfig[] = needed
    ? [{ type: 'stdout', num: 1, console: true, stdin }, ...ports]
    : ports;
  return [...all].sort((a, b) => a.num - b.num);
}
