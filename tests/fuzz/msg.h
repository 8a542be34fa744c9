/* SPDX-License-Identifier: BSD-3-Clause */
/* msg - the properties that the fuzz targets of both versions' messages share. */
#ifndef FUZZ_MSG_H
#define FUZZ_MSG_H

#include "util/slice.h"

/*
 * Take |data| as a datagram with a marker and without, as a message of |version| (whatever its header says of version
 * and length), and print it.  Ends the program when encoding what was decoded does not give the same message again.
 */
void
fuzz_message(unsigned version, struct slice data);

#endif
