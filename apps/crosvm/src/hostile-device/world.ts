/** What there is outside a jail that a hostile device goes for, and what it knows of it: plain data. */
export interface World {
  /** The VMM; where the device is a thread of that, a process that stands for it. */
  readonly vmm: number;
  /** Whether there is no jail. */
  readonly isFree: boolean;
  /** The process of another device. */
  readonly other: number;
  /** Where the VMM has `SECRET` in its memory, and which process that is. */
  readonly secret: { readonly pid: number; readonly address: number };
  /** A socket that the host listens at: a name in the abstract namespace. */
  readonly abstractSocket: string;
  /** A TCP port of the host's loopback interface at which it listens. */
  readonly port: number;
  /** A directory of the host that may be written to; it has a directory `mount` in it. */
  readonly scratch: string;
}

/** What is in the VMM's memory and nobody else's. */
export const SECRET = 'the guest of another';

/** What a hostile device is told: data of its plan. */
export interface Orders {
  /** The names of what it is to try, one after another. */
  readonly attempts: readonly string[];
  readonly world: World;
}

/** The descriptors that a hostile device has, by their place among its resources. */
export const RESOURCES = ['memory', 'socket', 'program', 'image', 'terminal'] as const;

/** Such a descriptor. */
export type Resource = (typeof RESOURCES)[number];
