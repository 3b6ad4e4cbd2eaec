import { readFileSync } from 'node:fs';

import { formatIpv4 } from './addresses';

/**
 * Whether an interface of this machine (of this network namespace) that is up has this IPv4 address.
 * The kernel lets two have the same, and nothing works then.
 */
export function isAddressInUse(address: Uint8Array): boolean {
  let table: string;
  try {
    table = readFileSync('/proc/self/net/fib_trie', 'utf8');
  } catch {
    // Without this file nobody knows.
    return false;
  }
  return isLocalIn(table, formatIpv4(address));
}

/** Whether the text of /proc/net/fib_trie has `address` as a local one. */
export function isLocalIn(table: string, address: string): boolean {
  const lines = table.split('\n');
  return lines.some(
    (line, index) =>
      line.trimEnd().endsWith(`|-- ${address}`) &&
      /^\s*\/32 host LOCAL\b/.test(lines[index + 1] ?? ''),
  );
}
