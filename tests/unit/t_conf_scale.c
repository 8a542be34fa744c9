/* SPDX-License-Identifier: BSD-3-Clause */
/* 10,000 peers: each with its section and its sainfo, each inheriting, each found again. */
#include "conf/reader.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEERS 10000

static void
add_peer(struct buf *b, unsigned i)
{
	char line[400];
	int n = snprintf(line, sizeof(line),
	    "remote \"p%u\" inherit \"%s\" { remote_address 10.1.%u.%u; peers_identifier fqdn "
	    "\"p%u\"; verify_identifier on; }\n"
	    "sainfo address 10.0.0.1 any address 10.2.%u.%u any from fqdn \"p%u\" { pfs_group "
	    "x25519; }\n",
	    i, i == 0 ? "base" : "p0", i / 250, i % 250 + 1, i, i / 250, i % 250 + 1, i);

	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(buf_append(b, slice_of(line, (size_t)n)), IKE_OK);
}

static struct addr
peer_addr(unsigned net, unsigned i)
{
	char s[40];
	struct addr a;

	snprintf(s, sizeof(s), "10.%u.%u.%u", net, i / 250, i % 250 + 1);
	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static void
check_peer(const struct conf *c, unsigned i)
{
	char name[20];
	struct conf_query q = { .peer = { peer_addr(1, i), 500 } };
	const struct conf_remote *r;
	struct prefix here = { .len = 32 }, there = { peer_addr(2, i), 32 };
	struct ident id;
	bool unique;

	snprintf(name, sizeof(name), "p%u", i);
	ck_assert_int_eq(conf_remote_best(c, &q, &r, &unique), IKE_OK);
	ck_assert(unique);
	ck_assert_str_eq(r->name, name);
	ck_assert_ptr_eq(conf_remote_by_name(c, name), r);
	ck_assert_uint_eq(r->dpd_delay, SEC(7));
	ck_assert_int_eq(addr_parse("10.0.0.1", &here.addr), IKE_OK);
	ck_assert_int_eq(ident_parse("fqdn", name, &id), IKE_OK);
	struct ts a = ts_of_prefix(&here, 0, 0), b = ts_of_prefix(&there, 0, 0);
	struct conf_sainfo_query sq = { .local.ts = &a, .remote.ts = &b, .peer = &id };
	const struct conf_sainfo *s = conf_sainfo_find(c, &sq);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->line, 2 * i + 3);
	sq.peer = NULL;
	ck_assert_ptr_null(conf_sainfo_find(c, &sq));
}

START_TEST(ten_thousand_peers)
{
	struct buf text = { 0 };
	struct test_reader t = { .mem_name = "big" };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *c = NULL;

	ck_assert_int_eq(
	    buf_append(&text, slice_str("remote \"base\" { dpd_delay 7; }\n")), IKE_OK);
	for (unsigned i = 0; i < PEERS; i++)
		add_peer(&text, i);
	t.mem = buf_slice(&text);
	ck_assert_int_eq(conf_parse(&r, "big", &d, &c), IKE_OK);
	ck_assert_uint_eq(d.warnings, 0);
	ck_assert_uint_eq(c->n_remotes, PEERS + 1);
	ck_assert_uint_eq(c->n_sainfos, PEERS);
	for (unsigned i = 0; i < PEERS; i++)
		check_peer(c, i);
	/* A peer must not cost much memory: the section, its identity, its proposals, its sainfo. */
	ck_assert_uint_lt(c->mem.used / PEERS, 6000);
	conf_unref(c);
	conf_diags_free(&d);
	buf_free(&text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf scale");
	TCase *tc = tcase_create("scale");

	tcase_add_test(tc, ten_thousand_peers);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
