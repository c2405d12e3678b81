/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The answer to a HELLO that asks for a name: which cards are in the readers, and then whose
 * they are. Must not hold a key while a card works, and must not say more than a name.
 */
#include "lib/login/naming.h"

#include <string.h>
#include <sys/mman.h>

#include "lib/factors/own_card.h"
#include "lib/login/rules.h"
#include "lib/store/cardindex.h"

#define SEND_TIMEOUT_MS 2000

/* What the readers hold. Nothing of it is secret. */
struct sights {
	unsigned count;
	struct card_sight sights[READER_LIST_MAX];
};

static struct keys keys __attribute__((aligned(4096)));

static void answer(const struct login_setup *s, const char *name)
{
	struct msg m;

	memset(&m, 0, sizeof m);
	m.type = MSG_NAME;
	m.version = s->hello->version;
	memcpy(m.session, s->hello->session, MSG_SESSION_SIZE);
	memcpy(m.name.user, name, strlen(name) + 1);
	if (chan_send(s->fd, &m, SEND_TIMEOUT_MS) != CHAN_OK)
		return; /* nobody is there who could do anything with it */
}

void naming_refuse(const struct login_setup *s)
{
	answer(s, "");
}

bool naming_is_wanted(const struct login_setup *s)
{
	bool jpki;

	return rules_identify_by_card(s, &jpki);
}

static void see(void *context, const struct card_sight *sight)
{
	struct sights *seen = context;

	if (seen->count < READER_LIST_MAX)
		seen->sights[seen->count++] = *sight;
}

/* Cards of nobody are in nobody's way; those of two people are. */
static void find_owner(
    const struct login_setup *s, const struct sights *seen, char ret_name[RECORD_NAME_SIZE])
{
	char name[RECORD_NAME_SIZE];
	struct err ignored; /* sekisho check says what is wrong with a link */

	for (unsigned i = 0; i < seen->count; i++) {
		const struct card_sight *c = &seen->sights[i];

		if (cardindex_find(
		        s->store, &keys, c->applet->name, c->identity, name, &ignored) != 0)
			continue;
		if (ret_name[0] != '\0' && strcmp(ret_name, name) != 0) {
			ret_name[0] = '\0';
			return;
		}
		memcpy(ret_name, name, RECORD_NAME_SIZE);
	}
}

void naming_run(const struct login_setup *s)
{
	static struct sights seen;
	char name[RECORD_NAME_SIZE] = "";
	struct err ignored; /* the login that follows meets the same, and says it */
	bool jpki;

	seen.count = 0;
	if (s->store == NULL || s->cards == NULL || !rules_identify_by_card(s, &jpki))
		goto out;
	own_card_each(s->cards, s->fd, jpki, see, &seen);
	/* Best effort, as in attempt_lock_memory(). */
	(void)mlock(&keys, sizeof keys);
	(void)madvise(&keys, sizeof keys, MADV_DONTDUMP);
	if (store_unlock(s->store, &keys, &ignored) == 0)
		find_owner(s, &seen, name);
	keys_clear(&keys);
out:
	answer(s, name);
}
