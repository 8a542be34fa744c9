/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame - how control messages follow each other on a stream socket: a length of four bytes in network order, then that
 * many bytes.  Requests are short; answers may be long.
 */
#ifndef CTL_FRAME_H
#define CTL_FRAME_H

#define CTL_FRAME_HEAD  4
#define CTL_REQUEST_MAX 65536
#define CTL_ANSWER_MAX  (64u << 20)

#endif
