/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: the header's version and length are set right first, so that the fuzzer need not guess them; the
 * message as it came is printed and classified anyway.  Decoding and encoding must then give a message of the same
 * length, and doing it again must change nothing.  The short prefixes of each payload's body are decoded, too, in
 * memory of their own so that reading behind them is seen.
 */
#include "fuzz/msg.h"

#include "fuzz/recode.h"
#include "wire/const.h"
#include "wire/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536
#define CUT_MAX 64

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "property violated: %s\n", what);
	abort();
}

/* Memory of exactly |s|.n bytes. */
static uint8_t *
copy_of(struct slice s)
{
	uint8_t *p = malloc(s.n > 0 ? s.n : 1);

	if (p == NULL)
		exit(1);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

static void
print_message(struct slice msg, char *array)
{
	char        small[80];
	struct text t = text_in(array, TEXT_MAX);

	dump_message(&t, msg);
	must(t.n < TEXT_MAX && strlen(array) == t.n, "a text ends where it says");
	t = text_in(small, sizeof small);
	dump_message(&t, msg);
	must(strlen(small) < sizeof small, "a small text is not left");
}

static void
print_inside(unsigned version, uint8_t first, struct slice chain, char *array)
{
	struct text t = text_in(array, TEXT_MAX);

	dump_payloads(&t, version, first, chain, 2);
	must(strlen(array) == t.n, "a text ends where it says");
}

/* Decode |msg| and encode it: the same length; once more: the same bytes. */
static void
check_recode(struct slice msg)
{
	struct arena arena = { 0 };
	struct wr    once = { 0 }, twice = { 0 };
	ike_err      err = recode_message(msg, &arena, &once);

	if (err == IKE_OK) {
		must(wr_len(&once) == msg.n, "encoding keeps the length");
		must(recode_message(buf_slice(&once.buf), &arena, &twice) == IKE_OK, "what was encoded can be decoded");
		must(slice_equal(buf_slice(&once.buf), buf_slice(&twice.buf)), "encoding twice changes nothing");
	} else {
		must(err != IKE_E_RANGE && err != IKE_E_INTERNAL && err != IKE_E_FULL, "what was decoded can be encoded");
	}
	wr_free(&once);
	wr_free(&twice);
	arena_free(&arena);
}

/* Every shorter prefix of the body of |p|. */
static void
cut_body(unsigned version, const struct pld *p, uint8_t inner)
{
	size_t longest = p->body.n < CUT_MAX ? p->body.n : CUT_MAX;

	for (size_t n = 0; n < longest; n++) {
		struct arena arena = { 0 };
		struct wr    w = { 0 };
		struct pld   part = *p;
		uint8_t     *copy = copy_of(slice_of(p->body.p, n));
		ike_err      err;

		part.body = slice_of(copy, n);
		err = recode_body(version, &part, inner, &arena, &w);
		must(err != IKE_OK || wr_err(&w) == IKE_OK, "what was decoded can be encoded");
		must(err != IKE_OK || wr_len(&w) == n, "encoding keeps the length");
		wr_free(&w);
		arena_free(&arena);
		free(copy);
	}
}

static void
check_index(const struct payloads *ps)
{
	pldset seen = 0;

	must(ps->n <= PAYLOADS_MAX, "the index is not left");
	for (unsigned i = 0; i < ps->n; i++) {
		const struct pld *p = &ps->v[i];

		must(p->whole.n == p->body.n + PLD_HDR_LEN, "a payload is its header and its body");
		must(i == 0 || p->whole.p == ps->v[i - 1].whole.p + ps->v[i - 1].whole.n, "payloads touch");
		seen |= PLD_BIT(p->kind);
		must(payload_first(ps, p->kind) <= p, "the first of a kind is the first");
		must((payload_count(ps, p->kind) > 1) == ((ps->twice & PLD_BIT(p->kind)) != 0), "twice means twice");
		must(payloads_after(ps, p).p == p->whole.p + p->whole.n, "what follows a payload touches it");
	}
	must(seen == ps->seen, "seen means seen");
}

static void
check_inside(unsigned version, struct slice msg, char *array)
{
	struct payloads ps, inner;
	struct slice    chain = slice_of(msg.p + IKE_HDR_LEN, msg.n - IKE_HDR_LEN);
	struct arena    arena = { 0 };
	struct wr       w = { 0 };
	struct chain    c;

	if (payloads_parse(version, msg.p[16], chain, CHAIN_PADDED, &ps) != IKE_OK)
		return;
	check_index(&ps);
	for (unsigned i = 0; i < ps.n; i++)
		cut_body(version, &ps.v[i], ps.inner);
	if (version == 2 && ps.n > 0 && ps.v[ps.n - 1].kind == PK_SK) {
		struct slice plain = ps.v[ps.n - 1].body;

		print_inside(version, ps.inner, plain, array);
		if (payloads_parse(version, ps.inner, plain, CHAIN_EXACT, &inner) == IKE_OK) {
			check_index(&inner);
			chain_begin(&c, version);
			if (recode_chain(version, &inner, &arena, &w, &c) == IKE_OK) {
				must(c.first == ps.inner, "the chain begins as it did");
				must(wr_len(&w) == plain.n, "encoding keeps the length");
			}
		}
	}
	wr_free(&w);
	arena_free(&arena);
}

void
fuzz_message(unsigned version, struct slice data)
{
	char        *array = malloc(TEXT_MAX);
	uint8_t     *copy = copy_of(data);
	struct slice msg = slice_of(copy, data.n), ike;

	if (array == NULL)
		exit(1);
	must(dgram_classify(false, msg, &ike) != DGRAM_ESP, "there is no ESP without a marker");
	if (dgram_classify(true, msg, &ike) == DGRAM_IKE)
		must(ike.n + NON_ESP_MARKER_LEN == msg.n && ike.n >= IKE_HDR_LEN, "a marker has four bytes");
	print_message(msg, array);
	if (msg.n >= IKE_HDR_LEN && msg.n <= UINT16_MAX) {
		copy[17] = (uint8_t)(version << 4 | (copy[17] & 15));
		copy[24] = copy[25] = 0;
		copy[26] = (uint8_t)(msg.n >> 8);
		copy[27] = (uint8_t)msg.n;
		print_message(msg, array);
		print_inside(version, copy[16], slice_of(copy + IKE_HDR_LEN, msg.n - IKE_HDR_LEN), array);
		check_recode(msg);
		check_inside(version, msg, array);
	}
	free(copy);
	free(array);
}
