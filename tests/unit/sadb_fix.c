/* SPDX-License-Identifier: BSD-3-Clause */
#include "sadb_fix.h"

#include "sim/kern_equal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static void
fix_random(void *arg, void *buf, size_t n)
{
	struct fix *f = arg;
	uint8_t *p = buf;

	while (n-- > 0) {
		f->rng = f->rng * 6364136223846793005u + 1442695040888963407u;
		*p++ = (uint8_t)(f->rng >> 56);
	}
}

static void
fix_changed(void *arg, const struct sadb_change *c)
{
	struct fix *f = arg;
	struct fix_change *out = &f->change[f->n < FIX_CHANGES ? f->n++ : FIX_CHANGES - 1];

	*out = (struct fix_change){ .kind = c->kind, .id = c->id, .user = c->user };
	if (c->sa != NULL) {
		out->spi = c->sa->spec.id.spi;
		out->readable = sadb_row(f->db, c->id) == c->sa;
	}
	if (c->sp != NULL)
		out->readable = sadb_policy_row(f->db, c->id) == c->sp;
	if (c->ev != NULL)
		out->seq = c->ev->acq_seq;
	if (f->release_on_end && (c->kind == SADB_LOST || c->kind == SADB_HARD))
		(void)sadb_release(f->db, c->id);
}

static bool
ours_sa(void *arg, const struct sa_spec *s)
{
	const struct fix *f = arg;

	return f->ours_reqid != 0 && s->reqid == f->ours_reqid;
}

static bool
ours_sp(void *arg, const struct sp_spec *s)
{
	const struct fix *f = arg;

	return f->ours_reqid != 0 && s->ntmpl > 0 && s->tmpl[0].reqid == f->ours_reqid;
}

static bool
is_local(void *arg, const struct addr *a)
{
	struct addr us = fix_host(1);

	(void)arg;
	return addr_equal(a, &us);
}

static void
on_event(void *arg, const struct kern_event *ev)
{
	struct fix *f = arg;

	if (f->db != NULL)
		sadb_kernel_event(f->db, ev, f->now);
}

static struct sadb *
new_db(struct fix *f)
{
	const uint8_t seed[16] = "0123456789abcde";
	const struct sadb_env env = { .random = fix_random,
		.changed = fix_changed,
		.ours_sa = ours_sa,
		.ours_sp = ours_sp,
		.local = is_local,
		.arg = f };

	return sadb_new(f->kern, seed, &env);
}

bool
fix_open(struct fix *f)
{
	*f = (struct fix){ .now = SEC(1000), .rng = 42 };
	f->k = simkern_new(SIMKERN_ALL);
	if (f->k == NULL)
		return false;
	f->kern = simkern_kern(f->k);
	f->other = simkern_other(f->k);
	f->kern->on_event = on_event;
	f->kern->event_arg = f;
	simkern_set_echo(f->k, true);
	simkern_tick(f->k, f->now);
	f->db = new_db(f);
	return f->db != NULL;
}

bool
fix_restart(struct fix *f)
{
	sadb_free(f->db);
	f->db = new_db(f);
	return f->db != NULL;
}

void
fix_close(struct fix *f)
{
	sadb_free(f->db);
	simkern_free(f->k);
	f->db = NULL;
	f->k = NULL;
}

void
fix_pump(struct fix *f)
{
	for (int i = 0; i < 100; i++) {
		if (simkern_pending(f->k) > 0)
			f->kern->ops->readable(f->kern);
		else if (sadb_deadline(f->db) <= f->now)
			sadb_tick(f->db, f->now);
		else
			return;
	}
	ck_abort_msg("the database does not come to rest");
}

void
fix_wait(struct fix *f, ike_time span)
{
	ike_time end = f->now + span, k, d;

	for (;;) {
		fix_pump(f);
		k = simkern_deadline(f->k);
		d = sadb_deadline(f->db);
		if (d < k)
			k = d;
		if (k > end)
			break;
		f->now = k;
		simkern_tick(f->k, f->now);
		sadb_tick(f->db, f->now);
	}
	f->now = end;
	simkern_tick(f->k, f->now);
	fix_pump(f);
}

size_t
fix_count(const struct fix *f, enum sadb_change_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->change[i].kind == kind;
	return n;
}

void
fix_forget(struct fix *f)
{
	f->n = 0;
}

void
fix_check(struct fix *f)
{
	const char *why = sadb_check(f->db);

	if (why != NULL)
		ck_abort_msg("%s", why);
}

void
fix_equal(struct fix *f)
{
	char buf[200];
	const char *why;

	fix_check(f);
	why = kern_equal(f->other, f->db, buf, sizeof(buf));
	if (why != NULL) /* a test that makes one allocation fail may have hit this one */
		why = kern_equal(f->other, f->db, buf, sizeof(buf));
	if (why != NULL)
		ck_abort_msg("%s", why);
}

struct addr
fix_addr(const char *s)
{
	struct addr a = { 0 };

	if (addr_parse(s, &a) != IKE_OK)
		ck_abort_msg("bad address %s", s);
	return a;
}

struct addr
fix_host(unsigned i)
{
	return (struct addr){ .family = 4, .b = { 192, 0, 2, (uint8_t)i } };
}

struct sa_spec
fix_sa(
    const struct addr *src, const struct addr *dst, enum sa_dir dir, uint32_t spi, uint32_t reqid)
{
	return (struct sa_spec){ .id = { .proto = PROTO_ESP, .spi = spi, .dst = *dst },
		.src = *src,
		.mode = MODE_TRANSPORT,
		.dir = (uint8_t)dir,
		.reqid = reqid,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA256_128,
		.replay_window = 64 };
}

struct sa_keys
fix_keys(uint8_t seed)
{
	struct sa_keys k = { .encr_len = 16, .integ_len = 32 };

	memset(k.encr, seed, 16);
	memset(k.integ, seed ^ 0x55, 32);
	return k;
}

struct sp_spec
fix_sp(
    enum sp_dir dir, const struct addr *src, const struct addr *dst, uint8_t proto, uint32_t reqid)
{
	return (struct sp_spec){ .id = { .dir = (uint8_t)dir,
				     .sel = { .src = { *src, addr_bits(src) },
					 .dst = { *dst, addr_bits(dst) },
					 .proto = proto } },
		.priority = SP_PRIO_DEF,
		.action = SP_IPSEC,
		.ntmpl = 1,
		.tmpl = { { .proto = PROTO_ESP,
		    .mode = MODE_TRANSPORT,
		    .level = SP_REQUIRE,
		    .reqid = reqid } } };
}

struct sim_packet
fix_packet(
    const struct addr *src, const struct addr *dst, uint8_t proto, uint16_t sport, uint16_t dport)
{
	return (struct sim_packet){ .flow = { .src = *src,
					.dst = *dst,
					.proto = proto,
					.sport = sport,
					.dport = dport },
		.len = 100 };
}

uint64_t
fix_reserve(struct fix *f, ike_time until)
{
	struct addr us = fix_host(1), peer = fix_host(2);
	uint64_t id = 0;

	ck_assert_int_eq(
	    sadb_reserve(f->db, PROTO_ESP, &us, &peer, MODE_TRANSPORT, 7, until, &id), IKE_OK);
	return id;
}

uint64_t
fix_install_in(struct fix *f, uint64_t id, struct sa_life life)
{
	struct addr us = fix_host(1), peer = fix_host(2);
	struct sa_spec s = fix_sa(&peer, &us, SA_IN, sadb_row(f->db, id)->spec.id.spi, 7);
	struct sa_keys k = fix_keys(1);
	uint64_t got = 0;

	s.life = life;
	ck_assert_int_eq(sadb_install(f->db, id, &s, &k, f->now, &got), IKE_OK);
	ck_assert_uint_eq(got, id);
	return id;
}

uint64_t
fix_install_out(struct fix *f, uint32_t spi, struct sa_life life)
{
	struct addr us = fix_host(1), peer = fix_host(2);
	struct sa_spec s = fix_sa(&us, &peer, SA_OUT, spi, 7);
	struct sa_keys k = fix_keys(2);
	uint64_t id = 0;

	s.life = life;
	ck_assert_int_eq(sadb_install(f->db, 0, &s, &k, f->now, &id), IKE_OK);
	return id;
}
