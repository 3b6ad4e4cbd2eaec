/* Integers, and the functions on bytes that gcc expects to find. */
#ifndef TYPES_H
#define TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PACKED __attribute__((packed))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))

void *memcpy(void *to, const void *from, size_t count);
void *memset(void *to, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);
size_t strlen(const char *text);
int strncmp(const char *left, const char *right, size_t count);

/* Whether all bytes have that value. */
bool all_bytes(const void *bytes, u8 value, size_t count);

/* The address of an object, which is physical as well. */
static inline u64 address_of(const volatile void *object)
{
	return (u64)(uintptr_t)object;
}
#endif
