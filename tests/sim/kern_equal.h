/* SPDX-License-Identifier: BSD-3-Clause */
/* kern_equal - does a kernel hold exactly what the model says, row by row? */
#ifndef SIM_KERN_EQUAL_H
#define SIM_KERN_EQUAL_H

struct kern;
struct sadb;

/*
 * NULL if equal, else the first difference in words ("missing in the kernel: ESP 0x12345678 to 192.0.2.1").  Larval
 * states of others and per-socket policies do not count.  The text is in |buf| of |cap| bytes (> 4).
 */
const char *
kern_equal(struct kern *kern, const struct sadb *db, char *buf, unsigned cap);

#endif
