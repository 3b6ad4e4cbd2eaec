/* Tests: what runs them, prints `test NAME: ok DETAIL` or `test NAME: FAILED DETAIL`, and counts. */
#ifndef TEST_H
#define TEST_H

#include "types.h"

struct test {
	const char *name;
	/* Says how it went by pass() or fail(). */
	bool (*run)(void *subject);
};

/*
 * Runs the tests, as PREFIX/NAME, or NAME where the prefix is empty. `tests=WORD,WORD` on the command line
 * chooses those whose names contain one of the words.
 */
void run_tests(const char *prefix, const struct test *tests, size_t count, void *subject);

/* Whether the command line chooses a test. */
bool is_chosen(const char *prefix, const char *name);

/* Prints the result of a test that was run, and counts it. */
void report(const char *prefix, const char *name, bool ok);

/* What the line of the result has to add; the value is for `return`. Nothing to add: return true. */
bool pass(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends a test that did not see what it must. */
#define CHECK(condition, ...)                        \
	do {                                         \
		if (!(condition))                    \
			return fail(__VA_ARGS__);    \
	} while (0)

/* Prints `N ok, M failed` and switches the machine off. */
void tests_end(void) __attribute__((noreturn));
#endif
