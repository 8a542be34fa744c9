/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a datagram is IKE, a keepalive, ESP on the wrong socket, or noise.  An IKE message belongs to an exchange under
 * way, repeats one that is over, begins one on an IKE SA we have, or begins an IKE SA.  Everything else is dropped, counted, and
 * said at debug level: nothing unauthenticated gets an answer but a first message.
 */
#include "ringtail/daemon.h"


#include "conf/conf.h"
#include "wire/const.h"

#include <string.h>

/* Responder SAs of peers that are not authenticated; for one more the oldest has to go. */
#define HALF_OPEN_MAX 10000
/* With so many of whom we do not even know that they get our answers, new ones have to show that, where the version can ask. */
#define STRANGERS_CALM 1000

static void
drop(struct daemon *d, const struct dgram *dg, ike_err err)
{
	struct addr_buf ab;

	d->stats.dropped++;
	d->stats.drops_by_err[err]++;
	log_put(d->env.log, LOG_L_DEBUG, NULL, "datagram from %s dropped: %s", endpoint_text(&dg->remote, &ab),
	    ike_err_text(err));
}

static struct ike_sa *
find_v2(struct daemon *d, const struct ike_hdr *h)
{
	bool from_initiator = (h->flags & V2_FLAG_INITIATOR) != 0;
	uint64_t mine = from_initiator ? h->spi_r : h->spi_i;
	uint64_t theirs = from_initiator ? h->spi_i : h->spi_r;
	struct ike_sa *ike = mine == 0 ? NULL : ike_find_by_spi(d, mine);

	if (ike == NULL || ike->ops != &v2_ops || (ike->side == INITIATOR) == from_initiator)
		return NULL;
	/* until the answer to our first message is accepted, the peer's SPI is open (0 in an error or COOKIE answer) */
	return ike->peer_spi == theirs || ike->peer_spi == 0 ? ike : NULL;
}

static struct ike_sa *
find_v1(struct daemon *d, const struct ike_hdr *h)
{
	struct ike_sa *ike = h->spi_r == 0 ? NULL : ike_find_by_spi(d, h->spi_r);

	if (ike != NULL && ike->ops == &v1_ops && ike->side == RESPONDER && ike->peer_spi == h->spi_i)
		return ike;
	ike = ike_find_by_spi(d, h->spi_i);
	if (ike == NULL || ike->ops != &v1_ops || ike->side != INITIATOR)
		return NULL;
	return ike->peer_spi == h->spi_r || ike->peer_spi == 0 ? ike : NULL;
}

static ike_err
choose_section(struct daemon *d, const struct dgram *dg, const struct msg *m, const struct conf_remote **out)
{
	struct conf_query q = { .peer = dg->remote, .mode = m->hdr.major == 2 ? CONF_IKEV2 : CONF_MAIN };
	bool unique;

	return conf_remote_best(d->conf, &q, out, &unique);
}

/* A flood must not keep out those who mean it: they get on within a round trip, so that they are not the oldest. */
static ike_err
admit(struct daemon *d, const struct ike_version_ops *ops, const struct dgram *dg, const struct msg *m, bool *stranger)
{
	struct ike_table *t = &d->ikes;

	*stranger = true;
	if (t->n_strangers >= STRANGERS_CALM && ops->admit != NULL) {
		TRY(ops->admit(d, dg, m));
		*stranger = false;
	}
	if (t->half_open < HALF_OPEN_MAX)
		return IKE_OK;
	if (list_empty(&t->strangers))
		return IKE_E_EXHAUSTED;
	ike_sa_kill(container_of(t->strangers.next, struct ike_sa, stranger), IKE_E_EXHAUSTED, false);
	return IKE_OK;
}

static ike_err
begin_ike_sa(struct daemon *d, const struct dgram *dg, struct msg *m)
{
	const struct ike_version_ops *ops = m->hdr.major == 2 ? &v2_ops : &v1_ops;
	const struct exch_type *type = ops->for_first(m);
	const struct conf_remote *rmt;
	struct addr_buf a, b;
	struct ike_sa *ike;
	bool stranger;

	if (type == NULL)
		return IKE_E_SPI;
	if (d->stopping)
		return IKE_E_STATE;
	/* our own first message, sent back to us */
	if (ike_find_by_spi(d, m->hdr.spi_i) != NULL)
		return IKE_E_SPI;
	ike_err err = choose_section(d, dg, m, &rmt);
	if (err != IKE_OK) {
		uint64_t suppressed;
		if (log_allow(&d->drop_log, d->now, &suppressed))
			log_put(d->env.log, LOG_L_ERROR, NULL, "no configuration found for %s.",
			    addr_text(&dg->remote.addr, &a));
		return err;
	}
	if (!collide_first(d, &dg->local, &dg->remote, m->hdr.spi_i))
		return IKE_E_STATE;
	TRY(admit(d, ops, dg, m, &stranger));
	TRY(ike_sa_new(d, ops, RESPONDER, &dg->local, &dg->remote, m->hdr.spi_i, &ike));
	ike->rmt = rmt;
	ike->natt = dg->natt;
	if (!stranger)
		ike_table_no_stranger(ike);
	if (ike_log_stranger(d)) {
		log_put(d->env.log, LOG_L_INFO, NULL, "respond new phase 1 negotiation: %s<=>%s",
		    endpoint_text(&dg->local, &a), endpoint_text(&dg->remote, &b));
		log_put(d->env.log, LOG_L_INFO, NULL, "begin %s.", ops == &v1_ops ? "Identity Protection mode" : "IKEv2 mode");
	}
	exch_respond(ike, type, m);
	return IKE_OK;
}

/*
 * Who still asks is still waited for, also with its first message again: the network may have come back just now, and an answer to it
 * would lead nowhere if this end forgot it at the same moment.
 */
static void
heard_while_half_open(struct ike_sa *ike)
{
	if (ike->state == IKE_CONNECTING)
		ike->last_in = ike->d->now;
}

/* A message for an IKE SA we have. */
static ike_err
route(struct ike_sa *ike, struct msg *m)
{
	const struct exch_type *type;
	int side = -1;

	if (m->hdr.spi_r == ike->my_spi) {
		ike_table_no_stranger(ike);
		heard_while_half_open(ike);
	}
	if (ike->ops->windowed)
		side = (m->hdr.flags & V2_FLAG_RESPONSE) != 0 ? INITIATOR : RESPONDER;
	struct exch *x = exch_find(ike, m->hdr.exchange, m->hdr.msgid, side);
	/* before it is taken for an answer that was damaged on its way */
	if (x != NULL && side == INITIATOR && m->hdr.next == V2_PLD_N && ike->state != IKE_CONNECTING) {
		ike->ops->clear(ike, m);
		return IKE_E_CLEAR;
	}
	if (x != NULL) {
		if (exch_is_repeated(x, m->raw))
			heard_while_half_open(ike);
		exch_input(x, m);
		return IKE_OK;
	}
	if (side == INITIATOR)
		return IKE_E_MSGID;
	if (reply_again(ike, m->hdr.exchange, m->hdr.msgid, m->raw)) {
		heard_while_half_open(ike);
		return IKE_OK;
	}
	TRY(ike->ops->for_request(ike, m, &type));
	exch_respond(ike, type, m);
	return IKE_OK;
}

static ike_err
input_ike(struct daemon *d, const struct dgram *dg, struct msg *m)
{
	TRY(get_ike_hdr(m->raw, &m->hdr));
	TRY(ike_hdr_check(&m->hdr, m->raw.n));
	struct ike_sa *ike = m->hdr.major == 2 ? find_v2(d, &m->hdr) : find_v1(d, &m->hdr);
	if (ike == NULL && m->hdr.spi_r == 0)
		ike = ike_find_first(d, &dg->remote, m->hdr.spi_i);
	if (ike == NULL && m->hdr.spi_r == 0)
		return begin_ike_sa(d, dg, m);
	if (ike == NULL)
		(m->hdr.major == 2 ? &v2_ops : &v1_ops)->unknown(d, dg, m);
	if (ike == NULL || ike->ops->major != m->hdr.major)
		return IKE_E_SPI;
	/* an address moves only by an authentic message; which may do that is the version's business, later */
	if (!endpoint_equal(&ike->remote, &dg->remote) || !addr_equal(&ike->local.addr, &dg->local.addr))
		return IKE_E_SPI;
	return route(ike, m);
}

void
demux_datagram(struct daemon *d, const struct dgram *dg)
{
	struct msg m = { .local = dg->local, .remote = dg->remote, .natt = dg->natt };
	ike_err err;

	switch (dgram_classify(dg->natt, dg->data, &m.raw)) {
	case DGRAM_KEEPALIVE:
		return;
	case DGRAM_SHORT:
		err = IKE_E_SHORT;
		break;
	case DGRAM_ESP:
		err = IKE_E_FORMAT;
		break;
	case DGRAM_IKE:
		err = input_ike(d, dg, &m);
		break;
	default:
		err = IKE_E_INTERNAL;
	}
	if (m.plain.n > 0)
		wipe(m.plain.p, m.plain.n);
	buf_free(&m.plain);
	if (err != IKE_OK)
		drop(d, dg, err);
}
