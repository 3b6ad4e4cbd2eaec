import { EventFd } from '@crosvm/sys-util';

import { hostServices } from './host-services';

const power = { reset: () => undefined, powerOff: () => undefined };

describe('hostServices', () => {
  it('has interrupts whose signals wait while nobody takes them', () => {
    using event = EventFd.create();
    const wire = hostServices(power).interrupt(event.raw);
    expect(wire.pending).toBe(false);
    wire.raise();
    wire.raise();
    expect(wire.pending).toBe(true);
    expect(event.read()).toBe(2);
    wire.raise();
    wire.clear();
    wire.clear();
    expect([wire.pending, event.read()]).toEqual([false, undefined]);
  });

  it('takes note of what the guest does wrong, where somebody wants to know', () => {
    const onGuestError = jest.fn();
    hostServices(power, { onGuestError }).guestError('out of order');
    expect(onGuestError).toHaveBeenCalledWith('out of order');
    expect(() => hostServices(power).guestError('nobody listens')).not.toThrow();
  });
});
