/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two halves of a child in the kernel.  Inbound first: a peer that may use an SA must find it there.
 */
#include "ringtail/daemon.h"

#include "conf/conf.h"
#include "prop/life.h"
#include "ringtail/ike/handover.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* Packets that may overtake each other; racoon's 4 is too few for today's links. */
#define REPLAY_WINDOW 64
/* Soft limits: who asked for the pair renews it at about 80 %, as racoon does; the other end only if that did not happen. */
#define SOFT_LO 78
#define SOFT_HI 84
#define SOFT_LATE_LO 91
#define SOFT_LATE_HI 95
#define RESERVE_LIFE SEC(120)

static const char *
proto_word(uint8_t proto)
{
	return proto == PROTO_AH ? "AH" : proto == PROTO_IPCOMP ? "IPCOMP" : "ESP";
}

void
child_print_half(const struct child *c, enum sa_dir dir, struct text *t)
{
	const struct endpoint *from = dir == SA_IN ? &c->remote : &c->local;
	const struct endpoint *to = dir == SA_IN ? &c->local : &c->remote;
	uint32_t spi = dir == SA_IN ? c->spi_in : c->spi_out;
	struct addr_buf a, b;

	text_addf(t, "%s/%s %s->%s spi=%u(0x%x)", proto_word(c->proto), c->mode == MODE_TUNNEL ? "Tunnel" : "Transport",
	    endpoint_text(from, &a), endpoint_text(to, &b), spi, spi);
}

void
child_log_half(const struct child *c, const char *what, enum sa_dir dir)
{
	char buf[200];
	struct text t = text_in(buf, sizeof(buf));

	child_print_half(c, dir, &t);
	log_put(c->d->env.log, LOG_L_INFO, NULL, "%s: %s", what, buf);
}

ike_err
child_reserve(struct child *c)
{
	struct daemon *d = c->d;

	if (c->row_in != 0)
		return IKE_OK;
	TRY(sadb_reserve(d->sadb, c->proto, &c->local.addr, &c->remote.addr, c->mode, c->reqid_in, d->now + RESERVE_LIFE,
	    &c->row_in));
	sadb_set_user(d->sadb, c->row_in, c->id);
	c->spi_in = sadb_row(d->sadb, c->row_in)->spec.id.spi;
	return IKE_OK;
}

static struct sa_life
half_life(const struct child *c)
{
	bool early = c->side == INITIATOR;
	unsigned lo = early ? SOFT_LO : SOFT_LATE_LO, hi = early ? SOFT_HI : SOFT_LATE_HI;
	struct sa_life life = { .hard_sec = c->life_sec };

	life.soft_sec = life_soft(c->life_sec, lo, hi, c->jitter);
	if (c->life_kb != 0) {
		life.hard_bytes = (uint64_t)c->life_kb * 1024;
		life.soft_bytes = (uint64_t)life_soft(c->life_kb, lo, hi, c->jitter) * 1024;
	}
	return life;
}

static bool
put_side(const struct ts *ts, struct prefix *p, uint16_t *port, bool *port_set)
{
	if (!ts_to_prefix(ts, p, port))
		return false;
	*port_set = *port != 0;
	return true;
}

/* A pair whose selectors are narrower than its policy carries them, so that the kernel does not use it for more. */
static void
put_selector(const struct child *c, enum sa_dir dir, struct sa_selector *sel)
{
	const struct ts *src = dir == SA_OUT ? &c->my_ts : &c->peer_ts;
	const struct ts *dst = dir == SA_OUT ? &c->peer_ts : &c->my_ts;
	struct sa_selector s = { .proto = src->proto };

	if (c->narrowed && put_side(src, &s.src, &s.sport, &s.sport_set) && put_side(dst, &s.dst, &s.dport, &s.dport_set))
		*sel = s;
}

static void
make_spec(const struct child *c, enum sa_dir dir, struct sa_spec *s)
{
	memset(s, 0, sizeof(*s));
	s->id.proto = c->proto;
	s->id.spi = dir == SA_IN ? c->spi_in : c->spi_out;
	s->id.dst = dir == SA_IN ? c->local.addr : c->remote.addr;
	s->src = dir == SA_IN ? c->remote.addr : c->local.addr;
	s->mode = c->mode;
	s->dir = (uint8_t)dir;
	s->reqid = dir == SA_IN ? c->reqid_in : c->reqid_out;
	s->seq = dir == SA_OUT ? c->acquire_seq : 0;
	s->encr = c->suite.encr.id;
	s->encr_bits = c->suite.encr.bits;
	s->integ = c->suite.integ.id;
	s->replay_window = dir == SA_IN ? REPLAY_WINDOW : 0;
	s->life = half_life(c);
	put_selector(c, dir, &s->sel);
}

static void
log_refusal(const struct child *c, enum sa_dir dir, ike_err err)
{
	char buf[200];
	struct text t = text_in(buf, sizeof(buf));

	child_print_half(c, dir, &t);
	log_put(c->d->env.log, LOG_L_ERROR, NULL, "the kernel refused %s: %s (%s)", buf, c->d->env.kern->reason,
	    ike_err_text(err));
}

ike_err
child_install_in(struct child *c, struct sa_keys *keys)
{
	struct sa_spec spec;
	uint64_t id;

	ike_err err = child_make_room(c);
	if (err != IKE_OK) {
		sa_keys_wipe(keys);
		return err;
	}
	make_spec(c, SA_IN, &spec);
	record_child(c->d, c);
	err = sadb_install(c->d->sadb, c->row_in, &spec, keys, c->d->now, &id);
	if (err != IKE_OK) {
		log_refusal(c, SA_IN, err);
		c->row_in = 0;
		return err;
	}
	c->row_in = id;
	sadb_set_user(c->d->sadb, id, c->id);
	return IKE_OK;
}

ike_err
child_install_out(struct child *c, struct sa_keys *keys)
{
	struct sa_spec spec;
	uint64_t id;

	make_spec(c, SA_OUT, &spec);
	ike_err err = sadb_install(c->d->sadb, 0, &spec, keys, c->d->now, &id);
	if (err != IKE_OK) {
		log_refusal(c, SA_OUT, err);
		return err;
	}
	c->row_out = id;
	sadb_set_user(c->d->sadb, id, c->id);
	return IKE_OK;
}

ike_err
child_hold_out(struct child *c, struct sa_keys *keys)
{
	c->pending_out = malloc(sizeof(*c->pending_out));
	if (c->pending_out != NULL)
		*c->pending_out = *keys;
	sa_keys_wipe(keys);
	return c->pending_out == NULL ? IKE_E_NOMEM : IKE_OK;
}

void
child_release_out(struct child *c)
{
	struct sa_keys *keys = c->pending_out;

	if (keys == NULL)
		return;
	c->pending_out = NULL;
	ike_err err = child_install_out(c, keys);
	sa_keys_wipe(keys);
	free(keys);
	if (err != IKE_OK)
		child_delete(c, true);
}

static uint64_t
claim_half(struct child *c, enum sa_dir dir, uint64_t added)
{
	struct sa_spec spec;
	uint64_t id = 0;

	make_spec(c, dir, &spec);
	ike_err err = sadb_claim(c->d->sadb, &spec, added, c->installed, &id);
	if (err != IKE_OK)
		return 0;
	sadb_set_user(c->d->sadb, id, c->id);
	return id;
}

static uint64_t
claim_reserved(struct child *c)
{
	struct sa_spec spec = { .id = { .proto = c->proto, .spi = c->spi_in, .dst = c->local.addr }, .src = c->remote.addr,
		.mode = c->mode, .dir = SA_IN, .reqid = c->reqid_in };
	uint64_t id = 0;

	if (sadb_claim_reserved(c->d->sadb, &spec, c->d->now + RESERVE_LIFE, &id) != IKE_OK)
		return 0;
	sadb_set_user(c->d->sadb, id, c->id);
	return id;
}

void
child_claim(struct child *c, const struct handover_child *more)
{
	if (more->reserved)
		c->row_in = claim_reserved(c);
	else if (more->has_in)
		c->row_in = claim_half(c, SA_IN, more->added_in);
	if (more->has_out)
		c->row_out = claim_half(c, SA_OUT, more->added_out);
}
