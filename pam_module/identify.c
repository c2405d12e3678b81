/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session that ends with a name: HELLO, WELCOME, NAME. Must not show anything, and must not
 * take anything but a whole NAME for one.
 */
#include "pam_module/identify.h"

#include <string.h>

#include "lib/wire/chan.h"
#include "pam_module/dialogue.h"

bool identify_by_card(
    const struct door_setup *s, struct msg *asking, char ret_user[MSG_USER_SIZE])
{
	struct msg m;
	struct door door = DOOR_CLOSED;
	bool named = false;
	struct err ignored;

	/* Others are told nothing, and would only take one of their user's places. */
	if (s->euid != 0 || (asking->hello.flags & MSG_HELLO_NO_PIN) != 0)
		return false;
	asking->hello.flags |= MSG_HELLO_NO_USER;
	memset(asking->hello.user, 0, sizeof(asking->hello.user));
	if (door_open(s, asking, &door, &ignored) != 0)
		return false;
	msg_clear(&m);
	if (chan_recv(door.fd, asking->session, &m, DIALOGUE_SILENCE_MS) != CHAN_OK)
		door_abandon(&door);
	else if (m.type == MSG_NAME && m.version == asking->version)
		named = m.name.user[0] != '\0';
	if (named)
		memcpy(ret_user, m.name.user, MSG_USER_SIZE);
	msg_clear(&m);
	door_close(&door);
	return named;
}
