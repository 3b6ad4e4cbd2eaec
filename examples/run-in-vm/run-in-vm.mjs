// Runs a command in a virtual machine, and has its output and its exit status:
//
//     node run-in-vm.mjs KERNEL INITRD COMMAND...
//
// KERNEL is any kernel for x86-64, INITRD an initial ramdisk that gives a shell on the console.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { VirtualMachine } from 'crosvm';

const PROMPT = /[#$] /;

/** In single quotes, for a shell. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Runs a command in a virtual machine of its own.
 * @param config of the virtual machine
 * @param command for the guest's shell; has no input
 * @returns what it printed, errors included, and its exit status
 */
async function runInVm(config, command, options = {}) {
  // In TypeScript: await using vm = new VirtualMachine(config, options);
  const vm = new VirtualMachine(config, options);
  try {
    await vm.start();
    await vm.console.expect(PROMPT, options);
    return await runInShell(vm.console, command, options);
  } finally {
    await vm[Symbol.asyncDispose]();
  }
}

/** Runs a command in the shell of a console. */
async function runInShell(guest, command, options) {
  // The terminal shows what is typed: marks are put together by the guest, so that only it prints them.
  const [one, other] = [randomBytes(8), randomBytes(8)].map((bytes) => bytes.toString('hex'));
  guest.write(
    `stty -echo; printf '%s%s\\n' ${one} ${other}; sh -c ${quoted(command)} </dev/null 2>&1; ` +
      `printf '%s%s %d\\n' ${other} ${one} $?\n`,
  );
  await guest.expect(`${one}${other}\r\n`, options);
  const { before, match } = await guest.expect(new RegExp(`${other}${one} (\\d+)`), options);
  return { output: before.replaceAll('\r\n', '\n'), status: Number(match[1]) };
}

async function main() {
  const { positionals } = parseArgs({ allowPositionals: true, strict: false });
  const [kernel, initrd, ...command] = positionals;
  if (command.length === 0) {
    console.error('usage: run-in-vm.mjs KERNEL INITRD COMMAND...');
    return 2;
  }
  const config = { kernel, initrd, params: ['quiet', 'loglevel=0'] };
  const { output, status } = await runInVm(config, command.join(' '));
  process.stdout.write(output);
  return status;
}

process.exitCode = await main();
