import { addr64, struct } from '@crosvm/data-model';

/** For times that are not negative. Source: linux/time_types.h for 64-bit machines. */
export const timespec = struct('timespec', { tv_sec: addr64, tv_nsec: addr64 });

/** Source: timerfd_settime(2). */
export const itimerspec = struct('itimerspec', { it_interval: timespec, it_value: timespec });

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;

export const TFD_TIMER_ABSTIME = 1;
export const TFD_NONBLOCK = 0o4000;
export const TFD_CLOEXEC = 0o2000000;
