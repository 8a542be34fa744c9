/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/print.h"

#include "keylang/policy_text.h"

#include <inttypes.h>

enum { IP_ICMP = 1, IP_GRE = 47, IP_ICMPV6 = 58, IP_MH = 135, IP_ANY = 255 };

/* Protocols whose "ports" are printed behind them. */
static bool
ports_behind(uint8_t proto)
{
	return proto == IP_ICMP || proto == IP_ICMPV6 || proto == IP_MH || proto == IP_GRE;
}

static void
print_side(const struct print *p, const struct prefix *pre, bool port, uint16_t n, bool set)
{
	struct addr_buf b;

	fputs(addr_text(&pre->addr, &b), p->out);
	if (pre->len != addr_bits(&pre->addr))
		fprintf(p->out, "/%u", pre->len);
	if (port && (n != 0 || set))
		fprintf(p->out, "[%u]", n);
	else if (port)
		fputs("[any]", p->out);
	fputc(' ', p->out);
}

static void
print_upper(const struct print *p, uint8_t proto)
{
	const char *name = setkey_known_protocol_name(proto);

	if (name == NULL && proto != 0 && p->env != NULL && p->env->protocol_name != NULL)
		name = p->env->protocol_name(p->env->arg, proto);
	if (name != NULL)
		fputs(name, p->out);
	else
		fprintf(p->out, "%u", proto == 0 ? IP_ANY : proto);
}

static void
print_selector(const struct print *p, const struct sa_selector *s)
{
	bool behind = ports_behind(s->proto);

	print_side(p, &s->src, !behind, s->sport, s->sport_set);
	print_side(p, &s->dst, !behind, s->dport, s->dport_set);
	print_upper(p, s->proto);
	if (!behind || (!s->sport_set && !s->dport_set))
		return;
	if (s->proto == IP_GRE)
		fprintf(p->out, " %u", (unsigned)s->sport << 16 | s->dport);
	else
		fprintf(p->out, " %u,%u", s->sport, s->dport);
}

/*
 * The last line has a count of references: netlink does not tell it, and through PF_KEY it has always been the table's own
 * and that of the dump.
 */
#define REFERENCES 2

void
print_sp_name(const struct print *p, const struct sp_spec *sp)
{
	if (sp->socket)
		fputs("(per-socket policy) ", p->out);
	else
		print_selector(p, &sp->id.sel);
}

void
print_sp(const struct print *p, const struct sp_spec *sp, unsigned seq)
{
	char buf[256], a[32], b[32];
	struct text t = text_in(buf, sizeof(buf));

	print_sp_name(p, sp);
	policy_print_head(sp, &t);
	fprintf(p->out, "\n\t%s\n", buf);
	for (unsigned i = 0; i < sp->ntmpl; i++) {
		t = text_in(buf, sizeof(buf));
		policy_print_tmpl(&sp->tmpl[i], p->ports, &t);
		fprintf(p->out, "\t%s\n", buf);
	}
	fprintf(p->out, "\tcreated: %s  lastused: %s\n", print_date(sp->add_time, a),
	    print_date(sp->use_time, b));
	fprintf(p->out, "\tlifetime: %" PRIu64 "(s) validtime: 0(s)\n", sp->life.hard_sec);
	print_ctx(p, sp->ctx, sp->ctx_doi, sp->ctx_alg);
	fprintf(p->out, "\tspid=%u seq=%u pid=%u\n", sp->index, seq, p->pid);
	fprintf(p->out, "\trefcnt=%u\n", REFERENCES);
}
