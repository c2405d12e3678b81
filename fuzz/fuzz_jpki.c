/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: everything JPKI asks a card, answered by the input; never for the signing key.
 */
#include "fuzz/inputcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	inputcard_run(&applet_jpki, "1234", (struct cursor){data, size});
	return 0;
}
