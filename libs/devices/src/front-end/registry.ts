import { acpiPm } from '../acpi-pm/front-end';
import { cmos } from '../cmos/front-end';
import { i8042 } from '../i8042/front-end';
import { pci } from '../pci/front-end';
import { pvpanic } from '../pvpanic/front-end';
import { serial } from '../serial/front-end';
import type { FrontEndModule } from './front-end';

/** Every kind of front end there is: one line a device. */
export const FRONT_ENDS: readonly FrontEndModule<unknown>[] = [
  acpiPm,
  cmos,
  i8042,
  pci,
  pvpanic,
  serial,
];
