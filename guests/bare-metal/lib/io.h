/* Ports, registers in memory, time. One access is one instruction of exactly that width. */
#ifndef IO_H
#define IO_H

#include "types.h"

#define PORT_ACCESS(suffix, type)                                                       \
	static inline type in##suffix(u16 port)                                         \
	{                                                                               \
		type value;                                                             \
		asm volatile("in" #suffix " %1, %0" : "=a"(value) : "Nd"(port));        \
		return value;                                                           \
	}                                                                               \
	static inline void out##suffix(u16 port, type value)                            \
	{                                                                               \
		asm volatile("out" #suffix " %0, %1" : : "a"(value), "Nd"(port));       \
	}

PORT_ACCESS(b, u8)
PORT_ACCESS(w, u16)
PORT_ACCESS(l, u32)

#define REGISTER_ACCESS(bits, suffix)                                                   \
	static inline u##bits read##bits(u64 at)                                        \
	{                                                                               \
		u##bits value;                                                          \
		asm volatile("mov" #suffix " (%1), %0" : "=r"(value) : "r"(at) : "memory"); \
		return value;                                                           \
	}                                                                               \
	static inline void write##bits(u64 at, u##bits value)                           \
	{                                                                               \
		asm volatile("mov" #suffix " %0, (%1)" : : "r"(value), "r"(at) : "memory"); \
	}

REGISTER_ACCESS(8, b)
REGISTER_ACCESS(16, w)
REGISTER_ACCESS(32, l)
REGISTER_ACCESS(64, q)

/* Keeps the compiler from moving accesses to memory across; the CPU keeps stores in order itself. */
static inline void barrier(void)
{
	asm volatile("" : : : "memory");
}

/* Cycles of a clock whose rate nobody told us: some GHz. */
static inline u64 cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

/* Seconds, on CPUs of a few GHz: for what must happen. */
#define PATIENCE (1ull << 33)
/* Some milliseconds: for what must not. */
#define A_MOMENT (1ull << 24)

/* Waits until the condition holds; its value is whether it did within the time. */
#define WAIT_FOR(condition, limit)                                                      \
	({                                                                              \
		u64 wait_began = cycles();                                              \
		bool wait_done;                                                         \
		while (!(wait_done = (condition)) && cycles() - wait_began < (limit))   \
			asm volatile("pause" : : : "memory");                           \
		wait_done;                                                              \
	})
#endif
