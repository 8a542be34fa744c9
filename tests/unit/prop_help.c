/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop_help.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t
prop_rnd(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % n;
}

static bool
is_word(const char *w, const char *name, uint8_t value, uint8_t *out)
{
	if (strcmp(w, name) != 0)
		return false;
	*out = value;
	return true;
}

static bool
is_number(const char *w, const char *name, uint32_t *out)
{
	size_t n = strlen(name);

	if (strncmp(w, name, n) != 0)
		return false;
	*out = (uint32_t)strtoul(w + n, NULL, strcmp(name, "spi=") == 0 ? 16 : 10);
	return true;
}

static bool
take_plain(const char *w, struct prop *p)
{
	uint32_t v;
	uint8_t u8 = 0;

	if (is_word(w, "ike", PROTO_IKE, &p->proto) || is_word(w, "esp", PROTO_ESP, &p->proto) ||
	    is_word(w, "ah", PROTO_AH, &p->proto) || is_word(w, "ipcomp", PROTO_IPCOMP, &p->proto))
		return true;
	if (is_word(w, "transport", MODE_TRANSPORT, &p->mode) ||
	    is_word(w, "tunnel", MODE_TUNNEL, &p->mode))
		return true;
	if (is_number(w, "life=", &p->life_sec) || is_number(w, "kb=", &p->life_kb))
		return true;
	if (is_word(w, "esn", ESN_YES, &u8) || is_word(w, "noesn", ESN_NO, &u8)) {
		p->esn |= u8;
		return true;
	}
	if (is_word(w, "udp", 1, &u8)) {
		p->udp_encap = true;
		return true;
	}
	if (is_number(w, "n=", &v)) {
		p->number = (uint8_t)v;
		return true;
	}
	if (is_number(w, "t=", &v)) {
		p->transform = (uint8_t)v;
		return true;
	}
	if (is_number(w, "spi=", &v)) {
		prop_set_spi32(p, v);
		return true;
	}
	return false;
}

static void
take_alg(char *w, struct prop *p)
{
	struct {
		enum alg_kind kind;
		struct prop_algs *list;
	} kinds[] = {
		{ ALG_ENCR, &p->encr },
		{ ALG_INTEG, &p->integ },
		{ ALG_PRF, &p->prf },
		{ ALG_KE, &p->ke },
		{ ALG_COMP, &p->comp },
	};
	char *colon = strchr(w, ':');
	unsigned bits = colon != NULL ? (unsigned)atoi(colon + 1) : 0;
	const struct alg *row;
	size_t i;

	if (colon != NULL)
		*colon = '\0';
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		row = alg_find_conf(kinds[i].kind, w);
		if (row != NULL) {
			ck_assert_int_eq(prop_algs_add(kinds[i].list, row->id, bits), IKE_OK);
			return;
		}
	}
	row = alg_find_conf(ALG_AUTH, w);
	if (row == NULL)
		row = alg_find_conf(ALG_HASH, w);
	ck_assert_msg(row != NULL, "%s", w);
	if (row->kind == ALG_AUTH)
		p->auth = (uint16_t)row->id;
	else
		ck_assert_int_eq(prop_algs_add(&p->prf, alg_prf_of_hash(row->id), 0), IKE_OK);
}

struct prop
prop_of(const char *text)
{
	struct prop p = { 0 };
	char copy[512], *save = NULL, *w;

	ck_assert_uint_lt(strlen(text), sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	for (w = strtok_r(copy, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
		if (!take_plain(w, &p))
			take_alg(w, &p);
	}
	return p;
}

struct prop_list
prop_list_of(struct arena *a, size_t n, const char *const *texts)
{
	struct prop_list l = { .n = n, .v = arena_array(a, n, sizeof(*l.v)) };
	size_t i;

	ck_assert_ptr_nonnull(l.v);
	for (i = 0; i < n; i++)
		l.v[i] = prop_of(texts[i]);
	return l;
}

struct slice
from_hex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned v;

	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		ck_assert_int_eq(sscanf(hex, "%2x", &v), 1);
		out[n++] = (uint8_t)v;
		hex += 2;
	}
	return slice_of(out, n);
}

void
expect_bytes(struct wr *w, const char *want_hex)
{
	static uint8_t bytes[4096];
	static char got[8192], want[8192];
	struct text t = text_in(got, sizeof(got)), u = text_in(want, sizeof(want));

	ck_assert_int_eq(wr_err(w), IKE_OK);
	text_hex(&t, buf_slice(&w->buf));
	text_hex(&u, from_hex(want_hex, bytes));
	ck_assert_str_eq(got, want);
	wr_free(w);
	wr_init(w, 0);
}
