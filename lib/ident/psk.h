/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * psk - the pre-shared key file, racoon's psk.txt, read with exactly racoon's rules (see
 * ringtail.conf(5)).
 *
 * Works on the file's text, which the caller read and owns as a secret; what is returned is
 * borrowed from it, except for hex keys, which are decoded into the caller's buffer.
 *
 * A line is an ID, white space and the key: everything up to the newline, inner and trailing blanks
 * and a CR included.  '#' is a comment only as the very first character.  A key of "0x" and an even
 * number of hex digits (blanks between them do not count) stands for those bytes.  Blank lines and
 * lines without a key are passed over.  A line of more than 1023 bytes, which racoon broke up, is
 * one line here (PSK_LONG_LINE).
 */
#ifndef IDENT_PSK_H
#define IDENT_PSK_H

#include "util/err.h"
#include "util/slice.h"

#define PSK_MAX 1024

/* What psk_find() and psk_check() have to say about a line. */
enum psk_note {
	PSK_QUOTED = 1,
	PSK_TRAILING_BLANK = 2,
	PSK_CR = 4,
	PSK_BAD_HEX = 8,
	PSK_NO_KEY = 16,
	PSK_COMMENT_INDENTED = 32,
	PSK_LONG_LINE = 64,
	PSK_NOTES = 128 /* behind the last */
};

/*
 * Find the key of |id| in |text|: exact comparison with the first column, first match wins; "*"
 * matches last. Copies the key (hex decoded) into |key_out|, *len_out and the line number into
 * *line_out (may be NULL).
 *
 *   IKE_E_NO_PSK   no line for |id|
 *   IKE_E_SYNTAX   the line that matches holds no valid key: bad hex, or more than PSK_MAX bytes; nothing is copied
 */
MUST_USE ike_err
psk_find(struct slice text, const char *id, uint8_t key_out[PSK_MAX], size_t *len_out,
    unsigned *line_out);

typedef void
psk_note_fn(void *arg, unsigned line, unsigned notes);

/* What one bit of |notes| means to whoever wrote the line. */
const char *
psk_note_text(enum psk_note note);

/* Walk all lines and report the doubtful ones, for the configuration check. */
void
psk_check(struct slice text, psk_note_fn *fn, void *arg);

typedef void psk_line_fn(void *arg, struct slice line, struct slice id, unsigned number);

/* Walk the lines that have an identity and a key, in order: for an index (psk_index.h). */
void
psk_lines(struct slice text, psk_line_fn *fn, void *arg);

#endif
