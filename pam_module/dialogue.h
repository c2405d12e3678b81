/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries questions to the person and answers back, until the helper's verdict. Decides nothing
 * about codes; whatever it does not understand is a denial.
 */
#ifndef SEKISHO_DIALOGUE_H
#define SEKISHO_DIALOGUE_H

#include <security/pam_modules.h>

#include "pam_module/door.h"
#include "lib/wire/options.h"

#define DIALOGUE_SILENCE_MS      20000 /* of the helper; a person has no deadline */
#define DIALOGUE_ASKS_MAX        8
#define DIALOGUE_INFOS_MAX       64
#define DIALOGUE_CARD_WAIT_MAX_S 300 /* over and above, where the helper waits for a card */

struct dialogue {
	pam_handle_t *pamh;
	const struct options *options;
	const struct msg *hello; /* what was sent: session and version of every message */
	struct door *door;       /* open; still the caller's to close */
	bool silent;             /* PAM_SILENT: no texts but prompts */
};

/* Returns the PAM code of the verdict, or of why there was none; *e has a number then. A helper
 * that went silent or talked nonsense is abandoned. */
MUST_CHECK int dialogue_run(const struct dialogue *d, struct err *e);

#endif
