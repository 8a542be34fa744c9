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
 * Watch the namespace this process is in at the time of the call; |name| is for the report and is borrowed.  Ends the
 * process when the kernel has no XFRM.
 */
struct sawatch *
sawatch_new(const char *name);

/*
 * Look once: dump the SAs and remember, for each destination, how many there were and which.
 */
void
sawatch_look(struct sawatch *w);

/*
 * Print what was seen: one line "sa NAME DESTINATION max N spis N" for each destination.
 */
void
sawatch_report(const struct sawatch *w);

#endif
