/* The C structs and constants of jails, under their C names; checked against the C headers. */
export * from './mount';
export * from './process';
export * from './seccomp';
