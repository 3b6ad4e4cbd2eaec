import { decodeInstructions } from '../bpf/instruction';

const hex = (value: number, digits: number): string =>
  `0x${value.toString(16).padStart(digits, '0')}`;

/** The lines of a C array of `struct sock_filter`. */
export function cArray(program: Uint8Array): readonly string[] {
  return [
    '/* Made by crosvm-policy. */',
    '#include <linux/filter.h>',
    '',
    'static const struct sock_filter policy[] = {',
    ...decodeInstructions(program).map(
      ({ code, jt, jf, k }) => `  { ${hex(code, 2)}, ${jt}, ${jf}, ${hex(k, 8)} },`,
    ),
    '};',
  ];
}
