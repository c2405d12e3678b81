/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation: asks, waits, has the answer judged, logs, tells. What an outcome means is
 * the table in outcome.c. Reads no file of the store and opens no door.
 */
#include "lib/login/login.h"

#include <string.h>
#include <sys/mman.h>

#include "lib/login/attempt.h"
#include "lib/login/judge.h"
#include "lib/login/outcome.h"
#include "lib/login/rules.h"
#include "lib/login/tick.h"
#include "lib/wire/clock.h"

#define SEND_TIMEOUT_MS 2000
/* From an answer on, so that whoever waits for the helper hears from it in time
 * (DIALOGUE_SILENCE_MS): the card has its PIN by then, and another is looked for until then. */
#define PROVE_MS           10000
#define LOOK_MS            13000
#define RECOVERY_FEW       3 /* fewer codes left than this are worth a word */
#define INFO_SINCE_VERSION 2

/* What was typed lies here: to lock and to wipe. */
static struct typed {
	struct msg received;
	struct secret pin; /* of a card's last try, until it was typed a second time */
} typed __attribute__((aligned(4096)));

struct session {
	const struct login_setup *setup;
	uint32_t seq;
	struct timespec answered; /* when the latest answer came */
	bool pin;                 /* the question is for the PIN of a card */
	bool last_try;            /* and the card has one try left */
	bool again;               /* it is to be typed a second time */
	bool card;                /* a card is still to be asked for */
	bool back;                /* Enter at the code's prompt has brought it back once */
	bool wait;                /* and whoever typed it may be about to put it in */
	struct judgement last;    /* of the latest answer */
};

void login_lock_memory(void)
{
	/* Best effort, as in attempt_lock_memory(). */
	(void)mlock(&typed, sizeof typed);
	(void)madvise(&typed, sizeof typed, MADV_DONTDUMP);
	attempt_lock_memory();
}

static void write_log(const struct session *s, enum audit_event event, const char *result,
    enum outcome o, const struct judgement *j)
{
	const struct login_setup *u = s->setup;
	const struct audit_entry a = {
	    .event = event,
	    .result = result,
	    .reason = j->reason != NULL ? j->reason : outcome_row(o)->word,
	    .user = u->account->known ? u->account->name : NULL,
	    .source = o != OUTCOME_CALLER ? audit_source_word(u->source) : NULL,
	    .service = u->hello->hello.service,
	    .tty = u->hello->hello.tty,
	    .rhost = u->hello->hello.rhost,
	    .token = j->token,
	    .actor = u->actor,
	    .err = &j->err,
	};

	audit_write(u->audit, &a);
}

static void tell_log(const struct session *s, enum outcome o)
{
	bool granted = outcome_row(o)->verdict == VERDICT_GRANTED;

	write_log(s, AUDIT_LOGIN, granted ? "granted" : "denied", o, &s->last);
}

static struct msg message(const struct session *s, enum msg_type type)
{
	struct msg m;

	memset(&m, 0, sizeof m);
	m.type = type;
	m.version = s->setup->hello->version;
	memcpy(m.session, s->setup->hello->session, MSG_SESSION_SIZE);
	return m;
}

/* Behind a combined field a password module follows: which of the two was wrong, neither a
 * reason nor a second question may tell. */
static bool is_hidden(const struct session *s, enum outcome o)
{
	return (s->setup->hello->hello.flags & MSG_HELLO_COMBINED) != 0 &&
	       outcome_row(o)->verdict == VERDICT_DENIED;
}

/* Seconds mean something with two reasons. */
static uint32_t seconds_of(const struct session *s, enum outcome o)
{
	return o == OUTCOME_LOCKED || o == OUTCOME_CLOCK ? s->last.seconds : 0;
}

static enum verdict finish(struct session *s, enum outcome o)
{
	struct msg m = message(s, MSG_VERDICT);
	const struct outcome_row *row = outcome_row(o);
	bool hidden = is_hidden(s, o);

	m.verdict.verdict = (uint16_t)row->verdict;
	m.verdict.grant = row->verdict == VERDICT_GRANTED ? MSG_GRANT : 0;
	m.verdict.reason = hidden ? MSG_REASON_NONE : (uint16_t)row->reason;
	m.verdict.seconds = hidden ? 0 : seconds_of(s, o);
	if (row->verdict == VERDICT_GRANTED)
		memcpy(m.verdict.card, s->last.card, sizeof m.verdict.card);
	return chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) == CHAN_OK ? row->verdict
	                                                               : VERDICT_ERROR;
}

/* What a person is told who is let in. It changes nothing about that: where it cannot be sent,
 * nobody is there for the verdict either. */
static void tell_news(struct session *s, enum outcome o)
{
	struct msg m = message(s, MSG_INFO);

	if (m.version < INFO_SINCE_VERSION)
		return;
	if (o == OUTCOME_EMERGENCY)
		m.info.text = MSG_TEXT_EMERGENCY;
	else if (o == OUTCOME_ACCEPTED && s->last.recovery &&
	         s->last.recovery_left < RECOVERY_FEW)
		m.info.text = MSG_TEXT_RECOVERY_LEFT;
	else
		return;
	m.info.left = s->last.recovery_left;
	if (chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) != CHAN_OK)
		return; /* finish() will meet the same */
}

void login_refuse(const struct login_setup *setup, const struct err *e)
{
	struct session s = {.setup = setup, .last = {.err = *e}};
	enum outcome o = OUTCOME_ERROR;

	if (e->number == ERR_CALLER)
		o = OUTCOME_CALLER;
	else if (e->number == ERR_BUSY)
		o = OUTCOME_BUSY;
	tell_log(&s, o);
	(void)finish(&s, o);
}

static uint64_t answered_ms(const struct session *s)
{
	return (uint64_t)s->answered.tv_sec * 1000 + (uint64_t)s->answered.tv_nsec / 1000000;
}

/* For everybody alike: who has no card does not show. */
static bool wait_for_card(
    struct session *s, unsigned seconds, struct judgement *ret_j, enum outcome *ret_why)
{
	struct msg m = message(s, MSG_INFO);
	struct own_card_time t = {.wait = monotonic_ms() + seconds * 1000};

	t.end = t.wait + OWN_CARD_VISIT_MS;
	m.info.text = MSG_TEXT_CARD_WAIT;
	m.info.seconds = seconds;
	return chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) == CHAN_OK &&
	       judge_find_card(s->setup, t, ret_j, ret_why);
}

static bool find_card(struct session *s, struct judgement *ret_j, enum outcome *ret_why)
{
	uint64_t now = monotonic_ms();
	struct own_card_time t = {.end = now + OWN_CARD_VISIT_MS};
	bool wait = s->wait;

	s->wait = false;
	if (s->seq > 0 && t.end > answered_ms(s) + LOOK_MS)
		t.end = answered_ms(s) + LOOK_MS;
	if (judge_find_card(s->setup, t, ret_j, ret_why))
		return true;
	return wait && ret_j->wait_s > 0 && wait_for_card(s, ret_j->wait_s, ret_j, ret_why);
}

/* A card in a reader is asked for its PIN, otherwise a code is asked for. What speaks against
 * the card stands in that question, unless the answer before has left something to say. */
static enum outcome choose(struct session *s, enum outcome before, unsigned asks)
{
	enum outcome why = OUTCOME_EMPTY;
	struct judgement j;
	bool waited = s->wait;

	if (s->again)
		return before;
	s->pin = s->card && find_card(s, &j, &why);
	s->last_try = s->pin && j.last_try;
	/* A last try takes two questions. */
	if (s->last_try && asks == LOGIN_ASKS_MAX) {
		s->pin = false;
		why = OUTCOME_PIN_LAST;
	}
	s->last.tries = s->pin ? j.tries : 0;
	s->last.jpki = s->pin && j.jpki;
	if (s->pin) /* how many tries are left stands in the question itself */
		return before == OUTCOME_PIN_LAST ? OUTCOME_EMPTY : before;
	if (!s->card)
		return before;
	s->card = false;
	if (j.err.number != ERR_NONE) /* nothing was tried, and nobody denied */
		write_log(s, AUDIT_CARD, "unused", why, &j);
	if (before != OUTCOME_EMPTY)
		return before;
	return waited || j.err.number != ERR_NONE || j.card_required || why == OUTCOME_PIN_LAST
	           ? why
	           : before;
}

static enum msg_text text_of(const struct session *s)
{
	if (!s->pin)
		return MSG_TEXT_CODE;
	if (s->again)
		return MSG_TEXT_PIN_AGAIN;
	return s->last.jpki ? MSG_TEXT_PIN_JPKI : MSG_TEXT_PIN;
}

/* before: how the answer before this question ended, which the question says. */
static int ask(struct session *s, enum outcome before)
{
	struct msg m = message(s, MSG_ASK);

	m.ask.seq = ++s->seq;
	m.ask.text = (uint16_t)text_of(s);
	m.ask.left = s->last.tries;
	m.ask.reason = (uint16_t)outcome_row(before)->reason;
	m.ask.seconds = seconds_of(s, before);
	return chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) == CHAN_OK ? 0 : -1;
}

/* Waits for the human, as long as it takes: end of file is the leash. Meanwhile nothing is
 * held: no lock, no key, no record; a PIN only between the two questions for a last try. */
static int wait_answer(struct session *s)
{
	const struct login_setup *u = s->setup;
	enum chan_result r;

	if (u->waiting != NULL)
		u->waiting(true);
	r = chan_recv(u->fd, u->hello->session, &typed.received, CHAN_FOREVER);
	(void)clock_gettime(CLOCK_MONOTONIC, &s->answered);
	if (u->waiting != NULL)
		u->waiting(false);
	if (r == CHAN_CLOSED)
		return -1; /* the person went away: nothing was tried */
	if (r == CHAN_OK && typed.received.type == MSG_ANSWER &&
	    typed.received.version == u->hello->version && typed.received.answer.seq == s->seq)
		return 0;
	msg_clear(&typed.received);
	memset(&s->last, 0, sizeof s->last);
	(void)err_set(
	    &s->last.err, ERR_PROTOCOL, "caller", "sent something else than an answer");
	tell_log(s, OUTCOME_ERROR);
	return -1;
}

/* Before a card's last try its PIN is typed twice, and nothing is sent unless both are equal.
 */
static enum outcome take_pin(struct session *s, const struct secret *pin, bool again)
{
	if (s->last_try && !again) {
		s->again = true;
		typed.pin = *pin;
		return OUTCOME_PIN_AGAIN;
	}
	if (s->last_try && !secret_equal(pin, &typed.pin))
		return OUTCOME_PIN_DIFFERS;
	return judge_pin(s->setup, pin, answered_ms(s) + PROVE_MS, &s->last);
}

static enum outcome take(struct session *s, const struct secret *answer, bool again)
{
	return s->pin ? take_pin(s, answer, again) : judge_answer(s->setup, answer, &s->last);
}

static enum outcome take_answer(struct session *s)
{
	static const struct secret malformed = {.len = 1, .data = "?"};
	bool again = s->again;

	s->again = false;
	memset(&s->last, 0, sizeof s->last);
	switch ((enum msg_answer_kind)typed.received.answer.kind) {
	case MSG_ANSWER_TEXT:
		if (typed.received.answer.text.len == 0)
			return OUTCOME_EMPTY;
		return take(s, &typed.received.answer.text, again);
	case MSG_ANSWER_MALFORMED:
		return take(s, &malformed, again);
	case MSG_ANSWER_PASSWORD:
		return OUTCOME_PASSWORD;
	case MSG_ANSWER_INVALID:
	default:
		return OUTCOME_ERROR;
	}
}

/* Which question may come next. Enter alone leads from the PIN to the code, and once from the
 * code back to the card; a card that cannot be used is not asked again. */
static void navigate(struct session *s, enum outcome o)
{
	static const bool card_again[OUTCOME_COUNT] = {
	    [OUTCOME_PIN_WRONG] = true,
	    [OUTCOME_PIN_FORM] = true,
	    [OUTCOME_PIN_DIFFERS] = true,
	    [OUTCOME_PASSWORD] = true,
	    [OUTCOME_PIN_LAST] = true,
	    [OUTCOME_CARD_CHANGED] = true,
	    [OUTCOME_CARD_BUSY] = true,
	    [OUTCOME_READER_GONE] = true,
	    [OUTCOME_BUSY] = true,
	};

	if (s->again)
		return;
	if (s->pin) {
		s->card = card_again[o];
	} else if (o == OUTCOME_EMPTY && !s->back) {
		s->back = true;
		s->card = s->setup->cards_wanted && s->setup->cards != NULL;
		s->wait = s->card;
	}
}

static enum verdict converse(struct session *s)
{
	enum outcome o = OUTCOME_EMPTY; /* nothing was said yet, and nothing is to be told */

	s->card = s->setup->cards_wanted;
	if (s->setup->cards_elsewhere)
		write_log(s, AUDIT_CARD, "unused", OUTCOME_CARD_ABSENT,
		    &(struct judgement){.reason = "not-at-this-machine"});
	for (unsigned asks = 1; asks <= LOGIN_ASKS_MAX; asks++) {
		o = choose(s, o, asks);
		if (ask(s, o) != 0)
			return VERDICT_ERROR;
		if (asks == 1)
			attempt_rehearse(s->setup);
		if (wait_answer(s) != 0)
			return VERDICT_ERROR;
		o = take_answer(s);
		msg_clear(&typed.received);
		if (!s->again) {
			secret_clear(&typed.pin);
			tell_log(s, o);
		}
		if (outcome_row(o)->verdict != VERDICT_GRANTED)
			tick_wait(s->answered);
		if (!outcome_row(o)->again || is_hidden(s, o))
			break;
		navigate(s, o);
	}
	tell_news(s, o);
	return finish(s, o);
}

enum verdict login_run(const struct login_setup *setup)
{
	struct session s = {.setup = setup};
	enum verdict v;

	if (rules_need_factor(setup)) {
		v = converse(&s);
		secret_clear(&typed.pin);
		return v;
	}
	tell_log(&s, OUTCOME_NOT_REQUIRED);
	return finish(&s, OUTCOME_NOT_REQUIRED);
}
