import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const APP = join(__dirname, '../..');
const ESBUILD = join(APP, '../../node_modules/.bin/esbuild');

/** Prints the command of the arguments as JSON. */
const SCRIPT = `
  import { parseCommandLine } from './src/cli/parse-command-line';
  void parseCommandLine(process.argv.slice(2)).then((command) => console.log(JSON.stringify(command)));
`;

/*
 * yargs is an ES module, which jest cannot load: the help texts are made by the bundle, in a process
 * of its own, as they are for users.
 */
let bundle = '';

beforeAll(() => {
  const options = ['--bundle', '--platform=node', '--format=cjs', '--external:yargs'];
  bundle = execFileSync(
    ESBUILD,
    [...options, '--conditions=@crosvm/source', '--log-level=warning'],
    {
      cwd: APP,
      input: SCRIPT,
      encoding: 'utf8',
    },
  );
});

function parse(...args: string[]): { text: string; stream: string; exitStatus: number } {
  const { stdout, stderr } = spawnSync(process.execPath, ['-', ...args], {
    cwd: APP,
    input: bundle,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'de_DE.UTF-8', COLUMNS: '200' },
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ReturnType<typeof parse>;
}

describe('help texts', () => {
  test.each([[['--help']], [['-h']], [['-hV']], [['--help', 'run']]])(
    '%j explains the commands on standard output',
    (args) => {
      const { text, stream, exitStatus } = parse(...args);
      expect(text).toMatch(/^Usage: crosvm COMMAND \[OPTIONS\]\n/);
      expect(text).toMatch(/^ {2}crosvm run +Boot a kernel/m);
      expect({ stream, exitStatus }).toEqual({ stream: 'stdout', exitStatus: 0 });
    },
  );

  test('no command gives the same text on standard error, as a wrong command line', () => {
    expect(parse()).toEqual({ ...parse('--help'), stream: 'stderr', exitStatus: 2 });
  });

  test.each(['stop', 'status'])('%s --help says what it takes, and gives an example', (name) => {
    const { text, exitStatus } = parse(name, '--help');

    expect(text).toContain(`Usage: crosvm ${name} [OPTIONS]`);
    expect(text).toContain(`    crosvm ${name} `);
    expect(exitStatus).toBe(0);
  });

  test('run --help lists the options in groups, and examples last', () => {
    const { text, stream, exitStatus } = parse('run', '--mem', '0', '--help');
    const headings = text.split('\n').filter((line) => /^\S.*:$/.test(line));
    expect(headings).toEqual([
      'Machine:',
      'Boot:',
      'Disks:',
      'Network:',
      'Wayland:',
      'Serial ports:',
      'Devices of your own:',
      'Sandbox:',
      'Control:',
      'Messages:',
      'Other:',
      'Examples:',
    ]);
    expect({ stream, exitStatus }).toEqual({ stream: 'stdout', exitStatus: 0 });
  });

  test.each([
    '-m, --mem MIB',
    '-c, --cpus N',
    '--cpu-affinity CPUS',
    '-i, --initrd PATH',
    '-p, --params PARAMS',
    '-r, --root PATH[,KEYS]',
    '--rwroot PATH[,KEYS]',
    '-d, --disk PATH[,KEYS]',
    '--rwdisk PATH[,KEYS]',
    '--serial KEYS',
    '--disable-sandbox',
    '--log-level LEVEL',
    '--syslog-tag TAG',
    '-h, --help',
  ])('run --help explains %s', (option) => {
    expect(runHelp()).toContain(`  ${option}  `);
  });

  test('fit into 80 columns, whatever the terminal and the language', () => {
    const lines = [runHelp(), parse('--help').text].join('').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

let cached: string | undefined;

function runHelp(): string {
  cached ??= parse('run', '--help').text;
  return cached;
}
