/* SPDX-License-Identifier: BSD-3-Clause */
#include "ringtail/control/flow.h"

#include "ringtail/control/peers.h"

#include <string.h>

#define FLOW_WORDS 3
#define WORD_LEN   200

enum { IP_ICMP = 1, IP_TCP = 6, IP_UDP = 17, IP_ICMPV6 = 58, IP_SCTP = 132 };

struct words {
	char w[FLOW_WORDS + 1][WORD_LEN];
	unsigned n;
};

static void
bad_flow(struct control_call *call, const char *why, const char *word)
{
	char shown[WORD_LEN];
	struct text t = text_in(shown, sizeof(shown));

	text_peer(&t, slice_str(word));
	control_fail(call, CTL_USAGE, "E-FLOW", why,
	    "write `policies SRC DST tcp/22`: addresses or peers, then a protocol and perhaps a "
	    "port",
	    "not a flow: %s", shown);
}

/* The words of |s|: "a b c" in one argument are three. */
static bool
split_one(struct control_call *call, struct slice s, struct words *out)
{
	unsigned before = out->n;
	bool inside = false;
	size_t at = 0;

	for (size_t k = 0; k < s.n; k++) {
		char c = (char)s.p[k];
		if (c == ' ' || c == '\t') {
			inside = false;
			continue;
		}
		if (!inside) {
			at = 0;
			inside = true;
			if (out->n++ == FLOW_WORDS) {
				bad_flow(call, "there are more than three words", out->w[0]);
				return false;
			}
		}
		if (c == '\0' || at + 1 >= WORD_LEN) {
			bad_flow(call, "a word is too long, or not text", out->w[out->n - 1]);
			return false;
		}
		out->w[out->n - 1][at++] = c;
	}
	if (out->n == before)
		bad_flow(call, "a word is empty", "");
	return out->n > before;
}

static bool
split(struct control_call *call, struct words *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < call->rq->nargs; i++)
		if (!split_one(call, call->rq->args[i], out))
			return false;
	return true;
}

/* A number up to |most| that is all of |s|. */
static bool
number(const char *s, unsigned long most, unsigned *out)
{
	unsigned long v = 0;

	if (*s == '\0')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (unsigned long)(*s - '0');
		if (v > most)
			return false;
	}
	*out = (unsigned)v;
	return *s == '\0';
}

static bool
has_ports(uint8_t proto)
{
	return proto == IP_TCP || proto == IP_UDP || proto == IP_SCTP || proto == IP_ICMP ||
	       proto == IP_ICMPV6;
}

/* "tcp/22", "icmp/8/0", "47", "any". */
static bool
parse_proto(struct control_call *call, char *word, struct flow *f)
{
	char *port = strchr(word, '/'), *code = NULL;
	unsigned v;

	if (port != NULL)
		*port++ = '\0';
	if (!control_upper_find(word, &f->flow.proto)) {
		bad_flow(call,
		    "no such protocol: it is any, icmp, tcp, udp, gre, esp, ah, ipv6-icmp, sctp, "
		    "or a number",
		    word);
		return false;
	}
	f->proto = f->flow.proto != 0;
	if (port == NULL)
		return true;
	if (!has_ports(f->flow.proto)) {
		bad_flow(call, "this protocol has no ports", word);
		return false;
	}
	bool icmp = f->flow.proto == IP_ICMP || f->flow.proto == IP_ICMPV6;
	if (icmp && (code = strchr(port, '/')) != NULL)
		*code++ = '\0';
	if (!number(port, icmp ? 255 : 65535, &v)) {
		bad_flow(call,
		    icmp ? "the type of ICMP is a number up to 255"
			 : "the port is a number up to 65535",
		    port);
		return false;
	}
	/* RFC 4301 section 4.4.1.1: type and code stand where ports do */
	*(icmp ? &f->flow.sport : &f->flow.dport) = (uint16_t)v;
	*(icmp ? &f->sport : &f->dport) = true;
	if (code == NULL)
		return true;
	if (!number(code, 255, &v)) {
		bad_flow(call, "the code of ICMP is a number up to 255", code);
		return false;
	}
	f->flow.dport = (uint16_t)v;
	f->dport = true;
	return true;
}

/* "192.0.2.1", "192.0.2.1[22]", "web17". */
static bool
parse_end(struct control_call *call, char *word, struct addr *a, uint16_t *port, bool *said)
{
	char *open = strchr(word, '[');
	unsigned v;

	if (open != NULL) {
		char *close = strchr(open, ']');
		*open++ = '\0';
		if (close == NULL || close[1] != '\0') {
			bad_flow(call, "the bracket is not closed", word);
			return false;
		}
		*close = '\0';
		if (!number(open, 65535, &v)) {
			bad_flow(call, "the port is a number up to 65535", open);
			return false;
		}
		*port = (uint16_t)v;
		*said = v != 0;
	}
	return peers_resolve(call, slice_str(word), false, a);
}

/* Is |word| a protocol by name?  (A number might as well be the beginning of an address.) */
static bool
is_proto(const char *word)
{
	char name[WORD_LEN];
	size_t n = strcspn(word, "/");
	uint8_t proto;

	memcpy(name, word, n);
	name[n] = '\0';
	return (word[0] < '0' || word[0] > '9') && control_upper_find(name, &proto);
}

bool
flow_parse(struct control_call *call, struct flow *out)
{
	struct flow f = { 0 };
	struct daemon *d = call->d;
	struct words w;
	struct addr_buf ab;
	bool dport = false;
	uint16_t port = 0;

	if (!split(call, &w))
		return false;
	bool proto = w.n == 3 || (w.n == 2 && is_proto(w.w[1]));
	bool source = w.n - proto == 2;
	char *dst = w.w[source];
	if (!parse_end(call, dst, &f.flow.dst, &port, &dport))
		return false;
	if (source && !parse_end(call, w.w[0], &f.flow.src, &f.flow.sport, &f.sport))
		return false;
	if (!source && d->env.source_addr(d->env.arg, &f.flow.dst, &f.flow.src) != IKE_OK) {
		control_fail(call, CTL_NO, "E-FLOW", "this host has no route to it",
		    "name the source as well: `policies SRC DST`", "no address of ours towards %s",
		    addr_text(&f.flow.dst, &ab));
		return false;
	}
	if (proto && !parse_proto(call, w.w[w.n - 1], &f))
		return false;
	if (dport) {
		f.flow.dport = port;
		f.dport = true;
	}
	if ((f.sport || f.dport) && !f.proto) {
		bad_flow(call,
		    "a port belongs to a protocol: write tcp or udp behind the addresses", dst);
		return false;
	}
	if (f.flow.src.family != f.flow.dst.family) {
		bad_flow(call, "one end is IPv4 and the other IPv6", addr_text(&f.flow.dst, &ab));
		return false;
	}
	*out = f;
	return true;
}

struct flow
flow_reverse(const struct flow *f)
{
	struct flow r = *f;

	r.flow.src = f->flow.dst;
	r.flow.dst = f->flow.src;
	if (f->flow.proto == IP_ICMP || f->flow.proto == IP_ICMPV6) {
		/* the answer is of another type */
		r.flow.sport = r.flow.dport = 0;
		r.sport = r.dport = false;
		return r;
	}
	r.flow.sport = f->flow.dport;
	r.sport = f->dport;
	r.flow.dport = f->flow.sport;
	r.dport = f->sport;
	return r;
}

static void
end_text(struct text *t, const struct addr *a, bool port, uint16_t v)
{
	struct addr_buf ab;

	text_add(t, addr_text(a, &ab));
	if (port)
		text_addf(t, "[%u]", v);
}

void
flow_text(const struct flow *f, struct text *t)
{
	bool icmp = f->flow.proto == IP_ICMP || f->flow.proto == IP_ICMPV6;
	struct name_buf nb;

	end_text(t, &f->flow.src, f->sport && !icmp, f->flow.sport);
	text_add(t, " -> ");
	end_text(t, &f->flow.dst, f->dport && !icmp, f->flow.dport);
	text_addf(t, " %s", control_upper_text(f->flow.proto, &nb));
	if (icmp && f->sport)
		text_addf(t, " type %u", f->flow.sport);
	if (icmp && f->dport)
		text_addf(t, " code %u", f->flow.dport);
}

/* --- policies --- */

static enum flow_fit
worse(enum flow_fit a, enum flow_fit b)
{
	return a < b ? a : b;
}

/* A port that the selector wants (or not) against one that the flow has (or not). */
static enum flow_fit
port_fits(bool set, uint16_t want, bool said, uint16_t has)
{
	if (!set && want == 0)
		return FLOW_WHOLE;
	if (!said)
		return FLOW_PART;
	return want == has ? FLOW_WHOLE : FLOW_NONE;
}

static bool
end_fits(const struct prefix *p, const struct addr *a)
{
	return p->addr.family == 0 || prefix_contains(p, a);
}

enum flow_fit
flow_fits(const struct spd_row *row, const struct flow *f)
{
	const struct sa_selector *s = &row->sp.sel;
	enum flow_fit fit = FLOW_WHOLE;

	if (!end_fits(&s->src, &f->flow.src) || !end_fits(&s->dst, &f->flow.dst))
		return FLOW_NONE;
	/* a flow has no mark and no interface of its own: policies that want one are for others */
	if ((row->sp.mark_mask & row->sp.mark) != 0 || row->sp.if_id != 0)
		return FLOW_NONE;
	if (s->proto != 0)
		fit = !f->proto ? FLOW_PART : s->proto == f->flow.proto ? FLOW_WHOLE : FLOW_NONE;
	fit = worse(fit, port_fits(s->sport_set, s->sport, f->sport, f->flow.sport));
	return worse(fit, port_fits(s->dport_set, s->dport, f->dport, f->flow.dport));
}

bool
flow_before(const struct spd_row *a, const struct spd_row *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	if (a->index != 0 && b->index != 0)
		return a->index < b->index;
	return a->order < b->order;
}

const struct spd_row *
flow_winner(const struct daemon *d, enum sp_dir dir, const struct flow *f)
{
	const struct spd_row *row, *best = NULL;
	uint32_t it = 0;

	while ((row = sadb_policy_next(d->sadb, &it)) != NULL)
		if (row->sp.dir == dir && row->present && flow_fits(row, f) == FLOW_WHOLE &&
		    (best == NULL || flow_before(row, best)))
			best = row;
	return best;
}

/* --- SAs --- */

static bool
selector_is_any(const struct sa_selector *s)
{
	return s->src.addr.family == 0 && s->dst.addr.family == 0 && s->proto == 0 &&
	       s->sport == 0 && s->dport == 0;
}

static bool
serves(const struct sad_row *x, const struct spd_row *row, const struct sp_tmpl *m,
    const struct flow *f)
{
	const struct sa_spec *s = &x->spec;

	bool there = x->have == SAD_LIVE || x->have == SAD_DYING || x->have == SAD_UNKNOWN;

	return there && !sa_is_larval(s) && s->id.proto == m->proto && s->mode == m->mode &&
	       s->reqid == m->reqid && s->if_id == row->sp.if_id &&
	       (row->sp.mark & s->mark_mask) == s->mark &&
	       (selector_is_any(&s->sel) || sa_selector_match(&s->sel, &f->flow));
}

/* Linux prefers one that is not past its soft lifetime, then the one added last. */
static bool
younger(const struct sad_row *a, const struct sad_row *b)
{
	if (b == NULL || (a->have == SAD_DYING) != (b->have == SAD_DYING))
		return b == NULL || b->have == SAD_DYING;
	if (a->usage.add_time != b->usage.add_time)
		return a->usage.add_time > b->usage.add_time;
	return a->since > b->since;
}

const struct sad_row *
flow_sa(const struct daemon *d, const struct spd_row *row, unsigned i, const struct flow *f,
    struct addr *from, struct addr *to)
{
	const struct sp_tmpl *m = &row->tmpl[i];
	const struct sad_row *x, *best = NULL;

	if (m->mode == MODE_TUNNEL) {
		*to = m->dst.family != 0 ? m->dst : *to;
		*from = m->src.family != 0 ? m->src : *from;
	}
	const struct addr *far = row->sp.dir == SP_OUT ? to : from;
	for (x = sadb_peer_first(d->sadb, far); x != NULL; x = sadb_peer_next(d->sadb, x))
		if (addr_equal(&x->spec.id.dst, to) && addr_equal(&x->spec.src, from) &&
		    serves(x, row, m, f) && younger(x, best))
			best = x;
	return best;
}
