/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/print.h"

#include <inttypes.h>
#include <string.h>

/* --- both --- */

const char *
print_date(uint64_t when, char buf[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%b %e %H:%M:%S %Y", &tm) == 0)
		(void)snprintf(buf, 32, "%20s", "");
	return buf;
}

void
print_ctx(const struct print *p, const char *ctx, unsigned doi, unsigned alg)
{
	if (ctx[0] == '\0')
		return;
	/* the length counts the NUL */
	fprintf(p->out, "\tsecurity context doi: %u\n", doi);
	fprintf(p->out, "\tsecurity context algorithm: %u\n", alg);
	fprintf(p->out, "\tsecurity context length: %zu\n", strlen(ctx) + 1);
	fprintf(p->out, "\tsecurity context: %s\n", ctx);
}

/* --- SAs --- */

enum { PF_NOECN = 0x80000000u, PF_DECAP_DSCP = 0x40000000u, PF_NOPMTUDISC = 0x20000000u };

static bool
encapsulated(const struct sa_spec *s)
{
	return s->encap_sport != 0 || s->encap_dport != 0;
}

static void
print_end(const struct print *p, const struct sa_spec *s, const struct addr *a, uint16_t port)
{
	struct addr_buf b;

	fputs(addr_text(a, &b), p->out);
	if (encapsulated(s) || p->ports)
		fprintf(p->out, "[%u]", port);
	fputc(' ', p->out);
}

const char *
print_proto_word(const struct sa_spec *s)
{
	switch (s->id.proto) {
	case PROTO_ESP:
		return encapsulated(s) ? "esp-udp" : "esp";
	case PROTO_AH:
		return encapsulated(s) ? "natt+ah" : "ah";
	case PROTO_IPCOMP:
		return encapsulated(s) ? "natt+ipcomp" : "ipcomp";
	default:
		return "unknown";
	}
}

const char *
print_mode_word(uint8_t mode)
{
	return mode == MODE_TUNNEL ? "tunnel" : mode == MODE_TRANSPORT ? "transport" : "any";
}

const char *
print_alg_word(uint16_t id)
{
	const struct alg *a = alg_get(id);

	return a == NULL ? "unknown" : a->setkey[0] != NULL ? a->setkey[0] : a->name;
}

/* Groups of four bytes, each with a blank in front; a new line after every 32 bytes. */
static void
print_key(const struct print *p, const char *what, uint16_t alg, const uint8_t *key, size_t n)
{
	if (n == 0)
		return;
	fprintf(p->out, "\t%s: %s ", what, print_alg_word(alg));
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && i % 32 == 0)
			fputc('\n', p->out);
		fprintf(p->out, "%s%02x", i % 4 == 0 ? " " : "", key[i]);
	}
	fputc('\n', p->out);
}

static void
print_algs(const struct print *p, const struct kern_sa *sa)
{
	print_key(p, "E", sa->spec.encr, sa->keys.encr, sa->keys.encr_len);
	print_key(p, "A", sa->spec.integ, sa->keys.integ, sa->keys.integ_len);
	/* without a new line, as ever */
	if (sa->spec.comp != ALG_ID_NONE)
		fprintf(p->out, "\tC: %s ", print_alg_word(sa->spec.comp));
}

static unsigned
pfkey_flags(const struct sa_spec *s)
{
	return ((s->flags & SA_NOECN) != 0 ? PF_NOECN : 0) |
	       ((s->flags & SA_DECAP_DSCP) != 0 ? PF_DECAP_DSCP : 0) |
	       ((s->flags & SA_NOPMTUDISC) != 0 ? PF_NOPMTUDISC : 0);
}

static uint64_t
since(uint64_t now, uint64_t then)
{
	return then != 0 && now > then ? now - then : 0;
}

static void
print_times(const struct print *p, const struct kern_sa *sa)
{
	const struct sa_life *l = &sa->spec.life;
	const struct sa_usage *u = &sa->usage;
	char a[32], b[32];

	fprintf(p->out, "\tcreated: %s", print_date(u->add_time, a));
	fprintf(p->out, "\tcurrent: %s\n", print_date((uint64_t)p->now, b));
	fprintf(p->out, "\tdiff: %" PRIu64 "(s)\thard: %" PRIu64 "(s)\tsoft: %" PRIu64 "(s)\n",
	    since((uint64_t)p->now, u->add_time), l->hard_sec, l->soft_sec);
	/* limits by time of use do not exist here */
	fprintf(p->out, "\tlast: %s\thard: 0(s)\tsoft: 0(s)\n", print_date(u->use_time, a));
	fprintf(p->out,
	    "\tcurrent: %" PRIu64 "(bytes)\thard: %" PRIu64 "(bytes)\tsoft: %" PRIu64 "(bytes)\n",
	    u->bytes, l->hard_bytes, l->soft_bytes);
	fprintf(p->out, "\tallocated: %" PRIu64 "\thard: %" PRIu64 "\tsoft: %" PRIu64 "\n",
	    u->packets, l->hard_packets, l->soft_packets);
}

void
print_sa(const struct print *p, const struct kern_sa *sa, unsigned seq)
{
	const struct sa_spec *s = &sa->spec;
	struct addr_buf b;

	print_end(p, s, &s->src, s->encap_sport);
	print_end(p, s, &s->id.dst, s->encap_dport);
	fprintf(p->out, "\n\t%s mode=%s spi=%u(0x%08x) reqid=%u(0x%08x)\n", print_proto_word(s),
	    print_mode_word(s->mode), s->id.spi, s->id.spi, s->reqid, s->reqid);
	if (s->encap_oa.family != 0)
		fprintf(p->out, "\tNAT OA=%s\n", addr_text(&s->encap_oa, &b));
	print_algs(p, sa);
	fprintf(p->out, "\tseq=0x%08x replay=%u flags=0x%08x state=%s \n", 0u, s->replay_window,
	    pfkey_flags(s), kern_sa_state_name(kern_sa_state(sa, (uint64_t)p->now)));
	print_times(p, sa);
	print_ctx(p, sa->label.ctx, sa->label.doi, sa->label.alg);
	fprintf(p->out, "\tsadb_seq=%u pid=%u refcnt=0\n", seq, p->pid);
}

void
print_sa_short_head(const struct print *p)
{
	fprintf(p->out, "%-4s %-3s %-1s %-8s %-7s %s -> %s\n", "time", "p", "s", "spi", "ltime",
	    "src", "dst");
}

/* Three columns: what does not fit is big. */
static const char *
three(uint64_t n, char buf[24])
{
	(void)snprintf(buf, 24, n >= 1000 ? "big" : "%" PRIu64, n);
	return buf;
}

static const char *
short_proto(const struct sa_spec *s)
{
	return s->id.proto == PROTO_ESP ? "esp" : s->id.proto == PROTO_AH ? "ah" : "ipc";
}

void
print_sa_short(const struct print *p, const struct kern_sa *sa)
{
	const struct sa_spec *s = &sa->spec;
	uint64_t now = (uint64_t)p->now;
	char age[24], hard[24];
	struct addr_buf a, b;
	struct tm tm;

	if (localtime_r(&p->now, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	fprintf(p->out, "%02d%02d %-3s %c %08x %3s/%-3s %s -> %s\n", tm.tm_min, tm.tm_sec,
	    short_proto(s), kern_sa_state_name(kern_sa_state(sa, now))[0], s->id.spi,
	    three(since(now, sa->usage.add_time), age), three(s->life.hard_sec, hard),
	    addr_text(&s->src, &a), addr_text(&s->id.dst, &b));
}
