import type { Vm } from '../vm';
import { machineCode } from './machine-code';
import { TestGuest } from './test-guest';

/** The vector of the first PIC's line 0. */
const FIRST_VECTOR = 0x20;

/** Guest-physical address of the handler, behind the code. */
const HANDLER = 0x1100;

/** The line of the first PIC that a `picGuest` takes interrupts from. */
export const PIC_GUEST_LINE = 4;

/** The port that a `picGuest` writes to when it has set up the PIC, and then for ever. */
export const PIC_GUEST_IDLE_PORT = 0x80;

/** The port that a `picGuest` writes to in its handler, before it acknowledges the interrupt. */
export const PIC_GUEST_HANDLER_PORT = 0x81;

/**
 * A guest with the interrupt controllers in the kernel: it sets up the first PIC for one line, writes to
 * a port, enables interrupts, and from then on writes to that port, and to another one in the handler.
 */
export function picGuest(): TestGuest {
  const guest = TestGuest.create({
    prepare: (vm: Vm) => vm.createIrqchip(),
    code: machineCode(
      'b0 11   e6 20   ; PIC: initialize',
      'b0 20   e6 21   ; vectors from 0x20',
      'b0 04   e6 21   ; second PIC at 2',
      'b0 01   e6 21   ; 8086 mode',
      'b0 ef   e6 21   ; all masked but 4',
      'e6 80           ; out 0x80: set up',
      'fb              ; sti',
      'e6 80   eb fc   ; out 0x80 for ever',
    ),
  });
  const handler = ['e6 81 ; out 0x81: interrupted', 'b0 20 e6 20 ; acknowledge', 'cf ; iret'];
  guest.memory.write(HANDLER, machineCode(...handler));
  guest.memory.writeU16((FIRST_VECTOR + PIC_GUEST_LINE) * 4, HANDLER);
  return guest;
}
