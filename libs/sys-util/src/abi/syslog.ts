/* Source: syslog(3). */

export const LOG_PID = 0x01;
export const LOG_NDELAY = 0x08;
export const LOG_PERROR = 0x20;
export const LOG_USER = 1 << 3;

export const LOG_ERR = 3;
export const LOG_WARNING = 4;
export const LOG_INFO = 6;
export const LOG_DEBUG = 7;
