import { hostLacksIntruders, intrudeAtOnce, type Intrusion } from './intrusion';
import { kill } from './processes';
import type { Lack } from './requirements';

/** What a device host can meet, and what crosvm says of it then. */
export interface Blow {
  readonly what: Intrusion | NodeJS.Signals;
  readonly said: RegExp;
  /** Has it meet that now. */
  readonly strike: (host: number) => void;
  readonly lack: Lack;
}

/** Its own doing, as that of one that somebody has taken over. */
export interface OwnBlow extends Blow {
  readonly what: Intrusion;
}

function own(what: Intrusion, said: RegExp): OwnBlow {
  return { what, said, strike: (host) => intrudeAtOnce(host, what), lack: hostLacksIntruders() };
}

/** Somebody else's. */
function signalled(what: NodeJS.Signals, said: RegExp): Blow {
  return { what, said, strike: (host) => kill(host, what), lack: undefined };
}

/** What it does to itself, but for a call that its policy forbids, which there has to be first. */
const FREE_BLOWS: readonly OwnBlow[] = [
  own('fault', /it was killed by SIGSEGV/),
  own('exit', /it ended/),
];

/** What it does to itself. */
export const OWN_BLOWS: readonly OwnBlow[] = [
  ...FREE_BLOWS,
  own(
    'socket',
    /it made a system call that its policy forbids: socket\(0x1, 0x0, [^\n]*\), number 41/,
  ),
];

/** What is done to it. */
export const SIGNAL_BLOWS: readonly Blow[] = [
  signalled('SIGKILL', /it was killed by SIGKILL/),
  signalled('SIGSTOP', /it was stopped by SIGSTOP/),
];

/** What it can meet as long as it has no policy. */
export const EARLY_BLOWS: readonly Blow[] = [...SIGNAL_BLOWS, ...FREE_BLOWS];

/** All that it can meet. */
export const BLOWS: readonly Blow[] = [...SIGNAL_BLOWS, ...OWN_BLOWS];
