/* The process that hostile devices are forked from: the real one, with other devices in it. */

import './plant';
import '../device-zygote';
