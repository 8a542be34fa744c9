/* SPDX-License-Identifier: BSD-3-Clause */
#include "prop/select.h"

#include "prop/match.h"

static enum miss
match(const struct prop_rule *rule, enum match_side side, const struct prop *ours,
    const struct prop *theirs, struct match *out)
{
	return rule->version == 2 ? match_v2(rule, ours, theirs, out)
				  : match_v1(rule, side, ours, theirs, out);
}

static void
fill(struct prop_choice *out, const struct match *m, size_t ours, size_t theirs)
{
	*out = (struct prop_choice){
		.prop = m->prop,
		.ours = (uint16_t)ours,
		.theirs = (uint16_t)theirs,
		.claim_sec = m->claim_sec,
		.claim_kb = m->claim_kb,
	};
}

/* The best of |theirs| for one of ours: the lowest rank, the earliest among equals. */
static bool
best_for(const struct prop_rule *rule, const struct prop *ours, const struct prop_list *theirs,
    struct match *best, size_t *at)
{
	struct match m;
	bool found = false;
	size_t i;

	for (i = 0; i < theirs->n; i++) {
		if (match(rule, MATCH_OFFER, ours, &theirs->v[i], &m) != MISS_NOTHING ||
		    (found && m.rank >= best->rank))
			continue;
		*best = m;
		*at = i;
		found = true;
	}
	return found;
}

ike_err
prop_choose(const struct prop_rule *rule, const struct prop_list *ours,
    const struct prop_list *theirs, struct prop_choice *out)
{
	size_t i, j;
	struct match m;

	for (i = 0; rule->prefer_theirs && i < theirs->n; i++) {
		for (j = 0; j < ours->n; j++) {
			if (match(rule, MATCH_OFFER, &ours->v[j], &theirs->v[i], &m) ==
			    MISS_NOTHING) {
				fill(out, &m, j, i);
				return IKE_OK;
			}
		}
	}
	for (i = 0; !rule->prefer_theirs && i < ours->n; i++) {
		if (best_for(rule, &ours->v[i], theirs, &m, &j)) {
			fill(out, &m, i, j);
			return IKE_OK;
		}
	}
	return IKE_E_NO_PROPOSAL;
}

/*
 * Is the answer's list for one kind a choice of one out of |offered|, or nothing where nothing was
 * offered?
 */
static bool
one_of(const struct prop_algs *offered, const struct prop_algs *answer, enum alg_id none)
{
	int i;

	if (offered->n == 0 || answer->n == 0)
		return offered->n == 0 &&
		       (answer->n == 0 ||
			   (answer->n == 1 && none != ALG_ID_NONE && answer->v[0].id == none));
	if (answer->n != 1)
		return false;
	for (i = 0; i < offered->n; i++) {
		const struct alg *a = alg_get((enum alg_id)offered->v[i].id),
				 *b = alg_get((enum alg_id)answer->v[0].id);

		if (prop_alg_bits(offered->v[i]) == prop_alg_bits(answer->v[0]) && a != NULL &&
		    b != NULL && a->v2 == b->v2)
			return true;
	}
	return false;
}

/*
 * RFC 7296 section 2.7: "The accepted cryptographic suite MUST contain exactly one transform of
 * each type included in the proposal."
 */
static bool
subset_v2(const struct prop *offered, const struct prop *answer)
{
	uint8_t esn = offered->esn != 0 ? offered->esn : ESN_NO;

	if (answer->proto != PROTO_IKE &&
	    (answer->esn & (answer->esn - 1) || (answer->esn & esn) == 0))
		return false;
	return one_of(&offered->encr, &answer->encr, ALG_ID_NONE) &&
	       one_of(&offered->prf, &answer->prf, ALG_ID_NONE) &&
	       one_of(&offered->integ, &answer->integ, INTEG_NONE) &&
	       one_of(&offered->ke, &answer->ke, KE_NONE);
}

/*
 * RFC 7296 section 3.3.1: "When a proposal is accepted, the proposal number in the SA payload MUST
 * match the number on the proposal sent that was accepted."
 */
static ike_err
verify_v2(const struct prop_rule *rule, const struct prop_list *offered, const struct prop *answer,
    struct prop_choice *out)
{
	struct prop_rule plain = { .version = 2, .check = rule->check };
	struct match m;
	size_t i;

	for (i = 0; i < offered->n; i++) {
		const struct prop *o = &offered->v[i];

		if (o->number != answer->number)
			continue;
		if (o->proto != answer->proto || o->spi_len != answer->spi_len ||
		    !subset_v2(o, answer) || match_v2(&plain, o, answer, &m) != MISS_NOTHING)
			return IKE_E_NO_PROPOSAL;
		fill(out, &m, i, 0);
		return IKE_OK;
	}
	return IKE_E_NO_PROPOSAL;
}

/*
 * RFC 2408 section 4.2: the initiator "MUST verify that the Security Association payload received
 * from the responder matches one of the proposals sent initially".  An offer that the answer
 * repeats unchanged goes before one that it only resembles.
 */
static ike_err
verify_v1(const struct prop_rule *rule, const struct prop_list *offered, const struct prop *answer,
    struct prop_choice *out)
{
	struct match m, best = { 0 };
	bool found = false;
	size_t i, at = 0;

	for (i = 0; i < offered->n; i++) {
		const struct prop *o = &offered->v[i];
		bool whole = o->number == answer->number && o->transform == answer->transform;

		if (match_v1(rule, MATCH_ANSWER, o, answer, &m) != MISS_NOTHING ||
		    (found && !whole))
			continue;
		best = m;
		at = i;
		found = true;
		if (whole)
			break;
	}
	if (!found)
		return IKE_E_NO_PROPOSAL;
	fill(out, &best, at, 0);
	return IKE_OK;
}

ike_err
prop_verify(const struct prop_rule *rule, const struct prop_list *offered,
    const struct prop *answer, struct prop_choice *out)
{
	if (rule->version == 2)
		return verify_v2(rule, offered, answer, out);
	return verify_v1(rule, offered, answer, out);
}

static void
print_list(const char *whose, const struct prop_algs *l, struct text *t)
{
	struct name_buf buf;
	int i;

	text_add(t, whose);
	for (i = 0; i < l->n; i++)
		text_addf(t, " %s", alg_text((enum alg_id)l->v[i].id, l->v[i].bits, &buf));
	if (l->n == 0)
		text_add(t, " none");
}

static void
print_lists(
    const char *what, const struct prop_algs *ours, const struct prop_algs *theirs, struct text *t)
{
	text_addf(t, "%s: ", what);
	print_list("ours", ours, t);
	print_list(", theirs", theirs, t);
}

static const char *
mode_text(const struct prop *p)
{
	if (p->mode == MODE_ANY)
		return "any";
	if (p->mode == MODE_TUNNEL)
		return p->udp_encap ? "UDP-tunnel" : "tunnel";
	return p->udp_encap ? "UDP-transport" : "transport";
}

static void
print_miss(enum miss miss, const struct prop *ours, const struct prop *theirs, struct text *t)
{
	struct name_buf a, b;

	switch (miss) {
	case MISS_PROTO:
		text_addf(t, "protocol: ours %s, theirs %s",
		    prop_proto_name((enum prop_proto)ours->proto),
		    prop_proto_name((enum prop_proto)theirs->proto));
		break;
	case MISS_BUNDLE:
		text_addf(
		    t, "bundle: the peer wants %u protocols together", (unsigned)theirs->bundle);
		break;
	case MISS_MODE:
		text_addf(t, "mode: ours %s, theirs %s", mode_text(ours), mode_text(theirs));
		break;
	case MISS_COMP:
		print_lists("compression algorithm", &ours->comp, &theirs->comp, t);
		break;
	case MISS_ENCR:
		print_lists("encryption algorithm", &ours->encr, &theirs->encr, t);
		break;
	case MISS_KEY_LENGTH:
		print_lists("key length", &ours->encr, &theirs->encr, t);
		break;
	case MISS_INTEG:
		print_lists("authentication algorithm", &ours->integ, &theirs->integ, t);
		break;
	case MISS_PRF:
		print_lists("hash or prf algorithm", &ours->prf, &theirs->prf, t);
		break;
	case MISS_KE:
		print_lists(
		    ours->proto == PROTO_IKE ? "dh group" : "pfs group", &ours->ke, &theirs->ke, t);
		break;
	case MISS_AUTH:
		text_addf(t, "authentication method: ours %s, theirs %s",
		    alg_text((enum alg_id)ours->auth, 0, &a),
		    alg_text((enum alg_id)theirs->auth, 0, &b));
		break;
	case MISS_ESN:
		text_addf(t, "extended sequence numbers: ours %s, theirs %s",
		    ours->esn & ESN_YES ? "yes" : "no", theirs->esn & ESN_YES ? "yes" : "no");
		break;
	case MISS_LIFE:
		text_addf(t, "lifetime: ours %u s %u kB, theirs %u s %u kB",
		    (unsigned)ours->life_sec, (unsigned)ours->life_kb, (unsigned)theirs->life_sec,
		    (unsigned)theirs->life_kb);
		break;
	case MISS_NOTHING:
		text_add(t, "nothing is in the way");
		break;
	}
}

void
prop_explain(const struct prop_rule *rule, const struct prop_list *ours,
    const struct prop_list *theirs, struct text *t)
{
	enum miss best = MISS_PROTO, miss;
	size_t i, j, bi = 0, bj = 0;
	struct match m;

	if (ours->n == 0 || theirs->n == 0) {
		text_add(t, theirs->n == 0 ? "the peer offers nothing that we know"
					   : "we have nothing to offer");
		return;
	}
	for (i = 0; i < ours->n; i++) {
		for (j = 0; j < theirs->n; j++) {
			miss = match(rule, MATCH_OFFER, &ours->v[i], &theirs->v[j], &m);
			if (miss > best) {
				best = miss;
				bi = i;
				bj = j;
			}
		}
	}
	print_miss(best, &ours->v[bi], &theirs->v[bj], t);
}
