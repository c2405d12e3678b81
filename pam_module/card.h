/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which card opened, handed on to the session in the PAM environment: sekisho-cardwatch watches
 * it. Knows no card and no reader.
 */
#ifndef SEKISHO_MODULE_CARD_H
#define SEKISHO_MODULE_CARD_H

#include <security/pam_modules.h>

#include "lib/wire/msg.h"

#define CARD_VARIABLE "SEKISHO_CARD"

/* What an earlier login of this handle left: it is no news of this one. */
void card_forget(pam_handle_t *pamh);
/* Of a granting VERDICT. Without a card nothing is done. Returns a PAM code; a session whose
 * card nobody would know is not to be opened. */
MUST_CHECK int card_hand_on(pam_handle_t *pamh, const struct msg *verdict);

#endif
