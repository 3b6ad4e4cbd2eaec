/** CPUID leaves that depend on the VM or the vCPU; KVM decides about all others. */
export const Leaf = {
  VENDOR: 0x0,
  FEATURES: 0x1,
  CACHES: 0x4,
  POWER: 0x6,
  TOPOLOGY: 0xb,
  TOPOLOGY_V2: 0x1f,
  EXTENDED_MAX: 0x8000_0000,
  EXTENDED_FEATURES: 0x8000_0001,
  AMD_SIZES: 0x8000_0008,
  AMD_CACHES: 0x8000_001d,
  AMD_TOPOLOGY: 0x8000_001e,
  AMD_TOPOLOGY_V2: 0x8000_0026,
} as const;

/** A bit field of a register: its lowest bit and its width. */
export interface Field {
  readonly shift: number;
  readonly bits: number;
}

function maskOf({ bits }: Field): number {
  return 2 ** bits - 1;
}

/** `register` with `field` set to `value`, or to all ones if it does not fit. */
export function withField(register: number, field: Field, value: number): number {
  const mask = maskOf(field);
  return ((register & ~(mask << field.shift)) | (Math.min(value, mask) << field.shift)) >>> 0;
}

/** What `field` of `register` says. */
export function fieldOf(register: number, field: Field): number {
  return (register >>> field.shift) & maskOf(field);
}

/** `register` with bit `bit` as `on` says. */
export function withBit(register: number, bit: number, on: boolean): number {
  return withField(register, { shift: bit, bits: 1 }, on ? 1 : 0);
}
