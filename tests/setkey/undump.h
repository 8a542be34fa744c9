/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * undump - what setkey -D and -DP print, read back into statements that make the same databases.
 *
 * Statements come in the opposite order, because dumps begin with the newest.  Larval SAs and policies of sockets are left out.
 */
#ifndef TESTS_SETKEY_UNDUMP_H
#define TESTS_SETKEY_UNDUMP_H

#include <stdbool.h>
#include <stdio.h>

/* Read |in| and write statements to |out|; false: a line that is none of a dump, which is printed to standard error. */
bool
undump(FILE *in, FILE *out);

#endif
