/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * adopt - SAs of ours in the kernel that a former process made become children of this one, as they are.
 *
 * Halves find each other by the record of our SPIs, else by their ends, protocol, mode and reqid, in the order in which they
 * were added.  A pair is adopted if an outbound policy uses it: CHILD_INSTALLED, without IKE SA, with the selectors of the record
 * or of the policy, and with the kernel's lifetimes.  A half whose other half is missing is adopted too, as a pair that is
 * broken: it stays until a new pair is up.  Of two pairs for the same traffic the older one is on its way out.  No packet is lost by
 * any of it, and nothing is said to the peer.
 *
 * Nothing of it needs keys, and keys are never installed again: sequence numbers would be used twice.
 */
#ifndef RINGTAIL_IKE_ADOPT_H
#define RINGTAIL_IKE_ADOPT_H

struct daemon;

/* All SAs that are ours and that no child has.  What finds no policy stays as it is; so does the rest when memory runs out. */
void adopt_all(struct daemon *d);

#endif
