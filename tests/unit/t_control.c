/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control server from end to end: transcripts.  Each file of tests/unit/control is a story of hosts a and b: lines that begin
 * with "$ " are typed on a (or "$ b: " on b), those with "% " happen, everything else is the output that must follow.  What
 * depends on chance or time is masked.  With -u the files are written anew, to be read before they are committed.
 */
#include "crypto/crypto.h"
#include "sadb/sadb.h"
#include "sim/ctl.h"
#include "unit/fail_alloc.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REMOTE(head, modes)                                                        \
	"remote " head " {\n exchange_mode " modes ";\n lifetime time 24 hours;\n" \
	" proposal { encryption_algorithm aes; hash_algorithm sha256; "            \
	"authentication_method pre_shared_key; dh_group ecp256; }\n}\n"
#define REST                                                                       \
	"path pre_shared_key \"/psk\";\n"                                          \
	"ldapcfg { bind_pw \"s3cret-bind\"; }\n"                                   \
	"sainfo anonymous {\n encryption_algorithm aes; authentication_algorithm " \
	"hmac_sha256; compression_algorithm deflate;\n lifetime time 8 hours; }\n"

static const char conf_v1[] = REMOTE("anonymous", "main") REST;
static const char conf_v2[] = REMOTE("anonymous", "ikev2") REST;
static const char conf_named[] =
    REST "remote \"gw-b\" { remote_address 192.0.2.2; exchange_mode main; my_identifier fqdn "
	 "\"a.example\"; proposal { encryption_algorithm aes; hash_algorithm sha256; "
	 "authentication_method pre_shared_key; "
	 "dh_group ecp256; } }\n"
	 "remote \"gw-c\" { remote_address 192.0.2.20; exchange_mode ikev2; proposal { "
	 "encryption_algorithm aes; "
	 "hash_algorithm sha256; authentication_method pre_shared_key; dh_group ecp256; } }\n";
static const char conf_owned[] = "policy_file \"/etc/a.setkey\";\n" REMOTE("anonymous", "ikev2") REST;
static const char owned_policies[] =
    "flush; spdflush;\n"
    "spdadd 192.0.2.1 192.0.2.2 any -P out ipsec esp/transport//require;\n"
    "spdadd 192.0.2.2 192.0.2.1 any -P in ipsec esp/transport//require;\n"
    "spdadd 0.0.0.0/0 0.0.0.0/0[22] tcp -P out prio def + 100 none;\n"
    "spdadd 0.0.0.0/0[22] 0.0.0.0/0 tcp -P in prio def + 100 none;\n";
#define SECRET "a very secret word"
static const char psk[] = "192.0.2.1 " SECRET "\n192.0.2.2 " SECRET "\n";
static const char psk_other[] = "192.0.2.1 another word\n192.0.2.2 another word\n";

static bool update;

struct story {
	struct world *w;
	struct node *a, *b;
	struct buf out;
};

static void
put(struct buf *b, const char *s)
{
	ck_assert_int_eq(buf_append(b, slice_str(s)), IKE_OK);
}

/* --- masks --- */

static const struct {
	const char *regex, *with;
} masks[] = {
	{ "0x[0-9a-f]{32}", "0xCOOKIES" },
	{ "0x[0-9a-f]{4}\\*{4}", "0xSPI****" },
	{ "spi=[0-9]+\\(0x[0-9a-f]{8}\\)", "spi=N(0xSPI)" },
	{ "0x[1-9a-f][0-9a-f]{7}", "0xSPI" },
	{ "0x0[0-9a-f]{0,6}[1-9a-f][0-9a-f]{0,6}", "0xSPI" },
	{ "[0-9a-f]{16}", "COOKIE" },
	{ "rekey in [0-9a-z]+", "rekey in T" },
	{ "\"rekey_in\":[0-9]+", "\"rekey_in\":T" },
	{ "\"soft_time\":[0-9]+", "\"soft_time\":T" },
	{ "soft: [0-9]{4,}", "soft: T" },
	{ "\"(due_in|due_at)\":[0-9]+", "\"due\":T" },
	{ "ringtail [^ ]+ ", "ringtail VERSION " },
	{ "Z\",\"version\":\"[^\"]*\",\"started\"", "Z\",\"version\":\"VERSION\",\"started\"" },
	{ "^(datagrams (in|out)|retransmissions|events|stale events|audits) +[0-9]+ ", "N " },
	{ "\"events\":[0-9]+,\"stale_events\":[0-9]+", "\"events\":N" },
	{ "^audits: [0-9]+", "audits: N" },
	{ "\"audits\":[0-9]+", "\"audits\":N" },
	{ "datagrams: [0-9]+ in, [0-9]+ out, [0-9]+ again", "datagrams: N in, N out, N again" },
	{ "\"datagrams_in\":[0-9]+,\"datagrams_out\":[0-9]+,\"retransmissions\":[0-9]+",
	    "\"datagrams\":N" },
	{ "^[0-9]+ +[0-9]+ +[0-9]+ +2", "INDEX TICK XTIME 2" },
	{ "^[0-9]+h[0-9]+m  ike-sa", "T  ike-sa" },
};

/* Every match of |re| in |in| replaced. */
static void
mask(const char *re, const char *with, struct buf *text)
{
	struct buf out = { 0 };
	regmatch_t m;
	regex_t r;

	ck_assert_int_eq(regcomp(&r, re, REG_EXTENDED | REG_NEWLINE), 0);
	put(text, "");
	ck_assert_int_eq(buf_append(text, slice_of("", 1)), IKE_OK);
	const char *p = (const char *)text->p;
	bool at_start = true;
	while (regexec(&r, p, 1, &m, at_start ? 0 : REG_NOTBOL) == 0) {
		ck_assert_int_gt(m.rm_eo, m.rm_so);
		ck_assert_int_eq(buf_append(&out, slice_of(p, (size_t)m.rm_so)), IKE_OK);
		put(&out, with);
		p += m.rm_eo;
		at_start = p[-1] == '\n';
	}
	put(&out, p);
	regfree(&r);
	buf_move(text, &out);
}

/* --- what happens --- */

/* Policies towards 30 hosts that are not there. */
static void
many_policies(struct node *n)
{
	struct kern *k = simkern_other(n->kern);
	struct sp_spec sp = { .id = { .dir = SP_OUT }, .action = SP_IPSEC, .priority = SP_PRIO_DEF, .ntmpl = 1 };

	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_REQUIRE };
	ck_assert_int_eq(prefix_parse("192.0.2.1", &sp.id.sel.src), IKE_OK);
	for (unsigned i = 0; i < 30; i++) {
		char dst[40];
		struct text t = text_in(dst, sizeof(dst));
		text_addf(&t, "198.51.100.%u", i + 1);
		ck_assert_int_eq(prefix_parse(dst, &sp.id.sel.dst), IKE_OK);
		ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_OK);
	}
	world_run(n->w, 0);
}

static void
begin(struct story *s, const char *what)
{
	struct world_options o = { .seed = 42 };
	struct policy_options po = { 0 };
	const char *conf = strstr(what, "ikev2") != NULL   ? conf_v2
			   : strstr(what, "named") != NULL ? conf_named
							   : conf_v1;
	const char *conf_b = conf == conf_named ? conf_v1 : conf;

	s->w = world_new(&o);
	ck_assert_ptr_nonnull(s->w);
	if (strstr(what, "owned") != NULL) {
		world_put(s->w, "/etc/a.setkey", owned_policies);
		conf = conf_owned;
		conf_b = conf_v2;
	}
	s->a = world_node(s->w, "a", "192.0.2.1", conf, psk);
	ck_assert_ptr_nonnull(s->a);
	s->b = world_node(
	    s->w, "b", "192.0.2.2", conf_b, strstr(what, "otherpsk") != NULL ? psk_other : psk);
	ck_assert_ptr_nonnull(s->b);
	if (strstr(what, "many") != NULL)
		many_policies(s->a);
	if (strstr(what, "owned") != NULL)
		world_protect_at(s->b, s->a, s->b, &po);
	else if (strstr(what, "nopolicy") == NULL)
		world_protect(s->a, s->b, &po);
}

/* Somebody flushes the SPD, or the SAD. */
static ike_err
flush(struct node *n, bool policies)
{
	struct kern *k = simkern_other(n->kern);
	ike_err err = policies ? k->ops->sp_flush(k) : k->ops->sa_flush(k, PROTO_NONE);

	world_run(n->w, 0);
	return err;
}

/* One packet from a to b. */
static void
send_one(struct story *s)
{
	node_send(s->a, s->b, 17, 1000, 2000);
	world_run(s->w, 0);
}

/* Somebody writes policies that let the port of ssh out and in without protection. */
static void
bypass_ssh(struct node *n)
{
	struct kern *k = simkern_other(n->kern);
	struct sp_spec sp = { .action = SP_NONE, .priority = SP_PRIO_DEF - 100 };

	sp.id = (struct sp_id){ .dir = SP_OUT, .sel = { .proto = 6, .dport = 22 } };
	ck_assert_int_eq(prefix_parse("0.0.0.0/0", &sp.id.sel.src), IKE_OK);
	sp.id.sel.dst = sp.id.sel.src;
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_OK);
	sp.id = (struct sp_id){ .dir = SP_IN, .sel = sa_selector_mirror(&sp.id.sel) };
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_OK);
	world_run(n->w, 0);
}

static void
foreign_sa(struct node *n, const char *src, const char *dst, uint32_t spi, enum sa_dir dir, uint32_t reqid)
{
	struct kern *k = simkern_other(n->kern);
	struct sa_spec s = { .id = { .proto = PROTO_ESP, .spi = spi }, .mode = MODE_TRANSPORT, .dir = (uint8_t)dir,
		.reqid = reqid, .encr = ENCR_AES_CBC, .encr_bits = 128, .integ = INTEG_HMAC_SHA256_128 };
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };

	ck_assert_int_eq(addr_parse(src, &s.src), IKE_OK);
	ck_assert_int_eq(addr_parse(dst, &s.id.dst), IKE_OK);
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_OK);
}

/* Somebody keys by hand: a pair, half a pair, and two that could be each other's twice. */
static void
foreign_sas(struct node *n)
{
	foreign_sa(n, "198.51.100.7", "192.0.2.1", 0x1001, SA_IN, 0);
	foreign_sa(n, "192.0.2.1", "198.51.100.7", 0x1002, SA_OUT, 0);
	foreign_sa(n, "192.0.2.1", "198.51.100.8", 0x1003, SA_OUT, 7);
	foreign_sa(n, "198.51.100.9", "192.0.2.1", 0x1004, SA_IN, 0);
	foreign_sa(n, "198.51.100.9", "192.0.2.1", 0x1005, SA_IN, 0);
	foreign_sa(n, "192.0.2.1", "198.51.100.9", 0x1006, SA_OUT, 0);
	world_run(n->w, 0);
}

/* Somebody deletes one half of a pair. */
static void
take_half(struct node *n, enum sa_dir dir)
{
	struct kern *k = simkern_other(n->kern);
	const struct sad_row *row;
	uint32_t it = 0;

	while ((row = sadb_next(n->daemon->sadb, &it)) != NULL)
		if (row->spec.dir == dir && row->want == SAD_WANT_INSTALLED && row->user != 0) {
			ck_assert_int_eq(k->ops->sa_delete(k, &row->spec.id, &row->spec.src), IKE_OK);
			world_run(n->w, 0);
			return;
		}
	ck_abort_msg("no half to take");
}

static void
happen(struct story *s, const char *what)
{
	if (strncmp(what, "world ", 6) == 0) {
		world_free(s->w);
		begin(s, what + 6);
	} else if (strncmp(what, "run ", 4) == 0)
		world_run(s->w, SEC(strtol(what + 4, NULL, 10)));
	else if (strcmp(what, "cut") == 0)
		node_cut(s->b, true);
	else if (strcmp(what, "join") == 0)
		node_cut(s->b, false);
	else if (strcmp(what, "packets") == 0)
		world_traffic(s->a, s->b, 10, MSEC(10));
	else if (strcmp(what, "flush spd") == 0)
		ck_assert_int_eq(flush(s->a, true), IKE_OK);
	else if (strcmp(what, "flush sad") == 0)
		ck_assert_int_eq(flush(s->a, false), IKE_OK);
	else if (strcmp(what, "kill a") == 0)
		node_stop(s->a, false);
	else if (strcmp(what, "start a") == 0)
		ck_assert_int_eq(node_start(s->a), IKE_OK);
	else if (strcmp(what, "reboot b") == 0) {
		node_power_off(s->b);
		ck_assert_int_eq(node_start(s->b), IKE_OK);
		world_protect_at(s->b, s->a, s->b, &(struct policy_options){ 0 });
	} else if (strcmp(what, "unmute") == 0)
		simkern_mute(s->a->kern, 0);
	else if (strncmp(what, "refuse ", 7) == 0)
		simkern_fail(s->a->kern, (unsigned)strtoul(what + 7, NULL, 10), ENOBUFS, false);
	else if (strcmp(what, "send") == 0)
		send_one(s);
	else if (strcmp(what, "mute") == 0)
		simkern_mute(s->a->kern, ~0u);
	else if (strcmp(what, "bypass ssh") == 0)
		bypass_ssh(s->a);
	else if (strcmp(what, "foreign sas") == 0)
		foreign_sas(s->a);
	else if (strcmp(what, "half in") == 0)
		take_half(s->a, SA_IN);
	else if (strcmp(what, "half out") == 0)
		take_half(s->a, SA_OUT);
	else
		ck_abort_msg("unknown happening: %s", what);
}

static void
racoonctl(struct story *s, char *line)
{
	char *argv[16], *save = NULL;
	struct job job;
	int argc = 0, status;

	for (char *w = strtok_r(line, " ", &save); w != NULL && argc < 15;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	if (racoonctl_job(argc, argv, &job) != 0) {
		put(&s->out, "[refused]\n");
		return;
	}
	job.view.pid = 825;
	ck_assert_int_eq(ctl_ask(s->a, &job, &status), IKE_OK);
	put(&s->out, (const char *)s->a->answer.p);
	put(&s->out, status == CTL_DONE ? "[exit 0]\n" : "[exit 1]\n");
}

static void
type(struct story *s, char *line)
{
	if (strncmp(line, "racoonctl ", 10) == 0)
		racoonctl(s, line);
	else
		put(&s->out, node_ctl(strncmp(line, "b: ", 3) == 0 ? s->b : s->a,
				 strncmp(line, "b: ", 3) == 0 ? line + 3 : line));
}

static void
play(struct story *s, const char *file)
{
	char *copy = malloc(strlen(file) + 1), *save = NULL;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, file, strlen(file) + 1);
	for (char *l = strtok_r(copy, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save)) {
		if (l[0] != '$' && l[0] != '%' && l[0] != '#')
			continue;
		put(&s->out, s->out.n > 0 && l[0] == '$' ? "\n" : "");
		put(&s->out, l);
		put(&s->out, "\n");
		if (l[0] == '%')
			happen(s, l + 2);
		else if (l[0] == '$')
			type(s, l + 2);
	}
	free(copy);
}

/* --- files --- */

static void
path_of(const char *name, char *buf, size_t cap)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");

	(void)snprintf(buf, cap, "%s/tests/unit/control/%s.txt", dir == NULL ? "." : dir, name);
}

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = { 0 };
	char chunk[4096];
	size_t n;

	ck_assert_msg(f != NULL, "%s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		ck_assert_int_eq(buf_append(&b, slice_of(chunk, n)), IKE_OK);
	(void)fclose(f);
	ck_assert_int_eq(buf_append(&b, slice_of("", 1)), IKE_OK);
	return (char *)b.p;
}

/* The first line that differs says more than two long texts. */
static void
compare(const char *name, const char *want, const char *got)
{
	unsigned line = 1;
	size_t i = 0, start = 0;

	for (; want[i] != '\0' && want[i] == got[i]; i++)
		if (want[i] == '\n') {
			line++;
			start = i + 1;
		}
	if (want[i] == got[i])
		return;
	ck_abort_msg("%s.txt:%u:\n  want: %.*s\n  got:  %.*s", name, line,
	    (int)strcspn(want + start, "\n"), want + start, (int)strcspn(got + start, "\n"),
	    got + start);
}

static void
story(const char *name)
{
	struct story s = { 0 };
	char path[512];

	path_of(name, path, sizeof(path));
	char *file = read_file(path);
	play(&s, file);
	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		mask(masks[i].regex, masks[i].with, &s.out);
	ck_assert_int_eq(buf_append(&s.out, slice_of("", 1)), IKE_OK);
	/* whatever was asked for: no secret is in any answer */
	ck_assert_ptr_null(strstr((const char *)s.out.p, SECRET));
	ck_assert_ptr_null(strstr((const char *)s.out.p, "s3cret"));
	if (update) {
		FILE *f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs((const char *)s.out.p, f), 0);
		ck_assert_int_eq(fclose(f), 0);
	} else {
		compare(name, file, (const char *)s.out.p);
	}
	free(file);
	buf_free(&s.out);
	world_free(s.w);
}

static const char *const stories[] = { "v1", "v2", "json", "peers", "failures", "racoonctl",
	"daemon", "flow", "sas", "resync", "since", "owned", "night", "night1", "restart", "adopted", "foreign", "many" };

START_TEST(transcript)
{
	story(stories[_i]);
}
END_TEST

/* --- events, connections --- */

static struct {
	unsigned answers, events, other;
	struct buf last;
} seen;

static void
count_message(void *arg, uint64_t client, struct slice msg)
{
	struct ctl_answer a;

	(void)arg;
	ck_assert_int_eq(ctl_get_answer(msg, &a), IKE_OK);
	if (client != 1) {
		seen.other++;
		return;
	}
	seen.answers += a.kind == CTL_M_ANSWER;
	seen.events += a.kind == CTL_M_EVENT;
	ck_assert_int_eq(buf_set(&seen.last, msg), IKE_OK);
}

static void
ask(struct node *n, uint64_t client, const char *name, const char *arg, unsigned options)
{
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str(name)), .options = options };
	struct buf msg = { 0 };

	if (arg != NULL)
		rq.args[rq.nargs++] = slice_str(arg);
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	daemon_control(n->daemon, client, buf_slice(&msg), n->w->now);
	buf_free(&msg);
}

static void
setup(struct story *s)
{
	begin(s, "ikev2");
	memset(&seen, 0, sizeof(seen));
	s->a->daemon->env.ctl_send = count_message;
}

static void
teardown(struct story *s)
{
	buf_free(&seen.last);
	world_free(s->w);
}

START_TEST(followers_get_every_event_once)
{
	struct story s = { 0 };

	setup(&s);
	ask(s.a, 1, "events", NULL, CTL_OPT_FOLLOW);
	ck_assert_uint_eq(seen.answers, 1);
	ck_assert_uint_eq(seen.events, 0);
	ask(s.a, 2, "events", "192.0.2.77", CTL_OPT_FOLLOW);
	ask(s.a, 3, "up", "192.0.2.2", CTL_OPT_NO_WAIT);
	world_run(s.w, SEC(2));
	ck_assert_uint_eq(seen.answers, 1);
	ck_assert_uint_eq(seen.events, s.a->daemon->events.last);
	ck_assert_uint_ge(seen.events, 3);
	/* answers only: nothing happens with that peer */
	ck_assert_uint_eq(seen.other, 2);
	unsigned before = seen.events;
	daemon_control_closed(s.a->daemon, 1, s.w->now);
	ask(s.a, 3, "down", "192.0.2.2", 0);
	world_run(s.w, SEC(2));
	ck_assert_uint_eq(seen.events, before);
	teardown(&s);
}
END_TEST

START_TEST(who_leaves_is_not_answered)
{
	struct story s = { 0 };

	setup(&s);
	ask(s.a, 1, "up", "192.0.2.2", 0);
	daemon_control_closed(s.a->daemon, 1, s.w->now);
	world_run(s.w, SEC(2));
	ck_assert_uint_eq(seen.answers, 0);
	ck_assert_uint_eq(node_pairs(s.a, s.b), 1);
	teardown(&s);
}
END_TEST

START_TEST(two_waits_on_one_connection_are_refused)
{
	struct story s = { 0 };
	struct ctl_answer a;

	setup(&s);
	ask(s.a, 1, "up", "192.0.2.2", 0);
	ask(s.a, 1, "up", "192.0.2.2", 0);
	ck_assert_uint_eq(seen.answers, 1);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&seen.last), &a), IKE_OK);
	ck_assert_int_eq(a.status, CTL_USAGE);
	world_run(s.w, SEC(2));
	ck_assert_uint_eq(seen.answers, 2);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&seen.last), &a), IKE_OK);
	ck_assert_int_eq(a.status, CTL_DONE);
	teardown(&s);
}
END_TEST

static void
expect_refused(struct story *s, struct slice msg)
{
	struct ctl_answer a;
	unsigned before = seen.answers;

	daemon_control(s->a->daemon, 1, msg, s->w->now);
	ck_assert_uint_eq(seen.answers, before + 1);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&seen.last), &a), IKE_OK);
	ck_assert_int_eq(a.status, CTL_USAGE);
	ck_assert(ctl_is(&a.error, "code", "E-REQUEST"));
}

START_TEST(damaged_requests_are_answered)
{
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str("show")), .nargs = 1 };
	struct buf msg = { 0 };
	struct story s = { 0 };
	struct ctl_put p;

	setup(&s);
	rq.args[0] = slice_str("192.0.2.2");
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	/* the options, none here, may be left out: 1 + 1 + 7 + 4 bytes */
	for (size_t n = 0; n < msg.n; n++)
		if (n != msg.n - 13)
			expect_refused(&s, slice_of(msg.p, n));
	msg.p[0] = CTL_VERSION + 1;
	expect_refused(&s, buf_slice(&msg));
	ctl_put_init(&p, CTL_M_REQUEST, 0);
	ctl_put_str(&p, "command", "config check");
	ctl_put_list(&p, "args");
	ctl_put_end(&p);
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_OK);
	expect_refused(&s, buf_slice(&msg));
	buf_free(&msg);
	teardown(&s);
}
END_TEST

/* Whatever stands where a flow, a peer or a time should: one answer each, and never a crash. */
static void
expect_answer(struct story *s, const char *name, const struct slice *args, unsigned n, struct slice since)
{
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str(name)), .nargs = n, .since = since,
		.options = since.p != NULL ? CTL_OPT_SINCE : 0 };
	struct buf msg = { 0 };
	struct ctl_answer a;
	unsigned before = seen.answers;

	for (unsigned i = 0; i < n; i++)
		rq.args[i] = args[i];
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	daemon_control(s->a->daemon, 1, buf_slice(&msg), s->w->now);
	ck_assert_uint_eq(seen.answers, before + 1);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&seen.last), &a), IKE_OK);
	ck_assert_msg(a.status == CTL_USAGE || a.status == CTL_NOT_FOUND, "%s %.*s: status %d", name, n > 0 ? (int)args[0].n : 0,
	    n > 0 ? (const char *)args[0].p : "", (int)a.status);
	buf_free(&msg);
}

START_TEST(nasty_words)
{
	static char lots[5000];
	const struct slice words[] = { slice_of("", 0), slice_str(" "), slice_str("[]"), slice_str("["), slice_str("]"),
		slice_str("192.0.2.1["), slice_str("192.0.2.1[65536]"), slice_str("192.0.2.1[-1]"), slice_str("192.0.2.1[1]x"),
		slice_str("192.0.2.999"), slice_str("::1::1"), slice_of("a\0b", 3), slice_of("\xff\xfe", 2), slice_str("%s%n%s%n"),
		slice_str("192.0.2.2 192.0.2.1 tcp/1 tcp/2"), slice_str("192.0.2.2 tcp/99999999999999999999"),
		slice_str("192.0.2.2 icmp/8/256"), slice_str("192.0.2.2 icmp//"), slice_str("192.0.2.2 tcp/"), slice_str("192.0.2.2 192.0.2.1 256"),
		slice_str("192.0.2.2 192.0.2.1 /"), slice_str("192.0.2.2 192.0.2.1 any/5"), slice_str("192.0.2.1 ::1 tcp"),
		slice_of(lots, sizeof(lots)) };
	struct story s = { 0 };

	setup(&s);
	memset(lots, '1', sizeof(lots));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		expect_answer(&s, "policies", &words[i], 1, slice_of(NULL, 0));
		const struct slice two[] = { slice_str("192.0.2.1"), words[i], words[i] };
		expect_answer(&s, "policies", two, 3, slice_of(NULL, 0));
		if (words[i].n > 0) {
			expect_answer(&s, "show", &words[i], 1, slice_of(NULL, 0));
			expect_answer(&s, "sas", &words[i], 1, slice_of(NULL, 0));
		}
		expect_answer(&s, "events", NULL, 0, words[i].p == NULL ? slice_str("x") : words[i]);
	}
	expect_answer(&s, "events", NULL, 0, slice_str("99999999999999999999999"));
	teardown(&s);
}
END_TEST

/* --- configuration --- */

START_TEST(reload_takes_effect)
{
	struct story s = { 0 };

	begin(&s, "ikev2");
	s.a->conf_text = conf_named;
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config diff"), "added: remote \"gw-b\""));
	ck_assert_str_eq(
	    node_ctl(s.a, "config reload"), "the configuration was read again and is in use\n");
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config show"), "\"gw-b\""));
	ck_assert_str_eq(node_ctl(s.a, "config diff"), "no difference\n");
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config confirm"), "E-STATE"));
	ck_assert_str_eq(node_ctl(s.a, "config undo"), "the former configuration is in use again\n");
	ck_assert_ptr_null(strstr(node_ctl(s.a, "config show"), "\"gw-b\""));
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config undo"), "E-STATE"));
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config reload --confirm=x"), "E-TIME"));
	ck_assert_str_eq(node_ctl(s.a, "config reload --confirm=1m"),
	    "the configuration was read again and is in use\n"
	    "it will be undone in 60 s unless `ikectl config confirm` comes\n");
	ck_assert_str_eq(node_ctl(s.a, "config confirm"), "the configuration is confirmed\n");
	s.a->conf_text = "remote 192.0.2.2 { nonsense; }\n";
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config reload"), "test.conf:1:20: "));
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config diff"), "test.conf:1:20: "));
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "config show"), "\"gw-b\""));
	world_free(s.w);
}
END_TEST

static unsigned stopped;

static void
stop(void *arg)
{
	(void)arg;
	stopped++;
}

START_TEST(shutdown_answers_then_stops)
{
	struct story s = { 0 };

	begin(&s, "ikev2");
	s.a->daemon->env.stop = stop;
	stopped = 0;
	(void)node_ctl(s.a, "up 192.0.2.2");
	ck_assert_str_eq(node_ctl(s.a, "shutdown --close"), "our SAs are deleted, the daemon ends\n");
	ck_assert_uint_eq(stopped, 1);
	ck_assert_uint_eq(node_pairs(s.a, s.b), 0);
	world_run(s.w, SEC(3));
	ck_assert_uint_eq(node_pairs(s.b, s.a), 0);
	world_free(s.w);
}
END_TEST

START_TEST(shutdown_keeps_as_configured)
{
	struct story s = { 0 };

	begin(&s, "ikev2");
	s.a->daemon->env.stop = stop;
	stopped = 0;
	(void)node_ctl(s.a, "up 192.0.2.2");
	ck_assert_ptr_nonnull(strstr(node_ctl(s.a, "shutdown --close --keep-sas"), "not both"));
	ck_assert_uint_eq(stopped, 0);
	ck_assert_str_eq(node_ctl(s.a, _i == 0 ? "shutdown" : "shutdown --keep-sas"),
	    "our SAs and policies stay in the kernel, the daemon ends\n");
	ck_assert_uint_eq(stopped, 1);
	world_run(s.w, SEC(3));
	ck_assert_uint_eq(node_pairs(s.a, s.b), 1);
	ck_assert_uint_eq(node_pairs(s.b, s.a), 1);
	world_free(s.w);
}
END_TEST

/* --- problems --- */

static void
has(struct node *n, const char *command, const char *text)
{
	const char *got = node_ctl(n, command);

	ck_assert_msg(strstr(got, text) != NULL, "%s: no `%s` in:\n%s", command, text, got);
}

START_TEST(brake_is_a_problem_until_opened)
{
	struct story s = { 0 };

	begin(&s, "ikev2");
	ck_assert_ptr_null(strstr(node_ctl(s.a, "status"), "PROBLEM"));
	s.a->daemon->live.brake.held = 4;
	s.a->daemon->live.brake.held_since = s.a->daemon->now;
	has(s.a, "status",
	    "PROBLEM [brake]: 4 IKE SAs of peers that do not answer are kept: more peers seem dead at once than is believable, since");
	has(s.a, "status --json", "\"problems\":[{\"code\":\"brake\"");
	has(s.a, "brake open", "4 IKE SAs were kept; who does not answer is given up at once for 1m00s");
	ck_assert_ptr_null(strstr(node_ctl(s.a, "status"), "PROBLEM"));
	s.a->daemon->live.brake.held = 0;
	world_free(s.w);
}
END_TEST

START_TEST(a_reload_on_trial_is_told)
{
	struct story s = { 0 };

	begin(&s, "ikev2");
	s.a->daemon->reload.confirm_by = s.a->daemon->now + SEC(90);
	has(s.a, "status", "PROBLEM [unconfirmed]: the configuration was reloaded on trial and will be undone in 1m30s");
	s.a->daemon->reload.confirm_by = 0;
	ck_assert_ptr_null(strstr(node_ctl(s.a, "status"), "PROBLEM"));
	world_free(s.w);
}
END_TEST

START_TEST(missing_policies_are_a_problem)
{
	struct story s = { 0 };
	struct kern *k;
	struct sp_id id = { .dir = SP_OUT };

	begin(&s, "owned ikev2");
	k = simkern_other(s.a->kern);
	ck_assert_int_eq(prefix_parse("192.0.2.1", &id.sel.src), IKE_OK);
	ck_assert_int_eq(prefix_parse("192.0.2.2", &id.sel.dst), IKE_OK);
	ck_assert_int_eq(k->ops->sp_delete(k, &id), IKE_OK);
	/* the kernel refuses to take it back */
	simkern_fail(s.a->kern, 1, ENOBUFS, false);
	world_run(s.w, 0);
	has(s.a, "status", "PROBLEM [policy-missing]: 1 of our policies is not in the kernel");
	has(s.a, "policies", "ours, /etc/a.setkey:2, MISSING in the kernel");
	has(s.a, "policies 192.0.2.2 udp", "is missing from the kernel: not in force until it is put back");
	has(s.a, "policies 192.0.2.2 udp", "out  192.0.2.1 -> 192.0.2.2 udp: no policy: it leaves in clear");
	has(s.a, "policies 192.0.2.2 udp", "answer: not as it should be: a policy of ours for this flow is missing from the kernel");
	has(s.a, "resync", "SAs: 0 ours");
	ck_assert_ptr_null(strstr(node_ctl(s.a, "status"), "PROBLEM"));
	world_free(s.w);
}
END_TEST

/* What is refused to an audit is told as partly done. */
START_TEST(resync_that_cannot_heal)
{
	struct story s = { 0 };
	struct job job = { .rq = { .cmd = ctl_command_find(slice_str("resync")) }, .fn = view_resync, .view = { .host = "a" } };
	struct kern *k;
	int status;

	begin(&s, "owned ikev2");
	k = simkern_other(s.a->kern);
	simkern_mute(s.a->kern, ~0u);
	ck_assert_int_eq(k->ops->sp_flush(k), IKE_OK);
	/* the dump works, the first repair does not */
	simkern_fail(s.a->kern, 2, ENOBUFS, false);
	ck_assert_int_eq(ctl_ask(s.a, &job, &status), IKE_OK);
	ck_assert_int_eq(status, CTL_PARTLY);
	ck_assert_msg(strstr((const char *)s.a->answer.p, "error[E-") != NULL, "%s", (const char *)s.a->answer.p);
	/* a kernel that cannot be read at all */
	world_run(s.w, SEC(5));
	simkern_fail(s.a->kern, 1, ENOBUFS, false);
	ck_assert_int_eq(ctl_ask(s.a, &job, &status), IKE_OK);
	ck_assert(status == CTL_PARTLY || status == CTL_KERNEL);
	has(s.a, "status", "PROBLEM [kernel-unread]");
	world_run(s.w, SEC(5));
	ck_assert_ptr_null(strstr(node_ctl(s.a, "status"), "kernel-unread"));
	ck_assert_int_eq(ctl_ask(s.a, &job, &status), IKE_OK);
	ck_assert_int_eq(status, CTL_DONE);
	world_free(s.w);
}
END_TEST

/* --- memory --- */

static unsigned got;

static void
count_only(void *arg, uint64_t client, struct slice msg)
{
	(void)arg;
	(void)client;
	got += msg.n > 0;
}

static const struct {
	const char *command, *arg;
	unsigned options;
} tried[] = {
	{ "status", NULL, 0 },
	{ "show", "192.0.2.2", 0 },
	{ "ikes", NULL, 0 },
	{ "sas", NULL, 0 },
	{ "sas", "192.0.2.2", CTL_OPT_EACH },
	{ "policies", NULL, 0 },
	{ "policies", "192.0.2.2 tcp/22", 0 },
	{ "counters", NULL, 0 },
	{ "resync", NULL, 0 },
	{ "events", NULL, CTL_OPT_FOLLOW },
	{ "timers", NULL, 0 },
	{ "config show", NULL, 0 },
	{ "config reload", NULL, 0 },
};

/* Each answer comes, or an error comes in its place; only without memory even for that, nothing comes. */
START_TEST(failing_allocations)
{
	struct story s = { 0 };
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str(tried[_i].command)),
		.options = tried[_i].options };
	struct buf msg = { 0 };

	begin(&s, "ikev2");
	(void)node_ctl(s.a, "up 192.0.2.2");
	s.a->daemon->env.ctl_send = count_only;
	if (tried[_i].arg != NULL)
		rq.args[rq.nargs++] = slice_str(tried[_i].arg);
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	daemon_control(s.a->daemon, 9, buf_slice(&msg), s.w->now);
	daemon_control_closed(s.a->daemon, 9, s.w->now);
	FAIL_EACH_ALLOC({
		got = 0;
		daemon_control(s.a->daemon, 9, buf_slice(&msg), s.w->now);
		daemon_control_closed(s.a->daemon, 9, s.w->now);
		ck_assert_uint_eq(got, 1);
	});
	buf_free(&msg);
	world_free(s.w);
}
END_TEST

/* Printing what was answered: all of it, or an error. */
START_TEST(printing_without_memory)
{
	static const enum view_format formats[] = { VIEW_TEXT, VIEW_JSON, VIEW_PLAIN };
	const struct ctl_command *cmd = ctl_command_find(slice_str(tried[_i].command));
	struct view v = { .host = "a" };
	struct story s = { 0 };
	struct ctl_answer a;

	begin(&s, "ikev1");
	(void)node_ctl(s.a, "up 192.0.2.2");
	memset(&seen, 0, sizeof(seen));
	s.a->daemon->env.ctl_send = count_message;
	ask(s.a, 1, tried[_i].command, tried[_i].arg, tried[_i].options);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&seen.last), &a), IKE_OK);
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++)
		FAIL_EACH_ALLOC({
			struct buf out = { 0 };
			ike_err err = view_print(&a, formats[f], view_of(cmd), &v, &out);
			ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
			ck_assert(err != IKE_OK || out.n > 0);
			buf_free(&out);
		});
	teardown(&s);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("control");
	TCase *t = tcase_create("control");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, transcript, 0, (int)(sizeof(stories) / sizeof(stories[0])));
	tcase_add_test(t, followers_get_every_event_once);
	tcase_add_test(t, who_leaves_is_not_answered);
	tcase_add_test(t, two_waits_on_one_connection_are_refused);
	tcase_add_test(t, damaged_requests_are_answered);
	tcase_add_test(t, brake_is_a_problem_until_opened);
	tcase_add_test(t, a_reload_on_trial_is_told);
	tcase_add_test(t, missing_policies_are_a_problem);
	tcase_add_test(t, resync_that_cannot_heal);
	tcase_add_test(t, nasty_words);
	tcase_add_test(t, reload_takes_effect);
	tcase_add_test(t, shutdown_answers_then_stops);
	tcase_add_loop_test(t, shutdown_keeps_as_configured, 0, 2);
	tcase_add_loop_test(t, failing_allocations, 0, (int)(sizeof(tried) / sizeof(tried[0])));
	tcase_add_loop_test(t, printing_without_memory, 0, (int)(sizeof(tried) / sizeof(tried[0])));
	suite_add_tcase(s, t);
	return s;
}

int
main(int argc, char **argv)
{
	SRunner *r = srunner_create(suite());

	update = argc > 1 && strcmp(argv[1], "-u") == 0;
	(void)setenv("TZ", "UTC", 1);
	tzset();
	srunner_set_fork_status(r, update ? CK_NOFORK : CK_FORK);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
