/** How it is with a part of the host. */
export type Verdict =
  /** It works. */
  | 'ok'
  /** VMs run without it, but not with all that there is. */
  | 'limited'
  /** No VM runs, or none in the way that is the default. */
  | 'failed';

/** What was found of a part of the host. */
export interface Finding {
  /** What was looked at: `kvm`. Stable: programs may ask for it. */
  readonly name: string;
  readonly verdict: Verdict;
  /** What is there, or why it is not. */
  readonly detail: string;
  /** What will not work; where something will not. */
  readonly without?: string;
  /** What mends it: a command, or where there is none what to do. */
  readonly remedy?: string;
}

/** Looks at one part of the host. */
export type Check = () => Finding;
