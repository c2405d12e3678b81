/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of outcomes. Judges nothing.
 */
#include "lib/login/outcome.h"

static const struct outcome_row rows[OUTCOME_COUNT] = {
    [OUTCOME_ERROR] = {VERDICT_ERROR, false, MSG_REASON_UNAVAILABLE, "internal-error"},
    [OUTCOME_ACCEPTED] = {VERDICT_GRANTED, false, MSG_REASON_NONE, "accepted"},
    [OUTCOME_EMERGENCY] = {VERDICT_GRANTED, false, MSG_REASON_NONE, "emergency"},
    [OUTCOME_NOT_REQUIRED] = {VERDICT_GRANTED, false, MSG_REASON_NONE, "not-required"},
    [OUTCOME_WRONG] = {VERDICT_DENIED, true, MSG_REASON_WRONG, "wrong-code"},
    [OUTCOME_USED] = {VERDICT_DENIED, true, MSG_REASON_USED, "used-code"},
    [OUTCOME_MALFORMED] = {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "malformed"},
    [OUTCOME_CLOCK] = {VERDICT_DENIED, true, MSG_REASON_CLOCK, "clock"},
    [OUTCOME_EMPTY] = {VERDICT_DENIED, true, MSG_REASON_NONE, "empty"},
    [OUTCOME_PASSWORD] = {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "password-repeated"},
    [OUTCOME_LOCKED] = {VERDICT_LOCKED, false, MSG_REASON_LOCKED, "locked"},
    [OUTCOME_SUSPENDED] = {VERDICT_LOCKED, false, MSG_REASON_SUSPENDED, "suspended"},
    [OUTCOME_BUSY] = {VERDICT_DENIED, true, MSG_REASON_BUSY, "busy"},
    [OUTCOME_UNAVAILABLE] = {VERDICT_UNAVAILABLE, false, MSG_REASON_UNAVAILABLE, "unavailable"},
    [OUTCOME_CALLER] = {VERDICT_NOT_ALLOWED, false, MSG_REASON_NONE, "caller"},
    [OUTCOME_PIN_WRONG] = {VERDICT_DENIED, true, MSG_REASON_PIN_WRONG, "wrong-pin"},
    [OUTCOME_PIN_FORM] = {VERDICT_DENIED, true, MSG_REASON_PIN_FORM, "malformed-pin"},
    [OUTCOME_PIN_BLOCKED] = {VERDICT_DENIED, true, MSG_REASON_PIN_BLOCKED, "pin-blocked"},
    [OUTCOME_PIN_LAST] = {VERDICT_DENIED, true, MSG_REASON_PIN_LAST, "last-try"},
    [OUTCOME_PIN_AGAIN] = {VERDICT_DENIED, true, MSG_REASON_NONE, "pin-again"},
    [OUTCOME_PIN_DIFFERS] = {VERDICT_DENIED, true, MSG_REASON_PIN_DIFFERS, "pins-differ"},
    [OUTCOME_CARD_ABSENT] = {VERDICT_DENIED, true, MSG_REASON_CARD_ABSENT, "no-card"},
    [OUTCOME_CARD_CHANGED] = {VERDICT_DENIED, true, MSG_REASON_CARD_CHANGED, "card-changed"},
    [OUTCOME_CARD_BUSY] = {VERDICT_DENIED, true, MSG_REASON_CARD_BUSY, "card-busy"},
    [OUTCOME_READER_GONE] = {VERDICT_DENIED, true, MSG_REASON_READER_GONE, "reader-gone"},
    [OUTCOME_CARD_DATES] = {VERDICT_DENIED, true, MSG_REASON_CARD_DATES, "card-dates"},
    [OUTCOME_CARD_REVOKED] = {VERDICT_DENIED, true, MSG_REASON_CARD_REVOKED, "card-revoked"},
    [OUTCOME_CARD_UNTRUSTED] = {VERDICT_DENIED, true, MSG_REASON_CARD_UNTRUSTED,
        "card-untrusted"},
    [OUTCOME_CARD_SERVICE] = {VERDICT_DENIED, true, MSG_REASON_CARD_SERVICE, "card-service"},
    [OUTCOME_CARD_FAILED] = {VERDICT_DENIED, true, MSG_REASON_CARD_FAILED, "card-failed"},
};

const struct outcome_row *outcome_row(enum outcome o)
{
	return &rows[(unsigned)o < OUTCOME_COUNT ? o : OUTCOME_ERROR];
}
