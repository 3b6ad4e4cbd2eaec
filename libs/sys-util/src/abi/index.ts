/*
 * The C structs and constants that this package uses, under their C names. A golden file made from
 * the C headers says whether they are right.
 */
export * from './events';
export * from './files';
export * from './io-uring';
export * from './process';
export * from './signal';
export * from './socket';
export * from './syslog';
export * from './termios';
export * from './time';
