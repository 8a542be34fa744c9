/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sawatch - count the security associations of one network namespace over time.
 *
 * Asks the kernel itself, by netlink and without the project's own code, so that it can disagree with the daemon.
 */
#ifndef LAB_SAWATCH_H
#define LAB_SAWATCH_H

struct sawatch;

/*
 * Watch the network namespace |name| (borrowed).  Ends the process when there is none, or the kernel has no XFRM.
 */
struct sawatch *
sawatch_new(const char *name);

/*
 * Look once: dump the SAs and remember, for each pair of addresses, how many there were and which.
 */
void
sawatch_look(struct sawatch *w);

/*
 * Print what was seen: one line "sa NAME SOURCE DESTINATION max N spis N" for each pair of addresses.
 */
void
sawatch_report(const struct sawatch *w);

#endif
