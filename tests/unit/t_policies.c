/* SPDX-License-Identifier: BSD-3-Clause */
/* Which reqids the templates of policy files get, and what is known of them afterwards. */
#include "conf/conf.h"
#include "sadb/sadb.h"
#include "sim/world.h"
#include "util/text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONF "policy_file \"/p\";\n"
#define OUT  "spdadd 10.1.0.0/16 10.2.0.0/16 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/"
#define IN   "spdadd 10.2.0.0/16 10.1.0.0/16 any -P in ipsec esp/tunnel/192.0.2.2-192.0.2.1/"

static struct world *w;
static struct node *n;

static void
begin(const char *policies)
{
	struct world_options o = { .seed = 7, .no_pcap = true };

	w = world_new(&o);
	world_put(w, "/p", policies);
	n = world_node(w, "a", "192.0.2.1", CONF, "");
	ck_assert_ptr_nonnull(n);
}

static void
end(void)
{
	world_free(w);
}

static void
add_row(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	char line[400];
	struct text t = text_in(line, sizeof(line));

	(void)sa;
	(void)usage;
	if (sp == NULL)
		return;
	text_addf(&t, "%s %s", sp->id.dir == SP_OUT ? "out" : sp->id.dir == SP_IN ? "in" : "fwd",
	    sp->id.sel.proto == 6 ? "tcp" : "any");
	for (unsigned i = 0; i < sp->ntmpl; i++) {
		uint32_t r = sp->tmpl[i].reqid;
		if (r == SADB_REQID_FIRST)
			text_add(&t, " shared");
		else if (sadb_reqid_is_ours(r))
			text_add(&t, " own");
		else
			text_addf(&t, " %u", r);
	}
	text_char(&t, '\n');
	ck_assert_int_eq(buf_append(arg, slice_str(line)), IKE_OK);
}

/* The kernel's policies in short: the reqids must read |want|. */
static void
kernel_has(const char *want)
{
	struct kern *k = simkern_other(n->kern);
	struct buf out = { 0 };

	ck_assert_int_eq(k->ops->dump(k, KERN_DUMP_SP, add_row, &out), IKE_OK);
	ck_assert_int_eq(buf_append(&out, slice_of("", 1)), IKE_OK);
	ck_assert_str_eq((const char *)out.p, want);
	buf_free(&out);
}

static uint32_t
reqid_of(enum sp_dir dir)
{
	const struct spd_row *row;
	uint32_t it = 0;

	while ((row = sadb_policy_next(n->daemon->sadb, &it)) != NULL)
		if (row->sp.dir == dir && row->sp.sel.proto == 0 && row->ntmpl > 0)
			return row->tmpl[0].reqid;
	return 0;
}

static void
reload(const char *policies)
{
	world_put(w, "/p", policies);
	ck_assert_int_eq(daemon_hup(n->daemon, w->now), IKE_OK);
	world_run(w, SEC(2));
}

START_TEST(shared)
{
	begin(OUT "require;" IN "require;" "spdadd 10.1.0.1 10.3.0.1 tcp -P out ipsec esp/transport//use ah/transport//require;");
	kernel_has("out any shared\nin any shared\nfwd any shared\nout tcp shared shared\n");
	end();
}
END_TEST

START_TEST(given_ones_are_kept)
{
	begin(OUT "unique:77;" IN "unique:78;");
	kernel_has("out any 77\nin any 78\nfwd any 78\n");
	end();
}
END_TEST

START_TEST(a_unique_pair_has_one_number_and_keeps_it)
{
	uint32_t was;

	begin(IN "unique;" OUT "unique;");
	kernel_has("in any own\nfwd any own\nout any own\n");
	was = reqid_of(SP_OUT);
	ck_assert_uint_eq(reqid_of(SP_IN), was);
	ck_assert_uint_eq(reqid_of(SP_FWD), was);
	/* another order, and more of them */
	reload("spdadd 10.1.0.1 10.3.0.1 tcp -P out ipsec esp/transport//unique;" OUT "unique;" IN "unique;");
	ck_assert_uint_eq(reqid_of(SP_OUT), was);
	/* another process, and another machine */
	node_stop(n, false);
	ck_assert_int_eq(node_start(n), IKE_OK);
	ck_assert_uint_eq(reqid_of(SP_OUT), was);
	end();
	begin(IN "unique;" OUT "unique;");
	ck_assert_uint_eq(reqid_of(SP_OUT), was);
	end();
}
END_TEST

START_TEST(thousands_of_unique_ones_differ)
{
	static char text[3000 * 90];
	static uint32_t seen[3000];
	struct text t = text_in(text, sizeof(text));
	const struct spd_row *row;
	uint32_t it = 0;
	unsigned k = 0;

	for (unsigned i = 0; i < 3000; i++)
		text_addf(&t, "spdadd 10.1.0.1 10.3.%u.%u any -P out ipsec esp/transport//unique;\n", i / 250, i % 250 + 1);
	begin(text);
	while ((row = sadb_policy_next(n->daemon->sadb, &it)) != NULL)
		seen[k++] = row->tmpl[0].reqid;
	ck_assert_uint_eq(k, 3000);
	unsigned same = 0;
	for (unsigned i = 0; i < k; i++)
		for (unsigned j = 0; j < i; j++)
			same += seen[i] == seen[j];
	ck_assert_uint_eq(same, 0);
	end();
}
END_TEST

/* What comes in by a wider policy has the number of the outbound one: that policy must take any. */
START_TEST(inbound_ones_take_any_where_numbers_are_mixed)
{
	begin("spdadd 10.1.0.0/24 10.2.0.0/24 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/unique:5;" IN "require;");
	kernel_has("out any 5\nin any 0\nfwd any 0\n");
	end();
}
END_TEST

/* SAs that live by a policy of setkey's with reqid 0 keep it; when they are gone, the next change gives it a number. */
START_TEST(reqids_in_use_are_kept)
{
	struct sa_spec sa = { .id = { .proto = PROTO_ESP, .spi = 0x1234 }, .mode = MODE_TUNNEL, .encr = ENCR_AES_CBC,
		.encr_bits = 128, .integ = INTEG_HMAC_SHA256_128 };
	struct sa_keys keys = { .encr_len = 16, .integ_len = 32 };
	struct sp_spec sp = { .id = { .dir = SP_OUT }, .priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1 };

	begin("spdadd 10.9.0.1 10.9.0.2 tcp -P out none;");
	struct kern *k = simkern_other(n->kern);
	ck_assert_int_eq(addr_parse("192.0.2.1", &sa.src), IKE_OK);
	ck_assert_int_eq(addr_parse("192.0.2.2", &sa.id.dst), IKE_OK);
	ck_assert_int_eq(prefix_parse("10.1.0.0/16", &sp.id.sel.src), IKE_OK);
	ck_assert_int_eq(prefix_parse("10.2.0.0/16", &sp.id.sel.dst), IKE_OK);
	sp.tmpl[0] = (struct sp_tmpl){ .proto = PROTO_ESP, .mode = MODE_TUNNEL, .level = SP_REQUIRE, .src = sa.src, .dst = sa.id.dst };
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_OK);
	ck_assert_int_eq(k->ops->sa_install(k, &sa, &keys, false), IKE_OK);
	world_run(w, SEC(1));
	reload(OUT "require;" IN "require;");
	kernel_has("out any 0\nin any shared\nfwd any shared\n");
	/* known as ours all the same */
	node_stop(n, false);
	ck_assert_int_eq(node_start(n), IKE_OK);
	struct sadb_counts c;
	sadb_count(n->daemon->sadb, &c);
	ck_assert_uint_eq(c.sp_ours, 3);
	ck_assert_int_eq(k->ops->sa_delete(k, &sa.id, &sa.src), IKE_OK);
	world_run(w, SEC(1));
	reload(OUT "require; " IN "require;");
	kernel_has("out any shared\nin any shared\nfwd any shared\n");
	end();
}
END_TEST

/* One of ours is taken out of the record by being removed: the same one of somebody else is not ours. */
START_TEST(what_was_removed_is_not_ours)
{
	struct sp_spec sp;
	struct sadb_counts c;

	begin("spdadd 10.9.0.1 10.9.0.2 tcp -P out none;" OUT "require;");
	const struct conf_policy *p = n->daemon->conf->policies[0];
	sp = p->spec;
	reload(OUT "require;");
	struct kern *k = simkern_other(n->kern);
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_OK);
	world_run(w, SEC(5));
	node_stop(n, false);
	ck_assert_int_eq(node_start(n), IKE_OK);
	world_run(w, SEC(5));
	sadb_count(n->daemon->sadb, &c);
	ck_assert_uint_eq(c.sp_ours, 1);
	ck_assert_uint_eq(c.sp_foreign, 1);
	/* the end, with everything taken out: the records are empty */
	node_stop(n, true);
	end();
}
END_TEST

START_TEST(digest_is_of_what_the_kernel_tells)
{
	struct sp_spec a = { .id = { .dir = SP_OUT }, .priority = 5, .action = SP_IPSEC, .ntmpl = 1,
		.tmpl = { { .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_UNIQUE, .reqid = 7 } } };
	struct sp_spec b = a;

	b.tmpl[0].level = SP_REQUIRE;
	b.index = 77;
	b.add_time = 1;
	ck_assert_uint_eq(policy_digest(&a), policy_digest(&b));
	b.tmpl[0].level = SP_USE;
	ck_assert_uint_ne(policy_digest(&a), policy_digest(&b));
	b = a;
	b.tmpl[0].reqid = 8;
	ck_assert_uint_ne(policy_digest(&a), policy_digest(&b));
	b = a;
	b.priority = 6;
	ck_assert_uint_ne(policy_digest(&a), policy_digest(&b));
	b = a;
	b.id.sel.dport_set = true;
	ck_assert_uint_ne(policy_digest(&a), policy_digest(&b));
}
END_TEST

/* Damaged records say nothing wrong. */
START_TEST(damaged_records)
{
	static const char *const texts[] = { "", "\n", "x", "0123456789abcdef", "0123456789abcdef \n", "0123456789ABCDEF x\n",
		"0123456789abcde x\n0123456789abcdef y\n0123" };

	begin(OUT "require;");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct env *e = &n->daemon->env;
		ck_assert_int_eq(e->file_store(e->arg, "run/policies", slice_str(texts[i])), IKE_OK);
		node_stop(n, false);
		ck_assert_int_eq(node_start(n), IKE_OK);
		world_run(w, SEC(3));
		kernel_has("out any shared\n");
	}
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("policies");
	TCase *t = tcase_create("policies");

	tcase_add_test(t, shared);
	tcase_add_test(t, given_ones_are_kept);
	tcase_add_test(t, a_unique_pair_has_one_number_and_keeps_it);
	tcase_add_test(t, thousands_of_unique_ones_differ);
	tcase_add_test(t, inbound_ones_take_any_where_numbers_are_mixed);
	tcase_add_test(t, reqids_in_use_are_kept);
	tcase_add_test(t, what_was_removed_is_not_ours);
	tcase_add_test(t, digest_is_of_what_the_kernel_tells);
	tcase_add_test(t, damaged_records);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
