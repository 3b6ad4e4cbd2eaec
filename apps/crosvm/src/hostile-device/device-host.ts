/* The thread of hostile devices without a sandbox: the real one, with other devices in it. */

import './plant';
import '../device-host';
