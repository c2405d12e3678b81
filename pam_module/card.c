/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One variable of the PAM environment, in lower-case hexadecimal. Leaves all others alone.
 */
#include "pam_module/card.h"

#include <stdio.h>
#include <string.h>

/* Asked for first: libpam logs it as an error to take away what is not there. */
void card_forget(pam_handle_t *pamh)
{
	if (pam_getenv(pamh, CARD_VARIABLE) != NULL)
		(void)pam_putenv(pamh, CARD_VARIABLE);
}

int card_hand_on(pam_handle_t *pamh, const struct msg *verdict)
{
	char text[sizeof(CARD_VARIABLE "=") + 2 * MSG_CARD_SIZE];
	size_t used = sizeof(CARD_VARIABLE "=") - 1;

	if (!msg_has_card(verdict))
		return PAM_SUCCESS;
	memcpy(text, CARD_VARIABLE "=", used);
	for (size_t i = 0; i < MSG_CARD_SIZE; i++, used += 2)
		(void)snprintf(text + used, 3, "%02x", verdict->verdict.card[i]);
	return pam_putenv(pamh, text);
}
