/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * record - which SAs in the kernel are ours: a journal of the SPIs that we installed, without keys, in "run/sas".
 *
 * An SA that serves a policy of ours is known by its reqid.  One that serves a policy which setkey wrote has that policy's
 * reqid, mostly 0, because the kernel compares them; nothing in the kernel says whose it is.  So each pair is written down
 * before it gets there and struck out when it is gone.  A daemon that dies leaves lines of pairs that are not there any more,
 * and maybe half a line; the next one drops them.  Without the file only reqids tell, and the rest is foreign.
 *
 * A file that cannot be written is said once; everything else goes on, and it is tried again at every audit.
 *
 * Lines: "+ PROTO MODE SPI-IN SPI-OUT LOCAL REMOTE REQID-IN REQID-OUT" with the selectors of either side as "PROTOCOL LO HI
 * PORT PORT" behind it, and "- PROTO SPI-IN LOCAL".  PROTO and MODE are numbers of enum prop_proto and enum prop_mode.
 */
#ifndef RINGTAIL_IKE_RECORD_H
#define RINGTAIL_IKE_RECORD_H

#include "prop/ts.h"
#include "sadb/sa.h"
#include "util/buf.h"
#include "util/htab.h"
#include "util/list.h"

struct child;
struct daemon;

#define RECORD_FILE "run/sas"

struct record_pair {
	uint8_t     proto, mode;      /* enum prop_proto, enum prop_mode */
	uint32_t    spi_in, spi_out;  /* host order */
	uint32_t    reqid_in, reqid_out;
	struct addr local, remote;
	struct ts   my_ts, peer_ts;
};

struct record_entry {
	struct list        link;
	struct hnode       by_in, by_out;
	struct record_pair pair;
};

struct record {
	struct list entries;          /* struct record_entry */
	struct htab by_in, by_out;
	size_t      n_lines;          /* in the file */
	bool        rewrite;          /* the file does not say what |entries| say: append nothing, store it anew */
	bool        failed;           /* it could not be written, which was said */
	bool        incomplete;       /* an entry could not be made for want of memory */
	ike_time    again, wait;      /* neither is tried again before; the pause until then */
};

/* record_text.c: one line, with its end.  IKE_E_NOMEM. */
MUST_USE ike_err record_put(const struct record_pair *p, struct buf *out);
MUST_USE ike_err record_put_end(const struct record_pair *p, struct buf *out);

/*
 * Take a line (without its end) apart: |*end_out| is whether it strikes out; then only proto, spi_in and local are set.
 * IKE_E_FORMAT.
 */
MUST_USE ike_err record_get(struct slice line, struct record_pair *out, bool *end_out);

void record_init(struct record *r, const uint8_t seed[16]);
void record_fini(struct record *r);

/*
 * Read the file of a former process.  What cannot be read is left out, with a word in the log.  IKE_E_NOMEM: what lives would be taken for
 * foreign, so there is no start.
 */
MUST_USE ike_err record_load(struct daemon *d);

/* The pair of which |id| is a half, and which half it is; NULL: it is not in the record. */
const struct record_pair *record_find(const struct daemon *d, const struct sa_id *id, enum sa_dir *dir_out);

/* |c| is about to be installed: both SPIs are known. */
void record_child(struct daemon *d, const struct child *c);

/* At the end of each entry point: what had no memory, or could not be written, once more. */
void record_catch_up(struct daemon *d);

/* |c| was taken out of the kernel.  If that is not true of a half yet, the line stays until it is. */
void record_end(struct daemon *d, const struct child *c);

/* After a comparison with the kernel: drop what is not there, write what could not be written. */
void record_tend(struct daemon *d);

#endif
