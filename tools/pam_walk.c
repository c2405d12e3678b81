/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux-PAM's way through a stack. Its rules are those of _pam_dispatch_aux(); a test compares
 * the two on random stacks.
 */
#include "tools/pam_walk.h"

#include <stdlib.h>
#include <string.h>

#define WAYS_MAX   32768 /* states of one search */
#define TABLE_SIZE 65536

enum impression { IMPRESSION_NONE = 0, IMPRESSION_GOOD, IMPRESSION_BAD };

struct verdict {
	enum impression impression;
	int status;
};

/* Before a step. */
struct walk {
	unsigned at, previous_level;
	struct verdict now;
	struct verdict entered[PAM_STACK_DEPTH]; /* what a substack began with: for reset */
};

/* ---- roles ---- */

static const struct role_row {
	const char *module;
	enum pam_role role;
} roles[] = {
    {"pam_sekisho.so", PAM_ROLE_SEKISHO},
    {"pam_permit.so", PAM_ROLE_PERMIT},
    {"pam_deny.so", PAM_ROLE_DENY},
    {"pam_access.so", PAM_ROLE_CONDITION},
    {"pam_listfile.so", PAM_ROLE_CONDITION},
    {"pam_localuser.so", PAM_ROLE_CONDITION},
    {"pam_rootok.so", PAM_ROLE_CONDITION},
    {"pam_securetty.so", PAM_ROLE_CONDITION},
    {"pam_succeed_if.so", PAM_ROLE_CONDITION},
    {"pam_time.so", PAM_ROLE_CONDITION},
    {"pam_usertype.so", PAM_ROLE_CONDITION},
    {"pam_wheel.so", PAM_ROLE_CONDITION},
    {"pam_cap.so", PAM_ROLE_HELPER},
    {"pam_echo.so", PAM_ROLE_HELPER},
    {"pam_ecryptfs.so", PAM_ROLE_HELPER},
    {"pam_env.so", PAM_ROLE_HELPER},
    {"pam_faildelay.so", PAM_ROLE_HELPER},
    {"pam_faillock.so", PAM_ROLE_HELPER},
    {"pam_gnome_keyring.so", PAM_ROLE_HELPER},
    {"pam_group.so", PAM_ROLE_HELPER},
    {"pam_issue.so", PAM_ROLE_HELPER},
    {"pam_keyinit.so", PAM_ROLE_HELPER},
    {"pam_kwallet.so", PAM_ROLE_HELPER},
    {"pam_kwallet5.so", PAM_ROLE_HELPER},
    {"pam_lastlog.so", PAM_ROLE_HELPER},
    {"pam_loginuid.so", PAM_ROLE_HELPER},
    {"pam_mount.so", PAM_ROLE_HELPER},
    {"pam_nologin.so", PAM_ROLE_HELPER},
    {"pam_selinux.so", PAM_ROLE_HELPER},
    {"pam_sepermit.so", PAM_ROLE_HELPER},
    {"pam_shells.so", PAM_ROLE_HELPER},
    {"pam_tally2.so", PAM_ROLE_HELPER},
    {"pam_warn.so", PAM_ROLE_HELPER},
};

enum pam_role pam_role_of(const struct pam_step *s)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].module, s->module) == 0)
			return roles[i].role;
	return PAM_ROLE_FACTOR;
}

int pam_stack_find(const struct pam_stack *s, enum pam_role role)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->steps[i].kind == PAM_STEP_MODULE && pam_role_of(&s->steps[i]) == role)
			return (int)i;
	return -1;
}

bool pam_stack_options(const struct pam_stack *s, struct options *ret_o)
{
	const char *words[PAM_STACK_WORDS_MAX];
	int at = pam_stack_find(s, PAM_ROLE_SEKISHO);

	return at >= 0 &&
	       options_parse(pam_step_words(&s->steps[at], words), words, ret_o, NULL) == 0;
}

/* ---- one step ---- */

static struct walk walk_begin(void)
{
	return (struct walk){
	    .now.status = PAM_CODE_PERM_DENIED, .entered[0].status = PAM_CODE_PERM_DENIED};
}

/* The last step of the stack or substack that step belongs to, from there on. */
static unsigned end_of_level(const struct pam_stack *s, unsigned step)
{
	unsigned level = s->steps[step].level;

	while (step + 1 < s->count && s->steps[step + 1].level >= level)
		step++;
	return step;
}

static void take_good(struct verdict *v, int code)
{
	if (v->impression == IMPRESSION_NONE ||
	    (v->impression == IMPRESSION_GOOD && v->status == PAM_CODE_SUCCESS))
		*v = (struct verdict){IMPRESSION_GOOD, code};
}

static void take_bad(struct verdict *v, int code)
{
	if (v->impression != IMPRESSION_BAD)
		*v = (struct verdict){
		    IMPRESSION_BAD, code == PAM_CODE_IGNORE ? PAM_CODE_PERM_DENIED : code};
}

/* The last step that is jumped over; a substack counts as one. Who jumps too far fails. */
static unsigned jump(const struct pam_stack *s, struct walk *w, int count)
{
	unsigned level = s->steps[w->at].level, at = w->at;

	for (; count > 0 && at + 1 < s->count && s->steps[at + 1].level >= level; count--) {
		do
			at++;
		while (at + 1 < s->count && s->steps[at + 1].level > level);
	}
	if (count > 0)
		w->now = (struct verdict){IMPRESSION_BAD, PAM_CODE_PERM_DENIED};
	return at;
}

/* On to the next step. */
static void walk_step(const struct pam_stack *s, struct walk *w, int code)
{
	const struct pam_step *step = &s->steps[w->at];
	unsigned at = w->at;
	int action;

	if (w->previous_level < step->level)
		w->entered[step->level] = w->now;
	if (step->kind == PAM_STEP_BROKEN)
		code = PAM_CODE_PERM_DENIED;
	action = step->kind == PAM_STEP_SUBSTACK ? PAM_ACTION_IGNORE : step->action[code];
	switch (action) {
	case PAM_ACTION_IGNORE:
		break;
	case PAM_ACTION_RESET:
		w->now = w->entered[step->level];
		break;
	case PAM_ACTION_OK:
		take_good(&w->now, code);
		break;
	case PAM_ACTION_DONE:
		take_good(&w->now, code);
		if (w->now.impression == IMPRESSION_GOOD)
			at = end_of_level(s, at);
		break;
	case PAM_ACTION_BAD:
		take_bad(&w->now, code);
		break;
	case PAM_ACTION_DIE:
		take_bad(&w->now, code);
		at = end_of_level(s, at);
		break;
	default:
		at = jump(s, w, action);
		break;
	}
	w->previous_level = step->level;
	w->at = at + 1;
}

static int walk_end(const struct walk *w)
{
	if (w->now.status == PAM_CODE_SUCCESS && w->now.impression != IMPRESSION_GOOD)
		return PAM_CODE_PERM_DENIED;
	return w->now.status;
}

int pam_walk_fixed(const struct pam_stack *s, const int *codes)
{
	struct walk w = walk_begin();

	while (w.at < s->count)
		walk_step(s, &w, codes[w.at]);
	return walk_end(&w);
}

/* ---- the search ---- */

/* Everything that tells two walks apart, and whether pam_sekisho has succeeded. */
static uint64_t pack(const struct pam_stack *s, const struct walk *w, bool succeeded)
{
	uint64_t key = w->at;
	unsigned level = w->at < s->count ? s->steps[w->at].level : 0;

	key = key << 1 | succeeded;
	key = key << 4 | w->previous_level;
	key = key << 3 | (uint64_t)w->now.impression << 1 | (w->now.status == 0);
	for (unsigned i = 0; i < PAM_STACK_DEPTH; i++) {
		key <<= 3;
		if (i <= level) /* deeper ones are written anew when they are entered */
			key |= (uint64_t)w->entered[i].impression << 1 |
			       (w->entered[i].status == 0);
	}
	return key;
}

struct state {
	struct walk walk;
	bool succeeded;           /* pam_sekisho has */
	int parent;               /* index, -1 none */
	unsigned char step, code; /* that led here */
};

struct search {
	const struct pam_stack *stack;
	enum pam_question question;
	struct state *states;
	size_t count;
	uint64_t *seen; /* key + 1; open addressing */
};

/* True when it was not seen before. */
static bool note_key(struct search *q, uint64_t key)
{
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 48);

	for (;; i = (i + 1) % TABLE_SIZE) {
		if (q->seen[i] == key + 1)
			return false;
		if (q->seen[i] == 0) {
			q->seen[i] = key + 1;
			return true;
		}
	}
}

static bool skips(const struct pam_stack *s, unsigned from, unsigned to, enum pam_role role)
{
	for (unsigned i = from + 1; i < to; i++)
		if (s->steps[i].kind == PAM_STEP_MODULE && pam_role_of(&s->steps[i]) == role)
			return true;
	return false;
}

/* May this module return that here, and be on the way that is looked for? */
static bool code_allowed(const struct search *q, const struct pam_step *step, int code)
{
	bool alone = q->question == PAM_QUESTION_ALONE;

	switch (pam_role_of(step)) {
	case PAM_ROLE_PERMIT:
		return code == PAM_CODE_SUCCESS;
	case PAM_ROLE_DENY:
		return code == PAM_CODE_AUTH_ERR;
	case PAM_ROLE_SEKISHO:
		return code != PAM_CODE_IGNORE && (alone || code != PAM_CODE_SUCCESS);
	case PAM_ROLE_FACTOR:
		/* modules that check a password do not say ignore for a wrong one */
		return !alone || (code != PAM_CODE_SUCCESS && code != PAM_CODE_IGNORE);
	case PAM_ROLE_CONDITION:
	case PAM_ROLE_HELPER:
	default:
		return true;
	}
}

static bool move_allowed(const struct search *q, unsigned from, unsigned to)
{
	if (pam_role_of(&q->stack->steps[from]) != PAM_ROLE_CONDITION)
		return true;
	switch (q->question) {
	case PAM_QUESTION_BYPASS:
		return !skips(q->stack, from, to, PAM_ROLE_SEKISHO);
	case PAM_QUESTION_ALONE:
		return !skips(q->stack, from, to, PAM_ROLE_FACTOR);
	case PAM_QUESTION_CONDITION:
	default:
		return true;
	}
}

static bool is_found(const struct search *q, const struct state *s)
{
	return s->walk.at >= q->stack->count && walk_end(&s->walk) == PAM_CODE_SUCCESS &&
	       (q->question != PAM_QUESTION_ALONE || s->succeeded);
}

/* Adds what follows when the step returns code. -1: too many. 1: that is the way. */
static int add_state(struct search *q, size_t from, int code)
{
	struct state next = q->states[from];
	const struct pam_step *step = &q->stack->steps[next.walk.at];

	next.parent = (int)from;
	next.step = (unsigned char)next.walk.at;
	next.code = (unsigned char)code;
	walk_step(q->stack, &next.walk, code);
	if (step->kind == PAM_STEP_MODULE) {
		if (!move_allowed(q, next.step, next.walk.at))
			return 0;
		next.succeeded |=
		    pam_role_of(step) == PAM_ROLE_SEKISHO && code == PAM_CODE_SUCCESS;
	}
	if (!note_key(q, pack(q->stack, &next.walk, next.succeeded)))
		return 0;
	if (q->count == WAYS_MAX)
		return -1;
	q->states[q->count++] = next;
	return is_found(q, &next);
}

/* Every return value, but one for all that do the same; those one would name first come first.
 */
static int expand(struct search *q, size_t from)
{
	static const int first[] = {PAM_CODE_SUCCESS, PAM_CODE_AUTH_ERR, PAM_CODE_IGNORE,
	    PAM_CODE_USER_UNKNOWN, PAM_CODE_AUTHINFO_UNAVAIL};
	const size_t named = sizeof(first) / sizeof(first[0]);
	const struct pam_step *step = &q->stack->steps[q->states[from].walk.at];
	int tried[PAM_STACK_CODES], r;
	size_t count = 0;

	if (step->kind != PAM_STEP_MODULE)
		return add_state(q, from, PAM_CODE_PERM_DENIED);
	for (size_t i = 0; i < named + PAM_STACK_CODES; i++) {
		int code = i < named ? first[i] : (int)(i - named);
		bool same = false;

		if (code >= PAM_CODE_CONV_AGAIN || !code_allowed(q, step, code))
			continue;
		for (size_t n = 0; n < count && !same; n++)
			same = step->action[tried[n]] == step->action[code] &&
			       (tried[n] == PAM_CODE_SUCCESS) == (code == PAM_CODE_SUCCESS);
		if (same)
			continue;
		tried[count++] = code;
		r = add_state(q, from, code);
		if (r != 0)
			return r;
	}
	return 0;
}

static void trace(const struct search *q, struct pam_way *ret_way)
{
	unsigned n = 0;

	for (int i = (int)q->count - 1; q->states[i].parent >= 0; i = q->states[i].parent)
		n++;
	ret_way->count = n;
	for (int i = (int)q->count - 1; n > 0; i = q->states[i].parent) {
		n--;
		ret_way->passed[n].step = q->states[i].step;
		ret_way->passed[n].code = q->states[i].code;
	}
}

enum pam_finding pam_walk_search(
    const struct pam_stack *s, enum pam_question question, struct pam_way *ret_way)
{
	struct search q = {.stack = s, .question = question};
	enum pam_finding finding = PAM_FINDING_UNSURE;
	int r = 0;

	q.states = calloc(WAYS_MAX, sizeof(*q.states));
	q.seen = calloc(TABLE_SIZE, sizeof(*q.seen));
	if (q.states == NULL || q.seen == NULL)
		goto out;
	q.states[q.count++] = (struct state){.walk = walk_begin(), .parent = -1};
	for (size_t i = 0; i < q.count && r == 0; i++)
		if (q.states[i].walk.at < s->count)
			r = expand(&q, i);
	if (r > 0)
		trace(&q, ret_way);
	if (r >= 0)
		finding = r > 0 ? PAM_FINDING_YES : PAM_FINDING_NO;
out:
	free(q.states);
	free(q.seen);
	return finding;
}

/* ---- in words ---- */

bool pam_walk_leak(const struct pam_stack *s, const struct pam_way *way, struct pam_leak *ret_l)
{
	for (unsigned i = way->count; i-- > 0;) {
		unsigned step = way->passed[i].step;
		unsigned next = i + 1 < way->count ? way->passed[i + 1].step : s->count;
		bool sekisho = s->steps[step].kind == PAM_STEP_MODULE &&
		               pam_role_of(&s->steps[step]) == PAM_ROLE_SEKISHO;

		if (sekisho && way->passed[i].code == PAM_CODE_SUCCESS)
			return false;
		*ret_l = (struct pam_leak){
		    .step = step, .code = way->passed[i].code, .ignored = sekisho};
		if (sekisho || skips(s, step, next, PAM_ROLE_SEKISHO))
			return true;
	}
	return false;
}
