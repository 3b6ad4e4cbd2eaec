/* The commands of the documentation, page by page, as somebody would type them who reads it. */

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { ControlClient } from '@crosvm/vm-control';

import {
  bareMetalProgram,
  checkout,
  CROSVM,
  Crosvm,
  type Document,
  documents,
  guestLacksCpus,
  guestLacksDrivers,
  HOST_KIND,
  hostLacksBareMetal,
  hostLacksKvm,
  hostLacksNetworks,
  hostLacksPasst,
  hostLacksTool,
  hostLacksVhost,
  hostLacksWeston,
  type Lack,
  polled,
  Scratch,
  scaled,
  type ShellBlock,
  testUnless,
  theGuest,
  withNetwork,
  withUplink,
} from '../harness';

/** How long the commands of a block may take. */
const BLOCK_MS = scaled(10_000);

/** What blocks may need, by the words that they say. */
const NEEDS: Readonly<Record<string, () => Lack>> = {
  setup: () => undefined,
  'bare-metal': hostLacksBareMetal,
  network: hostLacksNetworks,
  passt: hostLacksPasst,
  builtin: guestLacksDrivers,
  cpus: () => guestLacksCpus(4),
  vsock: () => hostLacksVhost('vsock'),
  weston: hostLacksWeston,
  python: () => hostLacksTool('python3'),
  background: () => undefined,
};

/** Interfaces are not made, nor ports published, in the machine's own network. */
const NETWORKS: Readonly<Record<string, typeof withNetwork>> = {
  network: withNetwork,
  passt: withUplink,
};

function lackOf({ words }: ShellBlock): Lack {
  const needs = words.map((word) => {
    const need = NEEDS[word];
    if (need === undefined) {
      throw new Error(`no block of shell commands needs '${word}'`);
    }
    return need();
  });
  return needs.find((lack) => lack !== undefined);
}

/** Whether the VM whose control socket that is runs. */
async function runs(socket: string): Promise<boolean> {
  try {
    using client = await ControlClient.connect(socket, { timeoutMs: BLOCK_MS });
    return (await client.status()).state === 'running';
  } catch {
    return false;
  }
}

/** A directory like that of somebody who has followed `boot-a-vm.md`. */
class Workplace implements AsyncDisposable {
  readonly #scratch = new Scratch();
  /** Blocks with VMs that go on while others are run. */
  readonly #background: Crosvm[] = [];

  constructor({ files }: Document) {
    mkdirSync(this.#scratch.file('bin'));
    symlinkSync(CROSVM, this.#scratch.file('bin/crosvm'));
    // What a checkout has, and what `npm install` would bring.
    for (const name of ['examples', 'node_modules']) {
      symlinkSync(join(checkout(), name), this.#scratch.file(name));
    }
    files.forEach(({ name, text }) => writeFileSync(this.#scratch.file(name), text));
    this.#takeGuest();
  }

  /** The guest of this run takes the place of the stock one. */
  #takeGuest(): void {
    const { kernels, initrdWithModules } = theGuest();
    copyFileSync(kernels[0].path, this.#scratch.file('vmlinuz'));
    copyFileSync(initrdWithModules, this.#scratch.file('initramfs.cpio'));
    if (hostLacksBareMetal() === undefined) {
      for (const name of ['echo', 'wayland'] as const) {
        copyFileSync(bareMetalProgram(name), this.#scratch.file(`${name}.elf`));
      }
    }
  }

  async run({ words, script }: ShellBlock): Promise<void> {
    const shell = this.#start({ words, script });
    if (words.includes('background')) {
      this.#background.push(shell);
      const socket = this.#scratch.file(/crosvm run .*-s (\S+)/.exec(script)?.[1] ?? '');
      await polled(
        BLOCK_MS,
        () => runs(socket),
        (does) => does,
      );
      return;
    }
    await using _ = shell;
    // A guest with a shell is left as a reader would leave it.
    shell.type('poweroff\n');
    await checkEnd(shell);
    this.#takeGuest();
  }

  /** Waits for what was in the background, which the blocks have ended. */
  async end(): Promise<void> {
    await Promise.all(this.#background.map(checkEnd));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#background.map((shell) => shell.dispose()));
    this.#scratch[Symbol.dispose]();
  }

  #start({ words, script }: ShellBlock): Crosvm {
    const text = script.replaceAll('tools/', join(checkout(), 'tools/'));
    const PATH = [this.#scratch.file('bin'), process.env.PATH, '/usr/sbin', '/sbin'].join(
      delimiter,
    );
    const outside = words.flatMap((word) => NETWORKS[word]?.(':') ?? []);
    return Crosvm.spawn([], {
      wrapper: [...outside, 'bash', '-euo', 'pipefail', '-c', text],
      cwd: this.#scratch.path,
      env: { PATH },
    });
  }
}

/** Waits until a block has ended. @throws Error if it did not end well */
async function checkEnd(shell: Crosvm): Promise<void> {
  const { code } = await shell.ended(BLOCK_MS);
  const inGuest = /crosvm-exec-status: (\d+)/.exec(shell.stdout.text)?.[1] ?? '0';
  if (code !== 0 || inGuest !== '0') {
    throw new Error(
      `status ${code}, ${inGuest} in the guest\n${shell.stdout.tail}\n${shell.stderr.tail}`,
    );
  }
}

function slow(): Lack {
  return HOST_KIND === 'emulated' && process.env.CROSVM_E2E_DOCUMENTS !== '1'
    ? 'every boot takes half a minute; CROSVM_E2E_DOCUMENTS=1 has them run'
    : undefined;
}

describe.each<Document>([...documents()])('the commands of $name', (document) => {
  const { blocks } = document;
  let workplace: Workplace | undefined;

  beforeAll(() => {
    workplace = new Workplace(document);
  });

  afterAll(async () => {
    await workplace?.[Symbol.asyncDispose]();
  });

  blocks.forEach((block, index) => {
    const [firstLine = ''] = block.script.split('\n');
    const name = `${index + 1}: ${firstLine.replace(/\$\(.*/, '...')}`;
    testUnless(hostLacksKvm() ?? slow() ?? lackOf(block), name, async () => {
      await workplace?.run(block);
    });
  });

  if (blocks.some(({ words }) => words.includes('background'))) {
    testUnless(hostLacksKvm() ?? slow(), 'end what goes on in the background', async () => {
      await workplace?.end();
    });
  }
});
