/* The console: COM1, by polling. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "types.h"

#define COM1 0x3f8

void console_init(void);
void put_char(char character);

/* %s %c %u %d %x, with l for 64 bits, width and 0; what prints nothing else needs. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same into a buffer of `size` bytes, which is always ended by a NUL. */
void format_text(char *buffer, size_t size, const char *format, va_list arguments);
#endif
