import { bind } from '@crosvm/sys-util';

import type { Attempt } from '../attempt';

const libc = bind(null, { memset: ['pointer', ['pointer', 'int', 'size_t']] });

/** Where nothing is ever mapped. */
const NOWHERE = 8;

/** Ends its process as a bug does that may leave a core file, with memory of the guest in it. */
export const CRASH: Attempt = {
  name: 'a fault',
  // SAFETY: that it has none is the point.
  run: () => libc.memset(NOWHERE, 0, 1),
  jailed: 'killed by SIGSEGV',
  unfiltered: [],
  free: [],
};
