/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The messages between module and helper: their structs, encoding and strict decoding.
 * No I/O (chan.h) and no words (pam_module/words.h). PROTOCOL.md has the byte layouts.
 *
 * Order of a session:   module HELLO -> helper WELCOME -> (helper ASK -> module ANSWER | helper
 * INFO)* -> helper VERDICT. Closing the socket ends the session as a denial at any point.
 * A HELLO that asks for a name (MSG_HELLO_NO_USER) is no login: HELLO -> WELCOME -> NAME.
 */
#ifndef SEKISHO_MSG_H
#define SEKISHO_MSG_H

#include "lib/wire/secret.h"

#define MSG_VERSION        2           /* what this module speaks */
#define MSG_VERSION_OLDEST 1           /* what this helper still understands */
#define MSG_CARDS_SINCE    2           /* the oldest that has words for cards */
#define MSG_MAX            768         /* no message is longer, bytes */
#define MSG_SESSION_SIZE   16          /* random, chosen by the module, in every message */
#define MSG_GRANT          0x6b3a97c5u /* in VERDICT, set exactly when the login is granted */

#define MSG_CARD_SIZE    32  /* what tells a card from others: applet.h, identify */
#define MSG_USER_SIZE    256 /* with NUL */
#define MSG_SERVICE_SIZE 64
#define MSG_TTY_SIZE     64
#define MSG_RHOST_SIZE   256

enum msg_type {
	MSG_INVALID = 0,
	MSG_HELLO = 1,   /* module -> helper */
	MSG_WELCOME = 2, /* helper -> module */
	MSG_ASK = 3,     /* helper -> module, wants an ANSWER with the same seq */
	MSG_INFO = 4,    /* helper -> module, no reply */
	MSG_ANSWER = 5,  /* module -> helper */
	MSG_VERDICT = 6, /* helper -> module, last */
	MSG_NAME = 7,    /* helper -> module, last; the whole answer to MSG_HELLO_NO_USER */
};

enum msg_hello_flags {
	MSG_HELLO_COMBINED = 1u << 0, /* one field carries password and code */
	MSG_HELLO_NO_PIN = 1u << 1,   /* nobody can be asked for the PIN of a card */
	MSG_HELLO_NO_USER = 1u << 2,  /* whom does a card in a reader name? .user is empty */
};

/* What to ask or tell: the module owns the words. */
enum msg_text {
	MSG_TEXT_NONE = 0,
	MSG_TEXT_CODE = 1, /* a one-time code, or one on paper */
	MSG_TEXT_RECOVERY_LEFT =
	    2,                  /* INFO, since version 2: .left recovery codes remain, 0 none */
	MSG_TEXT_EMERGENCY = 3, /* INFO, since version 2: the emergency code is spent now */
	MSG_TEXT_PIN = 4,       /* ASK, since version 2: the PIN of a card; .left tries */
	MSG_TEXT_PIN_JPKI = 5,  /* ASK, since version 2: that of a My Number Card */
	MSG_TEXT_PIN_AGAIN =
	    6, /* ASK, since version 2: the same once more; it is the last try */
	MSG_TEXT_CARD_WAIT =
	    7, /* INFO, since version 2: a card is waited for, .seconds at most, in silence */
	MSG_TEXT_COUNT
};

/* Why the answer before was refused, or why the verdict is what it is. */
enum msg_reason {
	MSG_REASON_NONE = 0,
	MSG_REASON_WRONG = 1,       /* wrong code */
	MSG_REASON_USED = 2,        /* right but used before: wait for the next */
	MSG_REASON_MALFORMED = 3,   /* not a code at all: counted as no guess */
	MSG_REASON_LOCKED = 4,      /* too many failures; .seconds until the next try */
	MSG_REASON_SUSPENDED = 5,   /* needs an administrator */
	MSG_REASON_BUSY = 6,        /* another login of this person holds the record */
	MSG_REASON_CLOCK = 7,       /* clock behind the last login; .seconds by how much */
	MSG_REASON_UNAVAILABLE = 8, /* store, key or configuration unusable: see the log */
	/* since version 2 */
	MSG_REASON_PIN_WRONG = 9,
	MSG_REASON_PIN_FORM = 10,       /* no PIN by its form: nothing was sent to the card */
	MSG_REASON_PIN_BLOCKED = 11,    /* by the card */
	MSG_REASON_CARD_ABSENT = 12,    /* no card of this person in a reader */
	MSG_REASON_CARD_CHANGED = 13,   /* pulled or swapped */
	MSG_REASON_CARD_DATES = 14,     /* certificate not valid now */
	MSG_REASON_CARD_REVOKED = 15,   /* certificate revoked */
	MSG_REASON_CARD_UNTRUSTED = 16, /* certificate cannot be checked: see the log */
	MSG_REASON_CARD_SERVICE = 17,   /* pcscd does not run or refuses */
	MSG_REASON_CARD_FAILED = 18,    /* the card answered as it should not */
	MSG_REASON_PIN_LAST = 19,       /* the one try that is left is not used here */
	MSG_REASON_PIN_DIFFERS = 20,    /* the second PIN is another: nothing was sent */
	MSG_REASON_CARD_BUSY = 21,      /* another program holds it, or one that may be it */
	MSG_REASON_READER_GONE = 22,    /* with the card in it */
	MSG_REASON_COUNT
};

enum msg_answer_kind {
	MSG_ANSWER_INVALID = 0,
	MSG_ANSWER_TEXT = 1,
	MSG_ANSWER_MALFORMED = 2, /* over-long or unusable; text empty */
	MSG_ANSWER_PASSWORD = 3,  /* the host repeated the login password; text empty */
};

/* The only words for the end of a login. 0 is an error, so forgetting to decide denies. */
enum verdict {
	VERDICT_ERROR = 0,   /* PAM_SYSTEM_ERR */
	VERDICT_GRANTED = 1, /* PAM_SUCCESS */
	VERDICT_DENIED = 2,  /* PAM_AUTH_ERR */
	VERDICT_LOCKED = 3,  /* PAM_MAXTRIES: delay or suspension */
	VERDICT_UNAVAILABLE =
	    4, /* PAM_AUTHINFO_UNAVAIL: store, key or configuration unusable */
	VERDICT_NOT_ALLOWED = 5, /* PAM_PERM_DENIED: this caller may not verify this person */
	VERDICT_COUNT
};

struct msg {
	enum msg_type type;
	uint8_t version;
	uint8_t session[MSG_SESSION_SIZE];
	union {
		struct {
			uint32_t flags; /* enum msg_hello_flags; unknown bits are refused */
			uint32_t ruid;  /* the host's real uid, its word (root callers only) */
			char user[MSG_USER_SIZE];
			char service[MSG_SERVICE_SIZE];
			char tty[MSG_TTY_SIZE];     /* "" when unset */
			char rhost[MSG_RHOST_SIZE]; /* "" when unset: the login is local */
		} hello;
		struct {
			uint32_t seq;    /* 1, 2, ... within the session */
			uint16_t text;   /* enum msg_text */
			uint16_t reason; /* enum msg_reason */
			uint32_t seconds;
			uint32_t left; /* tries or codes left, 0 = not said; since version 2 */
		} ask, info;
		struct {
			uint32_t seq;       /* of the ASK */
			uint8_t kind;       /* enum msg_answer_kind */
			struct secret text; /* no NUL inside, not terminated */
		} answer;
		struct {
			uint32_t grant;   /* MSG_GRANT or 0 */
			uint16_t verdict; /* enum verdict */
			uint16_t reason;  /* enum msg_reason */
			uint32_t seconds;
			uint32_t left; /* since version 2 */
			/* Of a grant, since version 2: the card that opened; zeros: none did.
			 */
			uint8_t card[MSG_CARD_SIZE];
		} verdict;
		struct {
			char user[MSG_USER_SIZE]; /* "": nobody. A hint, not a word about a
			                             login */
		} name;
	};
};

/* Encodes m as its .version says; out has MSG_MAX bytes. Returns the length, or 0 when m is
 * not encodable (unknown type or version, text too long). Wipe out after an ANSWER. */
MUST_CHECK size_t msg_encode(const struct msg *m, uint8_t out[MSG_MAX]);
/* Strict: exact length, version MSG_VERSION_OLDEST..MSG_VERSION, known type, known enum values,
 * zero padding, nothing trailing, GRANT constant present exactly with VERDICT_GRANTED.
 * -1 leaves *ret_m zeroed, whose type is MSG_INVALID. */
MUST_CHECK int msg_decode(const void *data, size_t len, struct msg *ret_m);
/* Did a card open? Of a VERDICT. */
bool msg_has_card(const struct msg *m);
/* Wipes everything. */
void msg_clear(struct msg *m);

#endif
