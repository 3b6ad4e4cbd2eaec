import { concat } from '../bytes';
import { SLEEP_TYPE_S5 } from '../layout';
import { type Aml, integer, name, packageOf, scope } from './aml';
import { table } from './table';

/** Revision 2 makes integers 64 bits wide. */
const DSDT_REVISION = 2;

/** What SLP_TYP powers off (ACPI 6.3, 7.4.2), and the devices. */
export function dsdt(devices: readonly Aml[]): Uint8Array {
  const sleepType = integer(SLEEP_TYPE_S5);
  const reserved = integer(0);
  const s5 = name('_S5', packageOf(sleepType, sleepType, reserved, reserved));
  const body = concat(s5, scope('_SB', ...devices));
  return table({ signature: 'DSDT', revision: DSDT_REVISION }, body);
}
