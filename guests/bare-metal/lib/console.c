#include "console.h"
#include "io.h"

#define DATA (COM1 + 0)
#define INTERRUPTS (COM1 + 1)
#define FIFO (COM1 + 2)
#define LINE_CONTROL (COM1 + 3)
#define MODEM_CONTROL (COM1 + 4)
#define LINE_STATUS (COM1 + 5)

#define DIVISOR_LATCH 0x80
#define EIGHT_BITS 0x03
#define FIFO_ON_AND_CLEAR 0x07
#define DTR_AND_RTS 0x03
#define TRANSMITTER_EMPTY 0x20

/* A 16550A takes as many bytes once its transmitter is empty. */
#define FIFO_BYTES 16

static int room;

void console_init(void)
{
	outb(INTERRUPTS, 0);
	outb(LINE_CONTROL, DIVISOR_LATCH | EIGHT_BITS);
	outb(DATA, 1);
	outb(INTERRUPTS, 0);
	outb(LINE_CONTROL, EIGHT_BITS);
	outb(FIFO, FIFO_ON_AND_CLEAR);
	outb(MODEM_CONTROL, DTR_AND_RTS);
	room = 0;
}

void put_char(char character)
{
	if (room == 0) {
		while (!(inb(LINE_STATUS) & TRANSMITTER_EMPTY))
			;
		room = FIFO_BYTES;
	}
	room--;
	outb(DATA, (u8)character);
}

/* Where formatted characters go: the console, or a buffer. */
struct sink {
	char *at;
	char *end;
};

static void emit(struct sink *sink, char character)
{
	if (!sink->end) {
		if (character == '\n')
			put_char('\r');
		put_char(character);
	} else if (sink->at < sink->end) {
		*sink->at++ = character;
	}
}

static void emit_number(struct sink *sink, u64 value, u32 base, int width, char padding)
{
	char digits[20];
	int count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (int left = width - count; left > 0; left--)
		emit(sink, padding);
	while (count > 0)
		emit(sink, digits[--count]);
}

static void emit_signed(struct sink *sink, long value, int width, char padding)
{
	if (value < 0)
		emit(sink, '-');
	emit_number(sink, value < 0 ? -(u64)value : (u64)value, 10, width, padding);
}

static void emit_format(struct sink *sink, const char *format, va_list arguments)
{
	for (; *format; format++) {
		char padding = ' ';
		bool is_long = false;
		int width = 0;

		if (*format != '%') {
			emit(sink, *format);
			continue;
		}
		format++;
		if (*format == '0')
			padding = '0';
		while (*format >= '0' && *format <= '9')
			width = width * 10 + (*format++ - '0');
		while (*format == 'l') {
			is_long = true;
			format++;
		}
		switch (*format) {
		case 's':
			for (const char *text = va_arg(arguments, const char *); *text; text++)
				emit(sink, *text);
			break;
		case 'c':
			emit(sink, (char)va_arg(arguments, int));
			break;
		case 'd':
			emit_signed(sink, is_long ? va_arg(arguments, long) : va_arg(arguments, int), width,
				    padding);
			break;
		case 'u':
		case 'x':
			emit_number(sink, is_long ? va_arg(arguments, u64) : va_arg(arguments, u32),
				    *format == 'x' ? 16 : 10, width, padding);
			break;
		default:
			emit(sink, *format);
		}
	}
}

void print(const char *format, ...)
{
	struct sink sink = {NULL, NULL};
	va_list arguments;

	va_start(arguments, format);
	emit_format(&sink, format, arguments);
	va_end(arguments);
}

void format_text(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct sink sink = {buffer, buffer + size - 1};

	emit_format(&sink, format, arguments);
	*sink.at = '\0';
}
