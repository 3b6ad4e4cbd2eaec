#include "types.h"

/* String instructions: one of them is little work even where each is interpreted. */

void *memcpy(void *to, const void *from, size_t count)
{
	void *at = to;

	asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(count) : : "memory");
	return to;
}

void *memset(void *to, int value, size_t count)
{
	void *at = to;

	if (value == 0 && count % 8 == 0) {
		count /= 8;
		asm volatile("rep stosq" : "+D"(at), "+c"(count) : "a"(0ull) : "memory");
	} else {
		asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
	}
	return to;
}

int memcmp(const void *left, const void *right, size_t count)
{
	const u8 *a = left, *b = right;

	for (size_t index = 0; index < count; index++)
		if (a[index] != b[index])
			return a[index] < b[index] ? -1 : 1;
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

int strncmp(const char *left, const char *right, size_t count)
{
	for (size_t index = 0; index < count; index++) {
		if (left[index] != right[index])
			return (u8)left[index] < (u8)right[index] ? -1 : 1;
		if (!left[index])
			break;
	}
	return 0;
}

bool all_bytes(const void *bytes, u8 value, size_t count)
{
	const u8 *at = bytes;

	for (size_t index = 0; index < count; index++)
		if (at[index] != value)
			return false;
	return true;
}
