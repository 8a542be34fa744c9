/* SPDX-License-Identifier: BSD-3-Clause */
#include "keylang/policy_text.h"
#include "setkey/print.h"

static const char *const words[] = {
	[KERN_EV_ACQUIRE] = "acquire",
	[KERN_EV_SOFT] = "expire soft",
	[KERN_EV_HARD] = "expire hard",
	[KERN_EV_SA_NEW] = "add",
	[KERN_EV_SA_UPDATE] = "update",
	[KERN_EV_SA_DELETE] = "delete",
	[KERN_EV_SA_FLUSH] = "flush",
	[KERN_EV_SP_NEW] = "spdadd",
	[KERN_EV_SP_UPDATE] = "spdupdate",
	[KERN_EV_SP_DELETE] = "spddelete",
	[KERN_EV_SP_FLUSH] = "spdflush",
	[KERN_EV_SP_EXPIRE] = "spdexpire",
	[KERN_EV_MAPPING] = "mapping",
	[KERN_EV_MIGRATE] = "migrate",
	[KERN_EV_OVERRUN] = "lost",
};

static void
put_end(const struct print *p, const struct addr *a, uint16_t port)
{
	struct addr_buf b;

	fprintf(p->out, " %s", addr_text(a, &b));
	if (port != 0 || p->ports)
		fprintf(p->out, "[%u]", port);
}

static void
put_alg(const struct print *p, uint16_t id)
{
	if (id != ALG_ID_NONE)
		fprintf(p->out, " %s", print_alg_word(id));
}

static void
put_sa_name(const struct print *p, const struct sa_spec *s)
{
	fprintf(p->out, " %s", print_proto_word(s));
	put_end(p, &s->src, s->encap_sport);
	put_end(p, &s->id.dst, s->encap_dport);
	fprintf(p->out, " spi=%u(0x%08x)", s->id.spi, s->id.spi);
}

static void
put_sa(const struct print *p, const struct sa_spec *s)
{
	put_sa_name(p, s);
	fprintf(p->out, " mode=%s reqid=%u", print_mode_word(s->mode), s->reqid);
	if (sa_is_larval(s))
		fputs(" larval", p->out);
	put_alg(p, s->encr);
	put_alg(p, s->integ);
	put_alg(p, s->comp);
}

static void
put_sp(const struct print *p, const struct sp_spec *sp)
{
	char buf[256];
	struct text t = text_in(buf, sizeof(buf));

	fputc(' ', p->out);
	print_sp_name(p, sp);
	policy_print_head(sp, &t);
	fprintf(p->out, " %s", buf);
	for (unsigned i = 0; i < sp->ntmpl; i++) {
		t = text_in(buf, sizeof(buf));
		policy_print_tmpl(&sp->tmpl[i], p->ports, &t);
		fprintf(p->out, " %s", buf);
	}
	if (sp->index != 0)
		fprintf(p->out, " spid=%u", sp->index);
}

static void
put_acquire(const struct print *p, const struct kern_event *ev)
{
	struct sp_spec packet = { .id.sel = ev->acq_sel };

	fprintf(p->out, " %s", print_proto_word(&ev->sa));
	put_end(p, &ev->acq_src, 0);
	put_end(p, &ev->acq_dst, 0);
	fprintf(p->out, " acquire=%u", ev->acq_seq);
	/* a stored message does not say more than which policy it was */
	if (packet.id.sel.src.addr.family != 0) {
		fprintf(p->out, " mode=%s reqid=%u for ", print_mode_word(ev->sa.mode), ev->sa.reqid);
		print_sp_name(p, &packet);
	}
	if (ev->sp.index != 0)
		fprintf(p->out, " spid=%u", ev->sp.index);
}

static const char *
flushed(uint8_t proto)
{
	struct sa_spec s = { .id.proto = proto };

	return proto == PROTO_NONE ? "all" : print_proto_word(&s);
}

static void
put_mapping(const struct print *p, const struct kern_event *ev)
{
	struct addr_buf b;

	put_sa_name(p, &ev->sa);
	fprintf(p->out, " now %s", endpoint_text(&ev->map_new, &b));
}

static void
put_details(const struct print *p, const struct kern_event *ev)
{
	switch (ev->kind) {
	case KERN_EV_ACQUIRE:
		put_acquire(p, ev);
		break;
	case KERN_EV_SOFT:
	case KERN_EV_HARD:
	case KERN_EV_SA_NEW:
	case KERN_EV_SA_UPDATE:
	case KERN_EV_SA_DELETE:
		put_sa(p, &ev->sa);
		break;
	case KERN_EV_SA_FLUSH:
		fprintf(p->out, " %s", flushed(ev->flush_proto));
		break;
	case KERN_EV_SP_NEW:
	case KERN_EV_SP_UPDATE:
	case KERN_EV_SP_DELETE:
	case KERN_EV_SP_EXPIRE:
	case KERN_EV_MIGRATE:
		put_sp(p, &ev->sp);
		break;
	case KERN_EV_MAPPING:
		put_mapping(p, ev);
		break;
	case KERN_EV_OVERRUN:
		fputs(" messages: there was no room for them", p->out);
		break;
	case KERN_EV_SP_FLUSH:
		break;
	}
}

void
print_event(const struct print *p, const struct kern_event *ev)
{
	fputs(words[ev->kind], p->out);
	put_details(p, ev);
	if (ev->pid != 0)
		fprintf(p->out, " pid=%u", ev->pid);
	fputc('\n', p->out);
}

void
print_hex(const struct print *p, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		fprintf(p->out, "%s%02x%s", i % 32 == 0 ? "\t" : i % 4 == 0 ? " " : "", s.p[i],
		    i % 32 == 31 || i + 1 == s.n ? "\n" : "");
}
