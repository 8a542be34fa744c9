/* SPDX-License-Identifier: BSD-3-Clause */
/* driver - what a fuzz target defines; libFuzzer or driver.c calls it. */
#ifndef FUZZ_DRIVER_H
#define FUZZ_DRIVER_H

#include <stddef.h>
#include <stdint.h>

/* Do whatever is to be tested with |size| bytes of |data|; end the program if something is wrong.  Returns 0. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
