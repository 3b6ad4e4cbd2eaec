/* The same as device-zygote, where users' own devices are among those to come: with all that they may import. */

import './vm/device-api';
import { runZygote } from './vm/run-zygote';

runZygote();
