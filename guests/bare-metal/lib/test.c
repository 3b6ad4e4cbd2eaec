#include "test.h"

#include "boot-info.h"
#include "console.h"
#include "power.h"

static char detail[160];
static u32 passed, failed;

static const char *words(void)
{
	static const char option[] = "tests=";
	const char *line = boot_info.command_line;

	for (bool at_start = true; *line; at_start = *line == ' ', line++)
		if (at_start && strncmp(line, option, sizeof(option) - 1) == 0)
			return line + sizeof(option) - 1;
	return NULL;
}

static bool contains(const char *text, const char *word, size_t length)
{
	for (; *text; text++)
		if (strncmp(text, word, length) == 0)
			return true;
	return false;
}

static void full_name(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(buffer, size, format, arguments);
	va_end(arguments);
}

bool is_chosen(const char *prefix, const char *name)
{
	const char *word = words();
	char full[80];

	if (!word)
		return true;
	full_name(full, sizeof(full), "%s%s%s", prefix, *prefix ? "/" : "", name);
	while (*word && *word != ' ') {
		size_t length = 0;

		while (word[length] && word[length] != ',' && word[length] != ' ')
			length++;
		if (length > 0 && contains(full, word, length))
			return true;
		word += length + (word[length] == ',');
	}
	return false;
}

void report(const char *prefix, const char *name, bool ok)
{
	print("test %s%s%s: %s%s%s\n", prefix, *prefix ? "/" : "", name, ok ? "ok" : "FAILED", *detail ? " " : "",
	      detail);
	passed += ok;
	failed += !ok;
}

void run_tests(const char *prefix, const struct test *tests, size_t count, void *subject)
{
	for (size_t index = 0; index < count; index++) {
		const struct test *test = &tests[index];

		if (!is_chosen(prefix, test->name))
			continue;
		detail[0] = '\0';
		report(prefix, test->name, test->run(subject));
	}
}

bool pass(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return true;
}

bool fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_text(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return false;
}

void tests_end(void)
{
	print("%u ok, %u failed\n", passed, failed);
	power_off();
}
