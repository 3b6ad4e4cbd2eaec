/*
 * The queue code alone, in a process of its own: nothing else has been compiled or has made garbage.
 *
 * usage: queue-crosvm direct|indirect COUNT. Prints nanoseconds for all requests together, and bytes that the
 * heap grew by. Run it with --expose-gc and a young generation that is large enough to need no collection.
 */

import { measureQueue } from '@crosvm/devices/testing';

const [kind = 'direct', count = '1000000'] = process.argv.slice(2);
console.log(JSON.stringify(measureQueue(Number(count), { indirect: kind === 'indirect' })));
