/* SPDX-License-Identifier: BSD-3-Clause */
/* `racoonctl status`: IKE SAs and, with -v, their children; as text, and as JSON of schema 2.0. */
#include "ikectl/view.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define WORD 64

/* "aes-128" is AES-CBC to racoon. */
static const char *
cipher_word(const struct ctl_node *r, char buf[WORD])
{
	static const struct {
		const char *ours, *theirs;
	} words[] = {
		{ "aes", "AES-CBC" },
		{ "3des", "3DES-CBC" },
		{ "des", "DES-CBC" },
		{ "blowfish", "BLOWFISH-CBC" },
		{ "cast128", "CAST-CBC" },
		{ "camellia", "CAMELLIA-CBC" },
	};
	struct slice s = ctl_get_str(r, "encryption");
	struct text t = text_in(buf, WORD);
	size_t n = 0;

	while (n < s.n && s.p[n] != '-')
		n++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_equal(slice_of(s.p, n), slice_str(words[i].ours)))
			return words[i].theirs;
	for (size_t i = 0; i < n; i++)
		text_char(&t, s.p[i] == '_' ? '-' : (char)toupper(s.p[i]));
	return buf;
}

/* |s| without |prefix|, if it begins with that. */
static struct slice
without(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0 ? slice_of(s.p + n, s.n - n) : s;
}

/* "prf_hmac_sha256" is SHA256. */
static const char *
hash_word(const struct ctl_node *r, char buf[WORD])
{
	struct slice s = without(without(ctl_get_str(r, "prf"), "prf_"), "hmac_");
	struct text t = text_in(buf, WORD);

	for (size_t i = 0; i < s.n; i++)
		text_char(&t, (char)toupper(s.p[i]));
	return buf;
}

static const char *
auth_word(const struct ctl_node *r, char buf[WORD])
{
	struct slice s = ctl_get_str(r, "authentication");
	struct text t = text_in(buf, WORD);

	if (s.n == 0 || slice_equal(s, slice_str("pre_shared_key")))
		return "pre-shared key";
	text_peer(&t, s);
	return buf;
}

static const char *
mode_word(const struct ctl_node *s)
{
	return ctl_is(s, "exchange", "main mode")         ? "MAIN"
	       : ctl_is(s, "exchange", "aggressive mode") ? "AGGRESSIVE"
	       : ctl_is(s, "exchange", "base mode")       ? "BASE"
							  : "IKE_SA_INIT";
}

/* The address of an endpoint. */
static void
out_host(struct out *o, const struct ctl_node *r, const char *name)
{
	struct slice s = ctl_get_str(r, name);
	size_t n = 0;

	while (n < s.n && s.p[n] != '[')
		n++;
	out_slice(o, slice_of(s.p, n));
}

static void
out_index(struct out *o, const struct ctl_node *s)
{
	out_addf(o, "0x%016" PRIx64 "%016" PRIx64, ctl_get_number(s, "spi_i"),
	    ctl_get_number(s, "spi_r"));
}

static const char *
yes_no(bool b)
{
	return b ? "yes" : "no";
}

static void
phase1_text(const struct ctl_node *s, struct out *o)
{
	struct ctl_node sec = { 0 };
	char a[WORD], b[WORD], c[WORD];
	bool v1 = ctl_is(s, "version", "IKEv1");

	(void)ctl_find(s, "section", &sec);
	out_add(o, "Phase 1: ");
	out_index(o, s);
	out_if(o, "\n  state:          ", s, "state", "\n  remote:         ");
	out_host(o, s, "remote");
	out_add(o, "\n  local:          ");
	out_host(o, s, "local");
	out_addf(
	    o, "\n  version:        %s  exchange_mode: %s\n", v1 ? "1.0" : "2.0", mode_word(s));
	out_addf(o, "  encryption:     %s  hash: %s  auth: %s  dh: ", cipher_word(s, a),
	    hash_word(s, b), auth_word(s, c));
	out_member(o, s, "group_number", "0");
	out_addf(o, "\n  lifetime:       %" PRIu64 "s\n", ctl_get_number(s, "lifetime"));
	out_addf(o, "  dpd:            supported=%s fails=%" PRIu64 "\n",
	    yes_no(ctl_get_bool(s, "dpd")), ctl_get_number(s, "dpd_fails"));
	out_addf(o, "  natt:           enabled=%s\n", yes_no(ctl_get_bool(s, "udp_encapsulation")));
	out_addf(o, "  remote_config:  anonymous=%s passive=%s generate_policy=",
	    yes_no(ctl_get_bool(&sec, "anonymous")), yes_no(ctl_get_bool(&sec, "passive")));
	out_member(o, &sec, "generate_policy", "none");
	out_add(o, "\n\n");
}

static void
phase2_selector(const struct ctl_node *c, struct out *o)
{
	struct ctl_node sel = { 0 };

	(void)ctl_find(c, "selector", &sel);
	out_add(o, "  selector:       ");
	out_member(o, &sel, "local", "any");
	out_if(o, " -> ", &sel, "remote", "");
	out_if(o, "  proto=", &sel, "protocol", "");
	out_if(o, " sport=", &sel, "local_ports", "");
	out_if(o, " dport=", &sel, "remote_ports", "\n");
}

/* SPIs are masked here, as ever. */
static void
phase2_text(const struct ctl_node *s, const struct ctl_node *c, struct out *o)
{
	struct ctl_node in = { 0 }, out = { 0 };
	char a[WORD];
	uint64_t pfs = ctl_get_number(c, "pfs_group_number");
	bool up = ctl_is(c, "state", "installed") || ctl_is(c, "state", "rekeying");

	(void)ctl_find(c, "in", &in);
	(void)ctl_find(c, "out", &out);
	out_addf(o, "Phase 2: 0x%08" PRIx64 "\n  phase1:         ", ctl_get_number(&in, "spi"));
	out_index(o, s);
	out_addf(o, "\n  state:          %s  protocol: ", up ? "established" : "pending");
	out_member(o, c, "protocol", "-");
	out_addf(o, "  mode: %s\n", ctl_is(c, "mode", "tunnel") ? "Tunnel" : "Transport");
	out_addf(o, "  spi:            in=0x%04x**** out=0x%04x****\n",
	    (unsigned)(ctl_get_number(&in, "spi") >> 16),
	    (unsigned)(ctl_get_number(&out, "spi") >> 16));
	phase2_selector(c, o);
	out_addf(o, "  encryption:     %s", cipher_word(c, a));
	out_if(o, "  auth: ", c, "integrity", "");
	out_addf(o, "\n  pfs_group:      %" PRIu64 "\n  effective_group: %" PRIu64 "\n", pfs, pfs);
	out_addf(o, "  lifetime:       %" PRIu64 "s / %" PRIu64 " bytes\n",
	    ctl_get_number(c, "lifetime"), ctl_get_number(c, "lifetime_bytes"));
	out_addf(o, "  reqid:          in=%" PRIu64 " out=%" PRIu64 "  ok=%s\n\n",
	    ctl_get_number(&in, "reqid"), ctl_get_number(&out, "reqid"),
	    yes_no(ctl_get_bool(&in, "in_kernel")));
}

void
racoon_status_text(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, kids, s, c;
	char now[40];
	struct text t = text_in(now, sizeof(now));

	time_text(a->time, &t);
	out_addf(o, "racoon status at %s\n\n", now);
	if (!ctl_find(&a->result, "ike_sas", &list))
		return;
	struct rd cur = ctl_members(&list);
	while (ctl_next(&cur, &s))
		phase1_text(&s, o);
	cur = ctl_members(&list);
	while (v->verbose && ctl_next(&cur, &s)) {
		if (!ctl_find(&s, "children", &kids))
			continue;
		struct rd k = ctl_members(&kids);
		while (ctl_next(&k, &c))
			phase2_text(&s, &c, o);
	}
	out_add(o, "\n");
}

/* --- JSON --- */

static void
put_host(struct writer *w, const char *name, const struct ctl_node *r, const char *member)
{
	struct slice s = ctl_get_str(r, member);
	struct ctl_node n = { .type = CTL_STR, .name = slice_str(name), .body = s };

	for (n.body.n = 0; n.body.n < s.n && s.p[n.body.n] != '['; n.body.n++)
		;
	writer_attr(w, &n);
}

/* A member under another name. */
static void
put_as(struct writer *w, const char *name, const struct ctl_node *r, const char *member)
{
	struct ctl_node n;

	if (!ctl_find(r, member, &n))
		return;
	n.name = slice_str(name);
	writer_attr(w, &n);
}

static void
put_proposal(struct writer *w, const struct ctl_node *s)
{
	char a[WORD], b[WORD], c[WORD], group[24];
	struct text t = text_in(group, sizeof(group));

	text_addf(&t, "%" PRIu64, ctl_get_number(s, "group_number"));
	writer_start(w, "proposal");
	writer_str(w, "encryption_algorithm", cipher_word(s, a));
	writer_str(w, "hash_algorithm", hash_word(s, b));
	writer_str(w, "authentication_method", auth_word(s, c));
	writer_str(w, "dh_group", group);
	put_as(w, "lifetime_time", s, "lifetime");
	writer_end(w);
}

static void
phase1_json(struct writer *w, const struct ctl_node *s)
{
	char index[40];
	struct text t = text_in(index, sizeof(index));
	struct ctl_node sec = { 0 };

	(void)ctl_find(s, "section", &sec);
	text_addf(&t, "0x%016" PRIx64 "%016" PRIx64, ctl_get_number(s, "spi_i"),
	    ctl_get_number(s, "spi_r"));
	writer_start(w, NULL);
	writer_str(w, "index", index);
	put_as(w, "state", s, "state");
	put_host(w, "remote_id", s, "remote");
	put_host(w, "local_id", s, "local");
	writer_str(w, "version", ctl_is(s, "version", "IKEv1") ? "1.0" : "2.0");
	writer_str(w, "exchange_mode", mode_word(s));
	put_proposal(w, s);
	writer_start(w, "dpd");
	put_as(w, "supported", s, "dpd");
	put_as(w, "fails", s, "dpd_fails");
	writer_end(w);
	writer_start(w, "natt");
	put_as(w, "enabled", s, "udp_encapsulation");
	writer_end(w);
	writer_start(w, "remote_config");
	put_as(w, "anonymous", &sec, "anonymous");
	put_as(w, "passive", &sec, "passive");
	put_as(w, "generate_policy", &sec, "generate_policy");
	writer_end(w);
	writer_end(w);
}

void
racoon_status_json(const struct ctl_answer *a, const struct view *v, struct out *o)
{
	struct ctl_node list, s;
	char now[40];
	struct text t = text_in(now, sizeof(now));
	struct writer w;

	time_text(a->time, &t);
	writer_init(&w, &writer_json, o->buf, v->now);
	writer_start(&w, NULL);
	writer_str(&w, "schema_version", "2.0");
	writer_str(&w, "timestamp", now);
	writer_list(&w, "phase1");
	if (ctl_find(&a->result, "ike_sas", &list)) {
		struct rd cur = ctl_members(&list);
		while (ctl_next(&cur, &s))
			phase1_json(&w, &s);
	}
	writer_end(&w);
	writer_end(&w);
	if (o->err == IKE_OK)
		o->err = w.err;
}
