/* SPDX-License-Identifier: BSD-3-Clause */
#include "kern/fix.h"

#include "sadb/recon.h"

#include <string.h>

struct fix fix;

struct kern *
other(void)
{
	return fix.b->other(fix.kern);
}

void
conform_skip(const char *why)
{
	struct text t = text_in(fix.skipped, fix.skipped_cap);

	text_add(&t, why);
}

/* --- values --- */

struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

struct sa_id
esp_id(uint32_t spi, const struct addr *dst)
{
	return (struct sa_id){ .proto = PROTO_ESP, .spi = spi, .dst = *dst };
}

struct sa_spec
esp(uint32_t spi)
{
	return (struct sa_spec){ .id = esp_id(spi, &fix.peer),
		.src = fix.us,
		.mode = MODE_TRANSPORT,
		.dir = SA_OUT,
		.reqid = 42,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA1_96,
		.replay_window = 32 };
}

struct sa_spec
esp_in(uint32_t spi)
{
	struct sa_spec s = esp(spi);

	s.id.dst = fix.us;
	s.src = fix.peer;
	s.dir = SA_IN;
	return s;
}

struct sp_spec
policy(enum sp_dir dir)
{
	struct sp_spec sp = {
		.id = { .dir = (uint8_t)dir,
		    .sel = { .src = { fix.us, 32 }, .dst = { fix.peer, 32 }, .proto = 17 } },
		.priority = SP_PRIO_DEF,
		.action = SP_IPSEC,
		.ntmpl = 1,
		.tmpl = { { .proto = PROTO_ESP,
		    .mode = MODE_TRANSPORT,
		    .level = SP_REQUIRE,
		    .reqid = 42 } }
	};

	if (dir != SP_OUT)
		sp.id.sel = sa_selector_mirror(&sp.id.sel);
	return sp;
}

struct sa_keys
keys_for(const struct sa_spec *s)
{
	struct sa_keys k = { 0 };
	const struct alg *e = alg_get(s->encr), *i = alg_get(s->integ);

	k.encr_len = e == NULL ? 0 : (uint16_t)alg_keymat_len(e, s->encr_bits);
	k.integ_len = i == NULL ? 0 : (uint16_t)alg_keymat_len(i, 0);
	for (size_t n = 0; n < k.encr_len; n++)
		k.encr[n] = (uint8_t)(n * 7 + 1);
	for (size_t n = 0; n < k.integ_len; n++)
		k.integ[n] = (uint8_t)(n * 5 + 3);
	return k;
}

/* --- requests --- */

ike_err
install_by(struct kern *k, const struct sa_spec *s, bool larval)
{
	struct sa_keys keys = keys_for(s);

	return k->ops->sa_install(k, s, &keys, larval);
}

ike_err
install(const struct sa_spec *s, bool larval)
{
	return install_by(fix.kern, s, larval);
}

ike_err
get(const struct sa_id *id, struct sa_spec *spec)
{
	struct sa_usage u;

	return fix.kern->ops->sa_get(fix.kern, id, NULL, spec, &u);
}

ike_err
reserve(uint32_t spi)
{
	struct sa_id id = esp_id(spi, &fix.us);

	return fix.kern->ops->sa_reserve(fix.kern, &id, &fix.peer, MODE_TRANSPORT, 42);
}

ike_err
put(const struct sp_spec *sp)
{
	return fix.kern->ops->sp_install(fix.kern, sp, false);
}

static void
take_row(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct rows *r = arg;

	ck_assert((sa == NULL) != (sp == NULL));
	ck_assert((usage == NULL) == (sa == NULL));
	if (sa != NULL) {
		if (r->nsa < ROWS_MOST) {
			r->sa[r->nsa] = *sa;
			r->usage[r->nsa] = *usage;
		}
		r->nsa++;
	} else if (sp->socket) {
		r->sockets++;
	} else {
		if (r->nsp < ROWS_MOST)
			r->sp[r->nsp] = *sp;
		r->nsp++;
	}
}

void
dump_by(struct kern *k, unsigned what)
{
	memset(&fix.rows, 0, sizeof(fix.rows));
	ck_assert_int_eq(k->ops->dump(k, what, take_row, &fix.rows), IKE_OK);
}

void
dump(unsigned what)
{
	dump_by(fix.kern, what);
}

const struct sa_spec *
row_of_sa(const struct sa_id *id)
{
	for (size_t i = 0; i < fix.rows.nsa && i < ROWS_MOST; i++) {
		if (sa_id_equal(&fix.rows.sa[i].id, id))
			return &fix.rows.sa[i];
	}
	return NULL;
}

const struct sp_spec *
row_of_sp(const struct sp_id *id)
{
	for (size_t i = 0; i < fix.rows.nsp && i < ROWS_MOST; i++) {
		if (sp_id_equal(&fix.rows.sp[i].id, id))
			return &fix.rows.sp[i];
	}
	return NULL;
}

void
same_sa(const struct sa_spec *want, const struct sa_spec *got)
{
	ck_assert_ptr_nonnull(got);
	ck_assert(sa_id_equal(&want->id, &got->id));
	ck_assert(addr_equal(&want->src, &got->src));
	ck_assert_uint_eq(want->mode, got->mode);
	ck_assert_uint_eq(want->reqid, got->reqid);
	ck_assert_uint_eq(want->encr, got->encr);
	ck_assert_uint_eq(want->integ, got->integ);
	ck_assert_uint_eq(want->comp, got->comp);
	ck_assert_uint_eq(want->replay_window, got->replay_window);
	ck_assert_uint_eq(want->flags, got->flags);
	ck_assert_uint_eq(want->encap_sport, got->encap_sport);
	ck_assert_uint_eq(want->encap_dport, got->encap_dport);
	ck_assert_mem_eq(&want->life, &got->life, sizeof(want->life));
	ck_assert(recon_sa_same(want, got));
}

void
same_sp(const struct sp_spec *want, const struct sp_spec *got)
{
	ck_assert_ptr_nonnull(got);
	ck_assert(sp_id_equal(&want->id, &got->id));
	ck_assert_uint_eq(want->priority, got->priority);
	ck_assert_uint_eq(want->action, got->action);
	ck_assert_uint_eq(want->ntmpl, got->ntmpl);
	ck_assert_uint_ne(got->index, 0);
	ck_assert_mem_eq(&want->life, &got->life, sizeof(want->life));
	for (size_t t = 0; t < want->ntmpl; t++) {
		const struct sp_tmpl *a = &want->tmpl[t], *b = &got->tmpl[t];

		ck_assert_uint_eq(a->proto, b->proto);
		ck_assert_uint_eq(a->mode, b->mode);
		ck_assert_uint_eq(a->reqid, b->reqid);
		ck_assert_int_eq(a->level == SP_USE, b->level == SP_USE);
		if (a->mode == MODE_TUNNEL)
			ck_assert(addr_equal(&a->src, &b->src) && addr_equal(&a->dst, &b->dst));
	}
}

/* --- events --- */

void
pump(void)
{
	fix.b->wait(fix.kern, 20);
}

static const struct kern_event *
find(enum kern_event_kind kind, size_t n)
{
	for (size_t i = 0; i < fix.nheard && i < HEARD_MOST; i++) {
		if (fix.heard[i].kind == kind && n-- == 0)
			return &fix.heard[i];
	}
	return NULL;
}

size_t
count(enum kern_event_kind kind)
{
	size_t n = 0;

	while (find(kind, n) != NULL)
		n++;
	return n;
}

const struct kern_event *
nth(enum kern_event_kind kind, size_t n)
{
	const struct kern_event *ev = find(kind, n);

	ck_assert_msg(ev != NULL, "event %d was not reported a %zuth time", kind, n);
	return ev;
}

const struct kern_event *
first(enum kern_event_kind kind)
{
	return nth(kind, 0);
}

void
forget(void)
{
	fix.nheard = 0;
}

bool
packet(void)
{
	struct sa_flow f = {
		.src = fix.us, .dst = fix.peer, .proto = 17, .sport = 7000, .dport = 7777
	};

	return fix.b->send(fix.kern, &f);
}
