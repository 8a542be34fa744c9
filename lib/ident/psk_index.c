/* SPDX-License-Identifier: BSD-3-Clause */
#include "ident/psk_index.h"

#include "util/htab.h"

#include <stdlib.h>
#include <string.h>

struct build {
	struct psk_index *ix;
	struct slice      text;
	ike_err           err;
};

/* The file is ours and trusted: its identities need no seed. */
static uint64_t
hash_of(struct slice id)
{
	static const uint8_t key[16] = { 0 };

	return siphash24(key, id);
}

static ike_err
grow(struct psk_index *ix)
{
	size_t cap = ix->cap == 0 ? 64 : ix->cap * 2;
	struct psk_entry *v;

	if (ix->n < ix->cap)
		return IKE_OK;
	v = realloc(ix->v, cap * sizeof(*v));
	if (v == NULL)
		return IKE_E_NOMEM;
	ix->v = v;
	ix->cap = cap;
	return IKE_OK;
}

static void
add_line(void *arg, struct slice line, struct slice id, unsigned number)
{
	struct build *b = arg;
	struct psk_entry e = { hash_of(id), (size_t)(line.p - b->text.p), line.n, number };

	if (b->err != IKE_OK)
		return;
	if (slice_equal(id, slice_str("*")) && b->ix->star.number == 0)
		b->ix->star = e;
	b->err = grow(b->ix);
	if (b->err == IKE_OK)
		b->ix->v[b->ix->n++] = e;
}

static int
by_hash(const void *a, const void *b)
{
	const struct psk_entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

ike_err
psk_index_build(struct psk_index *ix, struct slice text)
{
	struct build b = { ix, text, IKE_OK };

	psk_index_free(ix);
	psk_lines(text, add_line, &b);
	if (b.err != IKE_OK) {
		psk_index_free(ix);
		return b.err;
	}
	if (ix->n > 1)
		qsort(ix->v, ix->n, sizeof(*ix->v), by_hash);
	return IKE_OK;
}

/* The first entry whose hash is not below |hash|. */
static size_t
lower_bound(const struct psk_index *ix, uint64_t hash)
{
	size_t lo = 0, hi = ix->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (ix->v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static ike_err
take(const struct psk_entry *e, struct slice text, const char *id, uint8_t *key_out, size_t *len_out, unsigned *line_out)
{
	ike_err err = psk_find(slice_of(text.p + e->at, e->len), id, key_out, len_out, NULL);

	if (err == IKE_OK && line_out != NULL)
		*line_out = e->number;
	return err;
}

ike_err
psk_index_find(const struct psk_index *ix, struct slice text, const char *id, uint8_t key_out[PSK_MAX], size_t *len_out,
    unsigned *line_out)
{
	uint64_t hash = hash_of(slice_str(id));

	for (size_t i = lower_bound(ix, hash); i < ix->n && ix->v[i].hash == hash; i++) {
		ike_err err = take(&ix->v[i], text, id, key_out, len_out, line_out);
		if (err != IKE_E_NO_PSK)
			return err;
	}
	if (ix->star.number == 0)
		return IKE_E_NO_PSK;
	return take(&ix->star, text, "*", key_out, len_out, line_out);
}

void
psk_index_free(struct psk_index *ix)
{
	free(ix->v);
	*ix = (struct psk_index){ 0 };
}
