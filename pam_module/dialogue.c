/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop over ASK, INFO and VERDICT, and where each answer comes from: the person, or what an
 * earlier module left. Never stores a code as PAM_AUTHTOK and wipes every reply.
 */
#include "pam_module/dialogue.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/chan.h"
#include "pam_module/card.h"
#include "pam_module/reply.h"
#include "pam_module/verdict.h"
#include "pam_module/words.h"

#define SEND_MS 5000

#define GO_ON (-1) /* no PAM code: the dialogue continues */

struct progress {
	unsigned int asks;
	unsigned int codes; /* of them, those for a code */
	unsigned int infos;
	unsigned int wait_ms; /* the next silence may be so much longer */
};

static void reply_free(char *typed)
{
	if (typed == NULL)
		return;
	wipe(typed, strlen(typed));
	free(typed);
}

/* Borrowed from libpam; NULL when no earlier module set it. */
static const char *earlier_password(pam_handle_t *pamh)
{
	const void *item = NULL;

	if (pam_get_item(pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS)
		return NULL;
	return item;
}

static int prompt(const struct dialogue *d, const struct msg *ask, char **ret_typed)
{
	char text[WORDS_SIZE];
	char *typed = NULL;
	int code;

	words_prompt(words_language(d->options->language), d->options->combined, ask, text,
	    sizeof(text));
	code = pam_prompt(d->pamh, PAM_PROMPT_ECHO_OFF, &typed, "%s", text);
	if (code != PAM_SUCCESS || typed == NULL) {
		reply_free(typed);
		return PAM_CONV_ERR;
	}
	*ret_typed = typed;
	return PAM_SUCCESS;
}

/* The rules of the two options of that name: the first question for a code only, and with
 * try_first_pass only when it looks like something to answer with. */
static bool first_pass_fits(const struct options *o, const char *earlier)
{
	struct msg ignored;
	char *copy;
	bool fits;

	if (earlier == NULL)
		return false;
	if (!o->combined)
		return o->use_first_pass || reply_is_code(earlier);
	if (o->use_first_pass)
		return true;
	copy = strdup(earlier);
	if (copy == NULL)
		return false;
	msg_clear(&ignored);
	reply_combined(copy, o->code_digits, &ignored);
	fits = ignored.answer.kind == MSG_ANSWER_TEXT;
	msg_clear(&ignored);
	/* What was cut off is wiped; the head is wiped here. */
	reply_free(copy);
	return fits;
}

/* What an earlier module left is never a PIN: a try of the card would be spent on it. */
static bool asks_for_pin(const struct msg *ask)
{
	return ask->ask.text != MSG_TEXT_CODE;
}

/* What to answer with, as memory of our own. */
static int obtain(
    const struct dialogue *d, const struct msg *ask, const struct progress *p, char **ret_typed)
{
	const struct options *o = d->options;
	bool first_pass = o->try_first_pass || o->use_first_pass;
	const char *earlier = first_pass ? earlier_password(d->pamh) : NULL;

	if (first_pass && !asks_for_pin(ask) && p->codes == 1 && first_pass_fits(o, earlier)) {
		*ret_typed = strdup(earlier);
		return *ret_typed != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
	}
	if (o->use_first_pass)
		return PAM_AUTH_ERR;
	return prompt(d, ask, ret_typed);
}

static int make_answer(
    const struct dialogue *d, const struct msg *ask, char *typed, struct msg *answer)
{
	const struct options *o = d->options;

	if (o->combined) {
		reply_combined(typed, o->code_digits, answer);
		/* Whatever the verdict will be: the password module behind us must not show by
		 * its behaviour which of the two was wrong. */
		return pam_set_item(d->pamh, PAM_AUTHTOK, typed);
	}
	/* Where the password may be the code it is no repetition; a PIN it never is. */
	reply_plain(typed,
	    (o->try_first_pass || o->use_first_pass) && !asks_for_pin(ask)
	        ? NULL
	        : earlier_password(d->pamh),
	    answer);
	return PAM_SUCCESS;
}

static int send_answer(const struct dialogue *d, struct msg *answer, struct err *e)
{
	if (chan_send(d->door->fd, answer, SEND_MS) == CHAN_OK)
		return GO_ON;
	(void)err_set(e, ERR_NO_HELPER, "helper", "gone while the person was typing");
	return verdict_pam_code(VERDICT_UNAVAILABLE);
}

/* *e stays empty where the person is to blame, not the machine. */
static int refuse_ask(int code, unsigned int asks, struct err *e)
{
	if (code == PAM_CONV_ERR)
		(void)err_set(e, ERR_CONVERSATION, "conversation", "no reply to the prompt");
	else if (code == PAM_AUTH_ERR && asks == 1)
		(void)err_set(e, ERR_CONVERSATION, "use_first_pass",
		    "no earlier module has asked for a code");
	else if (code != PAM_AUTH_ERR)
		(void)err_set(e, ERR_INTERNAL, "reply", "PAM error %d", code);
	return code;
}

static int nonsense(const struct dialogue *d, struct err *e, const char *what)
{
	door_abandon(d->door);
	(void)err_set(e, ERR_PROTOCOL, "helper", "%s", what);
	return verdict_pam_code(VERDICT_ERROR);
}

static int take_ask(
    const struct dialogue *d, const struct msg *ask, struct progress *p, struct err *e)
{
	struct msg answer;
	char *typed = NULL;
	int code;

	p->asks++;
	p->codes += !asks_for_pin(ask);
	if (p->asks > DIALOGUE_ASKS_MAX || ask->ask.seq != p->asks)
		return nonsense(d, e, "asked out of order");
	msg_clear(&answer);
	code = obtain(d, ask, p, &typed);
	if (code != PAM_SUCCESS)
		return refuse_ask(code, p->asks, e);
	answer.type = MSG_ANSWER;
	answer.version = d->hello->version;
	memcpy(answer.session, d->hello->session, sizeof(answer.session));
	answer.answer.seq = ask->ask.seq;
	code = make_answer(d, ask, typed, &answer);
	reply_free(typed);
	code = code == PAM_SUCCESS ? send_answer(d, &answer, e) : refuse_ask(code, p->asks, e);
	msg_clear(&answer);
	return code;
}

/* Whoever stands in front of a reader may need a moment. */
static unsigned int card_wait(const struct msg *info)
{
	const uint32_t longest = DIALOGUE_CARD_WAIT_MAX_S;

	if (info->info.text != MSG_TEXT_CARD_WAIT)
		return 0;
	return (info->info.seconds < longest ? info->info.seconds : longest) * 1000;
}

static int take_info(
    const struct dialogue *d, const struct msg *info, struct progress *p, struct err *e)
{
	char text[WORDS_SIZE];

	p->infos++;
	if (p->infos > DIALOGUE_INFOS_MAX)
		return nonsense(d, e, "does not stop talking");
	p->wait_ms = card_wait(info);
	if (d->silent)
		return GO_ON;
	words_info(words_language(d->options->language), info, text, sizeof(text));
	/* Some programs cannot show it; that is no reason to refuse anybody. */
	if (text[0] != '\0')
		(void)pam_prompt(d->pamh, PAM_TEXT_INFO, NULL, "%s", text);
	return GO_ON;
}

/* Why it ended: no prompt follows that could carry it. */
static void tell_refusal(const struct dialogue *d, const struct msg *verdict)
{
	struct msg info;
	char text[WORDS_SIZE];

	msg_clear(&info);
	info.info.reason = verdict->verdict.reason;
	info.info.seconds = verdict->verdict.seconds;
	info.info.left = verdict->verdict.left;
	words_info(words_language(d->options->language), &info, text, sizeof(text));
	if (text[0] != '\0')
		(void)pam_prompt(d->pamh, PAM_ERROR_MSG, NULL, "%s", text);
}

/* The codec has checked both already; a grant is worth a second look. */
static int take_verdict(const struct dialogue *d, const struct msg *m, struct err *e)
{
	bool granted = m->verdict.verdict == VERDICT_GRANTED;

	if (granted != (m->verdict.grant == MSG_GRANT))
		return nonsense(d, e, "contradicts itself");
	if (!granted && !d->silent)
		tell_refusal(d, m);
	if (granted && card_hand_on(d->pamh, m) != PAM_SUCCESS) {
		(void)err_set(e, ERR_INTERNAL, CARD_VARIABLE, "not to be had from libpam");
		return verdict_pam_code(VERDICT_ERROR);
	}
	return verdict_pam_code(m->verdict.verdict);
}

static int take_message(
    const struct dialogue *d, const struct msg *m, struct progress *p, struct err *e)
{
	if (m->version != d->hello->version)
		return nonsense(d, e, "changed the protocol version");
	switch (m->type) {
	case MSG_ASK:
		return take_ask(d, m, p, e);
	case MSG_INFO:
		return take_info(d, m, p, e);
	case MSG_VERDICT:
		return take_verdict(d, m, e);
	case MSG_INVALID:
	case MSG_HELLO:
	case MSG_WELCOME:
	case MSG_ANSWER:
	case MSG_NAME:
	default:
		return nonsense(d, e, "sent a message out of order");
	}
}

static int lost(const struct dialogue *d, enum chan_result c, struct err *e)
{
	if (c == CHAN_GARBAGE)
		return nonsense(d, e, "sent a malformed or foreign message");
	door_abandon(d->door);
	(void)err_set(e, ERR_NO_HELPER, "helper",
	    c == CHAN_TIMEOUT ? "silent for %d s, given up" : "gone within %d s, no verdict",
	    DIALOGUE_SILENCE_MS / 1000);
	return verdict_pam_code(VERDICT_UNAVAILABLE);
}

int dialogue_run(const struct dialogue *d, struct err *e)
{
	struct progress p = {0};
	struct msg m;
	int code = GO_ON;

	while (code == GO_ON) {
		int patience = DIALOGUE_SILENCE_MS + (int)p.wait_ms;
		enum chan_result c = chan_recv(d->door->fd, d->hello->session, &m, patience);

		p.wait_ms = 0;
		code = c == CHAN_OK ? take_message(d, &m, &p, e) : lost(d, c, e);
	}
	msg_clear(&m);
	return code;
}
