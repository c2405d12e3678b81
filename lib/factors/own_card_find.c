/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking for a person's card in the readers. Must not send a PIN, must not ask a stranger's
 * card more than what it is, and must not let one card be in the way of another.
 */
#include <string.h>

#include "lib/factors/own_card.h"
#include "lib/wire/clock.h"

/* What was found so far. */
struct search {
	struct card_service *service;
	const struct own_cards *own;
	own_card_viewer see; /* or NULL */
	void *context;
	struct own_card_time time;
	struct card_reader_list asked;
	struct own_card blocked; /* .applet NULL: none */
	enum card_result failure;
	struct err err;
};

static const struct token *match(const struct own_cards *own, const struct card_sight *sight)
{
	for (unsigned i = 0; i < own->count; i++) {
		const struct token_card *c = &own->tokens[i].card;

		if (strcmp(c->applet, sight->applet->name) == 0 &&
		    bytes_equal(c->identity, sight->identity, sizeof c->identity))
			return &own->tokens[i];
	}
	return NULL;
}

/* CARD_NO_CARD: a stranger, who is asked nothing more. */
static enum card_result ask(struct card *c, const struct search *s,
    struct card_sight *ret_sight, const struct token **ret_token)
{
	enum card_result r = card_identify(c, s->own->jpki ? NULL : &applet_jpki, ret_sight);

	if (r != CARD_OK)
		return r;
	if (s->see != NULL)
		s->see(s->context, ret_sight);
	*ret_token = match(s->own, ret_sight);
	return *ret_token != NULL ? card_count_tries(c, ret_sight) : CARD_NO_CARD;
}

static enum card_result look(
    const struct search *s, const struct card_reader *reader, struct own_card *ret_card)
{
	struct card_sight sight;
	const struct token *t = NULL;
	struct card c;
	enum card_result r = card_open(&c, s->service, reader->name);

	if (r == CARD_OK)
		r = ask(&c, s, &sight, &t);
	card_close(&c);
	if (r == CARD_OK)
		*ret_card = (struct own_card){.token = *t,
		    .applet = sight.applet,
		    .reader = *reader,
		    .tries = sight.tries};
	return r;
}

/* A card of another kind, or none that could be one's own. What else goes wrong may well be the
 * person's own card. */
static bool is_stranger(enum card_result r)
{
	return r == CARD_NO_CARD || r == CARD_NO_APPLET || r == CARD_NO_OBJECT ||
	       r == CARD_STATUS || r == CARD_MUTE;
}

static bool is_open_question(const struct search *s, const struct card_reader *r)
{
	const struct card_reader *before = reader_find(&s->asked, r->name);

	return r->present && !r->mute && (before == NULL || before->event != r->event);
}

/* Who may cost time comes last. */
static unsigned rank(const struct search *s, const struct card_reader *r)
{
	return (r->in_use ? 1u : 0u) + (strcmp(r->name, s->service->slow) == 0 ? 2u : 0u);
}

static uint64_t rest_of_visit(const struct search *s, uint64_t now)
{
	uint64_t rest = s->time.end > now ? s->time.end - now : 0;

	return rest < OWN_CARD_VISIT_MS ? rest : OWN_CARD_VISIT_MS;
}

/* NULL: everybody was asked. Sets how long the card may take: what is left, by how many. */
static const struct card_reader *choose(
    const struct search *s, const struct card_reader_list *l)
{
	const struct card_reader *best = NULL;
	const uint64_t now = monotonic_ms();
	unsigned open = 0;

	for (unsigned i = 0; i < l->count; i++) {
		const struct card_reader *r = &l->readers[i];

		if (!is_open_question(s, r))
			continue;
		open++;
		if (best == NULL || rank(s, r) < rank(s, best))
			best = r;
	}
	if (open > 0)
		s->service->until = now + rest_of_visit(s, now) / open;
	return best;
}

/* What left is not known any more: a token that comes in the place of another may look the same
 * to a pcscd that begins to count anew with it. */
static void forget_gone(struct search *s, const struct card_reader_list *l)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < s->asked.count; i++) {
		const struct card_reader *now = reader_find(l, s->asked.readers[i].name);

		if (now != NULL && now->present)
			s->asked.readers[kept++] = s->asked.readers[i];
	}
	s->asked.count = kept;
}

/* There is room: those that were asked are in the list as it was read last, and so is this one.
 */
static void note_asked(struct search *s, const struct card_reader *r)
{
	unsigned at = 0;

	while (at < s->asked.count && strcmp(s->asked.readers[at].name, r->name) != 0)
		at++;
	s->asked.readers[at] = *r;
	if (at == s->asked.count)
		s->asked.count++;
}

/* A service that ends because of a card is not the news: that card is. */
static void note_failure(struct search *s, enum card_result r, const char *reader)
{
	if (r == CARD_NO_SERVICE && s->failure != CARD_NO_CARD)
		return;
	s->failure = r;
	(void)card_result_err(&s->err, r, reader);
}

static enum card_result ask_next(
    struct search *s, const struct card_reader *reader, struct own_card *ret_card)
{
	struct own_card found;
	enum card_result r = look(s, reader, &found);

	note_asked(s, reader);
	if (r == CARD_OK && found.tries > 0) {
		*ret_card = found;
		return CARD_OK;
	}
	if (r == CARD_OK)
		s->blocked = found;
	else if (!is_stranger(r))
		note_failure(s, r, reader->name);
	return r == CARD_NO_SERVICE ? r : CARD_NO_CARD;
}

/* Readers are listed anew so often: an older pcscd tells of no reader that came between two
 * waits. */
#define LIST_AGAIN_MS 2000

/* How long a card may yet come. One that is there and blocked is waited for no longer. */
static unsigned rest_of_wait(const struct search *s)
{
	const uint64_t now = monotonic_ms();
	const unsigned unsettled = reader_unsettled(s->service);
	const uint64_t wait =
	    s->time.wait > now && s->blocked.applet == NULL ? s->time.wait - now : 0;

	return wait > unsettled ? (unsigned)wait : unsettled;
}

/* CARD_OK: ret_card. CARD_NO_CARD: what search holds is all there is. */
static enum card_result search_readers(struct search *s, int leash, struct own_card *ret_card)
{
	static struct card_reader_list l;
	enum card_result r = CARD_NO_CARD;

	/* What is too short for any card is not begun. */
	while (r == CARD_NO_CARD && monotonic_ms() + READER_SLICE_MS < s->time.end) {
		const unsigned rest = rest_of_wait(s);
		const struct card_reader *next;

		r = s->service->list(s->service, &l);
		if (r != CARD_OK)
			break;
		forget_gone(s, &l);
		next = choose(s, &l);
		if (next != NULL) {
			r = ask_next(s, next, ret_card);
		} else if (rest > 0) {
			r = reader_wait(
			    s->service, &l, leash, rest < LIST_AGAIN_MS ? rest : LIST_AGAIN_MS);
			if (r == CARD_OK || r == CARD_TIMEOUT)
				r = CARD_NO_CARD;
		} else
			return CARD_NO_CARD;
	}
	return r;
}

enum card_result own_card_find(struct card_service *s, int leash, const struct own_cards *own,
    struct own_card_time time, struct own_card *ret_card, struct err *e)
{
	static struct search search;
	enum card_result r;
	uint64_t now;

	search =
	    (struct search){.service = s, .own = own, .time = time, .failure = CARD_NO_CARD};
	r = search_readers(&search, leash, ret_card);
	/* A certificate that is read off the card next belongs to the same visit. */
	now = monotonic_ms();
	s->until = now + rest_of_visit(&search, now);
	if (r == CARD_OK)
		return r;
	if (r != CARD_NO_CARD)
		note_failure(&search, r, "readers");
	if (search.blocked.applet != NULL && r != CARD_LEFT) {
		*ret_card = search.blocked;
		return CARD_OK;
	}
	if (search.failure != CARD_NO_CARD)
		*e = search.err;
	return search.failure;
}

void own_card_each(
    struct card_service *s, int leash, bool jpki, own_card_viewer see, void *context)
{
	static struct search search;
	static struct own_cards nobodys;
	struct own_card ignored;

	own_cards_copy(NULL, jpki, &nobodys);
	search = (struct search){.service = s,
	    .own = &nobodys,
	    .see = see,
	    .context = context,
	    .time = {.end = monotonic_ms() + OWN_CARD_VISIT_MS},
	    .failure = CARD_NO_CARD};
	/* Whatever ends it: what was seen was seen. */
	(void)search_readers(&search, leash, &ignored);
}
