/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/v2/v2.h"

#include <stdlib.h>

static ike_err
init(struct ike_sa *ike)
{
	ike->v2 = calloc(1, sizeof(*ike->v2));
	return ike->v2 == NULL ? IKE_E_NOMEM : IKE_OK;
}

static void
fini(struct ike_sa *ike)
{
	struct v2_state *s = ike->v2;

	if (s == NULL)
		return;
	v2_keys_free(&s->keys);
	buf_free(&s->init_i);
	buf_free(&s->init_r);
	buf_free(&s->ni);
	buf_free(&s->nr);
	buf_free(&s->cookie);
	buf_free(&s->token);
	free(s);
	ike->v2 = NULL;
}

/*
 * AUTH covers the whole of both IKE_SA_INIT messages (section 2.15): keep them as they were on the wire.
 *
 * A message id is used up by what was sent under it: a request that never came to be leaves no gap, and one that could not be
 * answered, for want of memory, is taken again when the peer repeats it.
 */
static ike_err
accepted(struct exch *x, const struct step *row, struct slice datagram, bool sent)
{
	struct v2_state *s = x->ike->v2;

	if (x->type == &v2_sa_init)
		TRY(buf_set(row->from == INITIATOR ? &s->init_i : &s->init_r, datagram));
	if (sent)
		v2_msgid_used(x);
	return IKE_OK;
}

void
v2_msgid_used(struct exch *x)
{
	struct v2_state *s = x->ike->v2;

	if (x->side == INITIATOR)
		s->next_out = x->msgid + 1;
	else
		s->next_in = x->msgid + 1;
}

bool
v2_asking(const struct ike_sa *ike, const struct exch_type *type)
{
	LIST_FOR(l, &ike->exchs) {
		const struct exch *x = container_of(l, struct exch, link);
		if (x->side == INITIATOR && x->type == type)
			return true;
	}
	return false;
}

static ike_err
next_msgid(struct ike_sa *ike, const struct exch_type *type, uint32_t *out)
{
	(void)type;
	if (ike->v2->next_out >= V2_MSGID_LAST)
		return IKE_E_EXHAUSTED;
	*out = ike->v2->next_out;
	return IKE_OK;
}

static const struct exch_type *
for_intent(enum intent intent)
{
	for (size_t i = 0; i < v2_n_types; i++)
		if (v2_types[i]->intent == intent && intent != INTENT_NONE)
			return v2_types[i];
	return NULL;
}

static const struct exch_type *
for_first(const struct msg *m)
{
	/*
	 * RFC 7296 section 2.2: "The Message ID is a 32-bit quantity, which is zero for the IKE_SA_INIT messages".
	 */
	if (m->hdr.exchange != V2_XCHG_IKE_SA_INIT || m->hdr.msgid != 0 || m->hdr.spi_r != 0 ||
	    (m->hdr.flags & V2_FLAG_INITIATOR) == 0 || (m->hdr.flags & V2_FLAG_RESPONSE) != 0)
		return NULL;
	return &v2_sa_init;
}

static const struct exch_type *
pick(const struct msg *m)
{
	struct pld_notify n;

	if (m->hdr.exchange == V2_XCHG_INFORMATIONAL)
		return &v2_info;
	if (m->hdr.exchange != V2_XCHG_CREATE_CHILD_SA)
		return NULL;
	if (v2_find_notify(&m->pl, V2_N_REKEY_SA, &n))
		return &v2_child_rekey;
	return (m->pl.seen & (P(TSI) | P(TSR))) != 0 ? &v2_child_create : &v2_ike_rekey;
}

static ike_err
for_request(struct ike_sa *ike, struct msg *m, const struct exch_type **out)
{
	bool authenticating = ike->state == IKE_CONNECTING;

	if (m->hdr.msgid != ike->v2->next_in)
		return IKE_E_MSGID;
	if (authenticating != (m->hdr.exchange == V2_XCHG_IKE_AUTH))
		return IKE_E_EXCHANGE;
	if (authenticating && ike->side != RESPONDER)
		return IKE_E_STATE;
	TRY(v2_open(ike, m));
	const struct exch_type *type = authenticating ? &v2_ike_auth : pick(m);
	if (type == NULL)
		return IKE_E_EXCHANGE;
	*out = type;
	return IKE_OK;
}

/* A request that is under way, whatever it is for, is a question in itself. */
static ike_err
ask_alive(struct ike_sa *ike)
{
	return ike->check.tries > 1 ? IKE_OK : ike_sa_want(ike, INTENT_LIVENESS, 0);
}

const struct ike_version_ops v2_ops = {
	.name = "IKEv2", .major = 2, .child_outlives_ike = false, .windowed = true, .unprotect = v2_unprotect,
	.protect = v2_protect, .accepted = accepted, .report = v2_report, .next_msgid = next_msgid, .for_intent = for_intent,
	.for_first = for_first, .admit = v2_admit, .for_request = for_request, .ask_alive = ask_alive, .unknown = v2_unknown,
	.clear = v2_clear, .init = init, .fini = fini,
	.lasts = v2_lasts, .save = v2_save, .restore = v2_restore, .save_exch = v2_save_exch, .restore_exch = v2_restore_exch,
};
