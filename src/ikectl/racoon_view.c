/* SPDX-License-Identifier: BSD-3-Clause */
/* The layouts of racoonctl and of setkey -D, without keys. */
#include "ikectl/view.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

void
racoon_nothing(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	(void)a;
	(void)v;
	(void)o;
}

/* A string member as C string in |buf|. */
static const char *
text_of(const struct ctl_node *r, const char *name, char *buf, size_t cap)
{
	struct text t = text_in(buf, cap);
	struct ctl_node n;

	if (ctl_find(r, name, &n))
		value_text(&n, 0, &t);
	return buf;
}

/* --- show-sa isakmp --- */

/* "192.0.2.2[500]" as racoonctl writes it: "192.0.2.2.500" */
static const char *
dotted(const struct ctl_node *r, const char *name, char buf[96])
{
	(void)text_of(r, name, buf, 96);
	char *p = strchr(buf, '[');
	if (p != NULL)
		*p = '.';
	p = strchr(buf, ']');
	if (p != NULL)
		*p = '\0';
	return buf;
}

/* racoon's number of the state: 9 is established, 10 expired. */
static int
state_number(const struct ctl_node *s)
{
	return ctl_is(s, "state", "established") ? 9 : ctl_is(s, "state", "connecting") ? 1 : 10;
}

static char
exchange_letter(const struct ctl_node *s)
{
	return ctl_is(s, "exchange", "main mode")         ? 'M'
	       : ctl_is(s, "exchange", "aggressive mode") ? 'A'
	       : ctl_is(s, "exchange", "base mode")       ? 'B'
							  : '-';
}

static void
isakmp_row(const struct ctl_node *s, const struct view *v, struct out *o)
{
	char local[96], remote[96], date[32];

	view_date((int64_t)ctl_get_number(s, "established"), date);
	if (v->longer > 1)
		out_addf(o, "%-45s %-45s ", dotted(s, "local", local), dotted(s, "remote", remote));
	else
		out_addf(o, "%-22s ", dotted(s, "remote", remote));
	out_addf(o, "%016" PRIx64 ":%016" PRIx64 " ", ctl_get_number(s, "spi_i"),
	    ctl_get_number(s, "spi_r"));
	if (v->longer > 0)
		out_addf(o, "%2d %c %2x %c ", state_number(s),
		    ctl_is(s, "role", "initiator") ? 'I' : 'R',
		    ctl_is(s, "version", "IKEv1") ? 0x10u : 0x20u, exchange_letter(s));
	out_addf(o, "%s ", date);
	if (v->longer > 0)
		out_addf(o, "%6" PRIu64 " ", ctl_get_number(s, "child_count"));
	out_add(o, "\n");
}

void
racoon_isakmp(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, s;

	if (v->longer > 1)
		out_addf(o, "%-45s %-45s ", "Source", "Destination");
	else
		out_addf(o, "%-22s ", "Destination");
	out_addf(o, "%-33s ", "Cookies");
	out_add(o, v->longer > 0 ? "ST S  V E Created             Phase2\n" : "Created\n");
	if (!ctl_find(&a->result, "ike_sas", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &s))
		isakmp_row(&s, v, o);
}

/* --- show-sa esp: setkey -D --- */

static const char *
setkey_date(int64_t when, char buf[32])
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(buf, 32, "%b %e %H:%M:%S %Y", &tm) == 0) {
		memset(buf, ' ', 20);
		buf[20] = '\0';
	}
	return buf;
}

static void
sa_heads(const struct ctl_node *s, struct out *o)
{
	struct ctl_node encap;
	bool natt = ctl_find(s, "encapsulation", &encap);
	const char *proto = ctl_is(s, "protocol", "AH")       ? "ah"
			    : ctl_is(s, "protocol", "IPCOMP") ? "ipcomp"
							      : "esp";
	uint64_t spi = ctl_get_number(s, "spi"), reqid = ctl_get_number(s, "reqid");

	out_member(o, s, "source", "-");
	if (natt)
		out_addf(o, "[%" PRIu64 "]", ctl_get_number(&encap, "source_port"));
	out_if(o, " ", s, "destination", "");
	if (natt)
		out_addf(o, "[%" PRIu64 "]", ctl_get_number(&encap, "destination_port"));
	out_addf(o, " \n\t%s%s mode=", natt && strcmp(proto, "esp") != 0 ? "natt+" : "",
	    natt && strcmp(proto, "esp") == 0 ? "esp-udp" : proto);
	out_member(o, s, "mode", "any");
	out_addf(o, " spi=%" PRIu64 "(0x%08" PRIx64 ") reqid=%" PRIu64 "(0x%08" PRIx64 ")\n", spi,
	    spi, reqid, reqid);
	if (natt)
		out_if(o, "\tNAT OA=", &encap, "original_address", "\n");
}

static const char *
sa_state(const struct ctl_node *s)
{
	if (ctl_is(s, "state", "reserved"))
		return "larval";
	if (ctl_is(s, "state", "dying"))
		return "dying";
	return ctl_is(s, "state", "expired") || ctl_is(s, "state", "gone") ||
		       ctl_is(s, "state", "absent")
		   ? "dead"
		   : "mature";
}

static void
sa_algs(const struct ctl_node *s, struct out *o)
{
	struct ctl_node k;

	if (!ctl_find(s, "setkey", &k))
		return;
	out_if(o, "\tE: ", &k, "encryption", "  (hidden)\n");
	out_if(o, "\tA: ", &k, "authentication", "  (hidden)\n");
	out_if(o, "\tC: ", &k, "compression", " ");
	out_addf(o, "\tseq=0x%08x replay=%" PRIu64 " flags=0x%08" PRIx64 " state=%s \n", 0u,
	    ctl_get_number(s, "replay_window"), ctl_get_number(&k, "flags"), sa_state(s));
}

static void
sa_times(const struct ctl_node *s, const struct view *v, struct out *o)
{
	struct ctl_node l = { 0 };
	int64_t added = (int64_t)ctl_get_number(s, "added");
	char a[32], b[32];

	(void)ctl_find(s, "limits", &l);
	out_addf(o, "\tcreated: %s\tcurrent: %s\n", setkey_date(added, a), setkey_date(v->now, b));
	out_addf(o, "\tdiff: %" PRId64 "(s)\thard: %" PRIu64 "(s)\tsoft: %" PRIu64 "(s)\n",
	    added != 0 && v->now > added ? v->now - added : 0, ctl_get_number(&l, "hard_time"),
	    ctl_get_number(&l, "soft_time"));
	out_addf(o, "\tlast: %s\thard: 0(s)\tsoft: 0(s)\n",
	    setkey_date((int64_t)ctl_get_number(s, "last_used"), a));
	out_addf(o,
	    "\tcurrent: %" PRIu64 "(bytes)\thard: %" PRIu64 "(bytes)\tsoft: %" PRIu64 "(bytes)\n",
	    ctl_get_number(s, "bytes"), ctl_get_number(&l, "hard_bytes"),
	    ctl_get_number(&l, "soft_bytes"));
	out_addf(o, "\tallocated: %" PRIu64 "\thard: %" PRIu64 "\tsoft: %" PRIu64 "\n",
	    ctl_get_number(s, "packets"), ctl_get_number(&l, "hard_packets"),
	    ctl_get_number(&l, "soft_packets"));
}

static bool
sa_wanted(const struct ctl_node *s, const struct view *v)
{
	return v->proto == VIEW_ALL || ctl_is(s, "protocol", v->proto == VIEW_ESP ? "ESP" : "AH");
}

void
racoon_ipsec(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, s;
	struct rd cur;
	unsigned total = 0, n = 0;

	if (!ctl_find(&a->result, "sas", &list))
		return;
	cur = ctl_members(&list);
	while (ctl_next(&cur, &s))
		total += sa_wanted(&s, v);
	if (total == 0)
		out_add(o, "No SAD entries.\n");
	cur = ctl_members(&list);
	while (ctl_next(&cur, &s)) {
		if (!sa_wanted(&s, v))
			continue;
		n++;
		sa_heads(&s, o);
		sa_algs(&s, o);
		sa_times(&s, v, o);
		/* the zero marks the last one */
		out_addf(o, "\tsadb_seq=%u pid=%ld refcnt=0\n", n == total ? 0 : n, v->pid);
	}
}

/* --- show-schedule --- */

void
racoon_schedule(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, t;
	unsigned n = 0;

	(void)v;
	out_addf(o, "%-8s %-8s %-8s %s\n", "index", "tick", "xtime", "created");
	if (!ctl_find(&a->result, "timers", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &t)) {
		char date[32];
		view_date((int64_t)ctl_get_number(&t, "created"), date);
		out_addf(o, "%-8u %-8" PRIu64 " %-8" PRIu64 " %s\n", ++n,
		    ctl_get_number(&t, "due_in"), ctl_get_number(&t, "due_at"), date);
	}
}

/* --- show-event --- */

static const char *
phase1_error(const struct ctl_node *e)
{
	if (ctl_is(e, "reason", "TIMEOUT"))
		return "Phase 1 error: peer not responding";
	if (ctl_is(e, "reason", "NO_PROPOSAL"))
		return "Phase 1 error: no proposal chosen";
	return "Phase 1 error: authentication failed (bad certificate?)";
}

static const char *
event_words(const struct ctl_node *e)
{
	if (ctl_is(e, "event", "ike-failed"))
		return phase1_error(e);
	if (ctl_is(e, "event", "child-failed"))
		return ctl_is(e, "reason", "TIMEOUT") ? "Phase 2 error: no response"
						      : "Phase 2 error: no suitable phase 1";
	if (ctl_is(e, "event", "ike-up"))
		return "Phase 1 established";
	if (ctl_is(e, "event", "ike-down"))
		return "Phase 1 deleted";
	if (ctl_is(e, "event", "peer-dead"))
		return "Phase 1 error: dead peer detected";
	if (ctl_is(e, "event", "child-up") || ctl_is(e, "event", "child-rekeyed"))
		return "Phase 2 established";
	return ctl_is(e, "event", "child-down") ? "Phase 2 deleted" : NULL;
}

void
racoon_event(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	const char *words = a->kind == CTL_M_EVENT ? event_words(&a->result) : NULL;

	(void)v;
	if (words == NULL)
		return;
	out_add(o, words);
	out_if(o, " : ", &a->result, "local", "");
	out_if(o, " -> ", &a->result, "remote", "");
	out_add(o, "\n");
}
