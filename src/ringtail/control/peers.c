/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/peers.h"

#include "conf/conf.h"
#include "sadb/sadb.h"

#include <stdlib.h>
#include <string.h>

/* More than any table of peers needs: the cap is there because every arena has one. */
#define PEERS_MEM ((size_t)256 << 20)

static bool
same_addr(const struct hnode *n, const void *key)
{
	return addr_equal(&container_of(n, struct peer_view, by_addr)->addr, key);
}

struct peer_view *
peers_find(const struct peers *p, const struct addr *a)
{
	struct hnode *n = htab_find(&p->by_addr, htab_hash(&p->by_addr, addr_bytes(a)), a);

	return n == NULL ? NULL : container_of(n, struct peer_view, by_addr);
}

static ike_err
add(struct peers *p, const struct addr *a, struct peer_view **out)
{
	struct peer_view *peer = peers_find(p, a);

	*out = peer;
	if (peer != NULL)
		return IKE_OK;
	if (p->n == p->cap) {
		size_t cap = p->cap == 0 ? 16 : 2 * p->cap;
		struct peer_view **v = realloc(p->v, cap * sizeof(struct peer_view *));
		if (v == NULL)
			return IKE_E_NOMEM;
		p->v = v;
		p->cap = cap;
	}
	peer = arena_alloc(&p->mem, sizeof(*peer));
	if (peer == NULL)
		return IKE_E_NOMEM;
	peer->addr = *a;
	TRY(htab_insert(&p->by_addr, &peer->by_addr, htab_hash(&p->by_addr, addr_bytes(a))));
	p->v[p->n++] = peer;
	*out = peer;
	return IKE_OK;
}

static bool
asked_for(const struct peers *p, const struct addr *a)
{
	return p->only == NULL || addr_equal(p->only, a);
}

static bool
better(const struct ike_sa *a, const struct ike_sa *b)
{
	if (b == NULL || (a->state == IKE_ESTABLISHED) != (b->state == IKE_ESTABLISHED))
		return b == NULL || a->state == IKE_ESTABLISHED;
	return a->created > b->created;
}

/* Who has not proved to be at its address is nobody's peer yet. */
static ike_err
add_ikes(struct daemon *d, struct peers *out)
{
	struct ike_sa *ike;
	struct peer_view *p;
	uint32_t it = 0;

	while ((ike = slot_each(&d->ikes.ids, &it)) != NULL) {
		if (ike->half_open || ike->state == IKE_DEAD || !asked_for(out, &ike->remote.addr))
			continue;
		TRY(add(out, &ike->remote.addr, &p));
		p->ikes++;
		if (better(ike, p->ike))
			p->ike = ike;
	}
	return IKE_OK;
}

static void
add_bytes(struct control_call *call, const struct child *c, struct peer_view *p)
{
	struct sa_usage u;

	control_usage(call, c->row_in, &u);
	p->live.bytes_in += u.bytes;
	p->live.packets_in += u.packets;
	control_usage(call, c->row_out, &u);
	p->live.bytes_out += u.bytes;
	p->live.packets_out += u.packets;
}

/* A responder of a rekey holds its outbound half back until the peer has switched. */
static bool
one_sided(const struct child *c)
{
	return c->row_in == 0 || (c->row_out == 0 && c->pending_out == NULL);
}

static ike_err
add_children(struct control_call *call, struct peers *out)
{
	struct daemon *d = call->d;
	struct child *c;
	struct peer_view *p;
	uint32_t it = 0;

	while ((c = slot_each(&d->children.ids, &it)) != NULL) {
		if (!asked_for(out, &c->remote.addr))
			continue;
		TRY(add(out, &c->remote.addr, &p));
		if (c->state == CHILD_WANTED || c->state == CHILD_NEGOTIATING) {
			p->coming++;
			continue;
		}
		p->children += c->state == CHILD_INSTALLED;
		p->adopted += c->state == CHILD_INSTALLED && c->adopted;
		p->one_sided += c->state == CHILD_INSTALLED && one_sided(c);
		if (c->state == CHILD_INSTALLED &&
		    (p->child == NULL || c->installed > p->child->installed))
			p->child = c;
		add_bytes(call, c, p);
	}
	return IKE_OK;
}

static ike_err
add_policies(struct daemon *d, struct peers *out)
{
	const struct spd_row *row;
	struct addr a;
	struct peer_view *p;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL) {
		if (!control_policy_peer(row, &a) || !asked_for(out, &a))
			continue;
		TRY(add(out, &a, &p));
		p->policy = true;
	}
	return IKE_OK;
}

static ike_err
add_sections(struct daemon *d, struct peers *out)
{
	struct peer_view *p;

	for (size_t i = 0; i < d->conf->n_remotes; i++) {
		const struct conf_remote *r = d->conf->remotes[i];
		if (r->peer.addr.family == 0 || !asked_for(out, &r->peer.addr))
			continue;
		TRY(add(out, &r->peer.addr, &p));
		if (p->section == NULL)
			p->section = r;
	}
	return IKE_OK;
}

static int
by_address(const void *a, const void *b)
{
	const struct peer_view *const *x = a, *const *y = b;

	return addr_compare(&(*x)->addr, &(*y)->addr);
}

ike_err
peers_collect(struct control_call *call, const struct addr *only, struct peers *out)
{
	struct daemon *d = call->d;
	uint8_t seed[16];

	*out = (struct peers){ .only = only, .mem = { .limit = PEERS_MEM } };
	TRY(daemon_random(d, seed, sizeof(seed)));
	htab_init(&out->by_addr, seed, same_addr);
	TRY(add_policies(d, out));
	TRY(add_sections(d, out));
	TRY(add_ikes(d, out));
	TRY(add_children(call, out));
	for (size_t i = 0; i < out->n; i++)
		out->v[i]->memory = peer_find(d, &out->v[i]->addr);
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(struct peer_view *), by_address);
	return IKE_OK;
}

void
peers_free(struct peers *p)
{
	htab_fini(&p->by_addr);
	arena_free(&p->mem);
	free(p->v);
	*p = (struct peers){ 0 };
}

static bool
remembered(const struct peer_view *p, enum peer_state s)
{
	return p->memory != NULL && p->memory->state == s;
}

bool
peer_is_tried(const struct peer_view *p)
{
	return p->coming > 0 || (p->ike != NULL && p->ike->state == IKE_CONNECTING);
}

const char *
peer_state(const struct peer_view *p)
{
	if (p->children > 0)
		return p->one_sided > 0 || remembered(p, PEER_DEGRADED) ? "degraded" : "up";
	if (remembered(p, PEER_DOWN))
		return "down";
	if (remembered(p, PEER_DEGRADED) && peer_is_tried(p))
		return "degraded";
	if (peer_is_tried(p))
		return "connecting";
	return p->ike != NULL ? "ike-only" : "idle";
}

int64_t
peer_since(const struct daemon *d, const struct peer_view *p)
{
	const char *state = peer_state(p);

	if (p->memory != NULL && p->memory->since_wall != 0 &&
	    strcmp(state, peer_state_name(p->memory->state)) == 0)
		return p->memory->since_wall;
	if (p->children > 0)
		return p->child->installed_wall;
	if (p->ike != NULL && p->ike->state == IKE_CONNECTING)
		return control_wall(d, p->ike->created);
	return p->ike != NULL && p->coming == 0 ? p->ike->established_wall : 0;
}

void
peer_why(const struct peer_view *p, struct text *t)
{
	const struct peer *m = p->memory;

	if (p->one_sided > 0)
		text_add(t, "one half of a pair is missing");
	else if (m != NULL &&
		 (m->state == PEER_DOWN || m->state == PEER_DEGRADED || m->state == PEER_IDLE) &&
		 strcmp(peer_state(p), peer_state_name(m->state)) == 0)
		text_add(t, m->text);
}
