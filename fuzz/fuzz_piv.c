/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzz target: everything PIV asks a card, answered by the input. */
#include "fuzz/inputcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	inputcard_run(&applet_piv, "123456", (struct cursor){data, size});
	return 0;
}
