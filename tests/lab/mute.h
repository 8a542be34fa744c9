/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mute - make a running daemon deaf to what the kernel says, from outside and without its help.
 *
 * Its XFRM event sockets (those that are in multicast groups) are borrowed with pidfd_getfd() and changed: a socket belongs
 * to whoever holds a descriptor of it.  So the daemon under test is the one that users run.
 */
#ifndef LAB_MUTE_H
#define LAB_MUTE_H

#include <sys/types.h>

/*
 * Drop, silently, every report of the kernel about SAs and policies (new, changed, deleted, flushed, expired) but acquires.
 * The socket is not told that it missed something, so only a look at the kernel finds out.
 */
void
mute_on(pid_t pid);
void
mute_off(pid_t pid);

/* Make the receive buffer as small as the kernel allows, so that a burst overruns it; return its size before. */
int
mute_small_buffer(pid_t pid);
void
mute_set_buffer(pid_t pid, int size);

#endif
