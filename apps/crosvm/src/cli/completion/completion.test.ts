import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type DefineTest, itIf } from '@crosvm/kvm/testing';

import { RUN_OPTIONS } from '../parse-run';
import { COMMAND_TABLE, summary } from './command-table';
import { completionScript } from './completion-script';
import type { Shell } from './shells';

const directory = mkdtempSync(join(tmpdir(), 'crosvm-completion-'));

beforeAll(() => {
  mkdirSync(join(directory, 'policies'));
  writeFileSync(join(directory, 'vmlinux'), '');
  writeFileSync(join(directory, 'initrd image'), '');
});

afterAll(() => rmSync(directory, { recursive: true }));

/** A test, where the machine has the shell; else one that is skipped and says so. */
function itWith(shell: Shell): DefineTest {
  const isThere = spawnSync(shell, ['--version']).error === undefined;
  return itIf(isThere, `${shell} is not installed`);
}

/** What bash offers for a command line, of which the last word is being typed. */
function bash(...words: string[]): string[] {
  const script = `${completionScript('bash')}
    COMP_WORDS=(crosvm "$@") COMP_CWORD=$# COMPREPLY=()
    _crosvm
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '-c', script, 'bash', ...words];
  return execFileSync('bash', args, { encoding: 'utf8', cwd: directory }).trim().split('\n');
}

describe('completion in bash', () => {
  it('offers the commands first', () => {
    expect(bash('')).toEqual(expect.arrayContaining(['run', 'doctor', 'completion', 'version']));
    expect(bash('ru')).toEqual(['run']);
  });

  it('offers all options of a command', () => {
    expect(bash('run', '--')).toEqual(RUN_OPTIONS.map(({ name }) => `--${name}`));
    expect(bash('doctor', '--')).toEqual(['--json', '--help']);
    expect(bash('run', '-m', '512', '--log')).toEqual(['--log-level']);
  });

  it('offers files where one is wanted', () => {
    expect(bash('run', 'vm')).toEqual(['vmlinux']);
    expect(bash('run', '-i', 'init')).toEqual(['initrd image']);
    expect(bash('run', '--seccomp-policy-dir', '')).toEqual(['policies']);
    expect(bash('run', '--disk', 'vm')).toEqual(['vmlinux']);
  });

  it('offers the words that an option takes, also after =', () => {
    expect(bash('run', '--log-level', 'd')).toEqual(['debug']);
    expect(bash('run', '--log-level', '=')).toEqual(['error', 'warn', 'info', 'debug']);
    expect(bash('run', '--log-level', '=', 'w')).toEqual(['warn']);
    expect(bash('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('offers keys', () => {
    expect(bash('run', '--disk', 'a.img,o')).toEqual(['a.img,o_direct=']);
    expect(bash('run', '--net', 'p')).toEqual(['passt']);
    expect(bash('run', '--net', 'passt,h')).toEqual(['passt,host-loopback=']);
    expect(bash('run', '--serial', 'n')).toEqual(['num=']);
    expect(bash('run', '--serial', 'console,st')).toEqual(['console,stdin=']);
  });

  it('offers nothing where nothing is known', () => {
    expect(bash('run', '--mem', '')).toEqual(['']);
    expect(bash('nonsense', '')).toEqual(['']);
  });
});

describe('completion in zsh', () => {
  const itZsh = itWith('zsh');

  itZsh('is a function that zsh takes, and that completes', () => {
    const file = join(directory, '_crosvm');
    writeFileSync(file, completionScript('zsh'));
    // The completion system runs in a terminal only: zpty is one.
    const script = `
      zmodload zsh/zpty
      zpty shell zsh -f -i
      zpty -w shell "PS1='> '; autoload -Uz compinit; compinit -u -D; source $1; cd ${directory}"
      zpty -w shell 'bindkey "^I" complete-word; LISTMAX=0'
      zpty -w shell $'crosvm run --log-lev\\t de\\t --dry\\t vml\\t #done'
      zpty -w shell 'print -r -- "finished"'
      zpty -r -m shell output '*finished*finished*'
      print -r -- $output`;
    const { stdout } = spawnSync('zsh', ['-f', '-c', script, 'zsh', file], {
      encoding: 'utf8',
      timeout: 30_000,
    });

    expect(stdout).toContain('--log-level');
    expect(stdout).toContain('vmlinux');
  });
});

describe('completion in fish', () => {
  const itFish = itWith('fish');

  /** What fish offers for a command line. */
  function fish(line: string): string[] {
    const script = `${completionScript('fish')}\ncomplete -C ${JSON.stringify(line)}`;
    const output = execFileSync('fish', ['--no-config', '-c', script], {
      encoding: 'utf8',
      cwd: directory,
    });
    return output
      .trim()
      .split('\n')
      .map((offer) => offer.split('\t')[0]!);
  }

  itFish('offers commands, options, words and files', () => {
    expect(fish('crosvm ')).toEqual(expect.arrayContaining(['run', 'doctor']));
    expect(fish('crosvm run --log')).toEqual(['--log-level']);
    expect(fish('crosvm run --log-level de')).toEqual(['debug']);
    expect(fish('crosvm run vml')).toEqual(['vmlinux']);
    expect(fish('crosvm completion ')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  });
});

describe('what shells are told', () => {
  it('has a summary in one line for each option and command', () => {
    const texts = COMMAND_TABLE.flatMap(({ help, options }) => [
      help,
      ...options.map((option) => summary(option.help)),
    ]);
    expect(texts.filter((text) => text === '' || text.includes('\n'))).toEqual([]);
  });
});
