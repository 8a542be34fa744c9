/* SPDX-License-Identifier: BSD-3-Clause */
/* An IKEv2 message: everything that reads, prints and writes one. */
#include "fuzz/driver.h"
#include "fuzz/msg.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_message(2, slice_of(data, size));
	return 0;
}
