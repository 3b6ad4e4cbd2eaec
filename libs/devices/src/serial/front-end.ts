import type { FrontEnd, FrontEndContext, FrontEndModule } from '../front-end/front-end';
import { deviceMutex, LockedRegisters } from '../front-end/locked-registers';
import { UART_PORTS } from './registers';
import { resetSerialState, serialState } from './state';
import { type SerialConfig, Uart } from './uart';

function create(context: FrontEndContext<SerialConfig>): FrontEnd {
  const uart = new Uart(context);
  const device = new LockedRegisters(deviceMutex(context.area), uart);
  return {
    ports: [{ base: context.config.base, length: UART_PORTS, device }],
    mmio: [],
    reset: () => uart.reset(),
  };
}

/** A 16550A serial port. */
export const serial: FrontEndModule<SerialConfig> = {
  name: 'serial',
  stateSize: serialState.size,
  powerOn: resetSerialState,
  create,
};
