#include "wire.h"

#include "console.h"

u32 new_object(struct connection *connection)
{
	return ++connection->last_object;
}

void request_begin(struct request *request, u32 object, u32 opcode)
{
	request->words[0] = object;
	request->words[1] = opcode;
	request->count = 2;
}

void request_word(struct request *request, u32 word)
{
	request->words[request->count++] = word;
}

void request_text(struct request *request, const char *text)
{
	u32 length = (u32)strlen(text) + 1;
	u32 words = (length + 3) / 4;

	request_word(request, length);
	request->words[request->count + words - 1] = 0;
	memcpy(&request->words[request->count], text, length);
	request->count += words;
}

bool request_send(struct request *request, struct connection *connection, u32 vfd)
{
	u32 bytes = request->count * 4;

	request->words[1] |= bytes << 16;
	return wl_send(connection->wl, connection->id, request->words, bytes, &vfd, vfd ? 1 : 0) == WL_RESP_OK;
}

bool request1(struct connection *connection, u32 object, u32 opcode, u32 word)
{
	struct request request;

	request_begin(&request, object, opcode);
	request_word(&request, word);
	return request_send(&request, connection, 0);
}

bool request0(struct connection *connection, u32 object, u32 opcode)
{
	struct request request;

	request_begin(&request, object, opcode);
	return request_send(&request, connection, 0);
}

static bool take_new(struct connection *connection, const struct wl_new *vfd)
{
	if (connection->vfd_count == MAX_WAITING)
		return false;
	memcpy(&connection->vfds[connection->vfd_count++], vfd, sizeof(*vfd));
	return true;
}

static bool take_data(struct connection *connection, const u8 *message, u32 length)
{
	const struct wl_transfer *head = (const void *)message;
	u32 data_at = (u32)sizeof(*head) + head->count * 4;

	if (head->id != connection->id || data_at > length ||
	    connection->length + length - data_at > sizeof(connection->bytes))
		return false;
	memcpy(connection->bytes + connection->length, message + data_at, length - data_at);
	connection->length += length - data_at;
	return true;
}

bool connection_receive(struct connection *connection)
{
	u32 length;
	const u8 *message = (const u8 *)wl_told(connection->wl, &length);
	bool sound = false;

	if (!message)
		return true;
	switch (*(const u32 *)message) {
	case WL_CMD_NEW:
		sound = length >= 32 && take_new(connection, (const void *)message);
		break;
	case WL_CMD_RECV:
		sound = length >= sizeof(struct wl_transfer) && take_data(connection, message, length);
		break;
	case WL_CMD_HUP:
		sound = length >= sizeof(struct wl_about);
		if (sound && ((const struct wl_about *)message)->id == connection->id)
			connection->hung_up = true;
		break;
	}
	if (!sound)
		print("the device told %u bytes of type 0x%x\n", length, *(const u32 *)message);
	wl_give_back(connection->wl, message);
	return sound;
}

const u32 *connection_event(struct connection *connection, u32 *opcode, u32 *bytes)
{
	const u32 *words = (const u32 *)connection->bytes;

	if (connection->length < 8 || connection->length < words[1] >> 16)
		return NULL;
	*opcode = words[1] & 0xffff;
	*bytes = words[1] >> 16;
	return words;
}

void connection_done(struct connection *connection, u32 bytes)
{
	connection->length -= bytes;
	/* Forwards, from the lower end: memcpy of our own does that. */
	memcpy(connection->bytes, connection->bytes + bytes, connection->length);
}

void connection_drop_vfd(struct connection *connection)
{
	connection->vfd_count--;
	memcpy(connection->vfds, connection->vfds + 1, connection->vfd_count * sizeof(connection->vfds[0]));
}
