/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dump - any message as indented text, for logs, test failures and people.
 *
 * Accepts every sequence of bytes: what cannot be read is said so and shown as hex.  Peer text is escaped.  Values that
 * authenticate or carry user names and passwords (XAUTH, HASH, SIG, AUTH, EAP) are shown as a length only.
 * Lines end in a newline.
 */
#ifndef WIRE_DUMP_H
#define WIRE_DUMP_H

#include "wire/payload.h"
#include "util/text.h"

/* Print a message with its header, without non-ESP marker.  What is encrypted is shown as a length. */
void
dump_message(struct text *t, struct slice datagram);

/*
 * Print a chain of payloads of |version| whose first has type |first|, indented by |depth| times two: the inside of SK,
 * or a decrypted IKEv1 message.
 */
void
dump_payloads(struct text *t, unsigned version, uint8_t first, struct slice chain, unsigned depth);

#endif
