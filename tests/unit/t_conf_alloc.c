/* SPDX-License-Identifier: BSD-3-Clause */
/* Every allocation of a parse fails once: the parse says so, and nothing leaks. */
#include "conf/reader.h"
#include "unit/fail_alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char root[512];

/* Parse |name| below tests/conf and print what came of it. */
static ike_err
whole(const char *name)
{
	struct test_reader t = { .root = root };
	struct conf_reader r = test_reader(&t);
	struct conf_diags d = { 0 };
	struct conf *c = NULL;
	struct buf out = { 0 };
	ike_err err = conf_parse(&r, name, &d, &c);

	for (size_t i = 0; err == IKE_OK && i < d.n; i++)
		err = conf_diag_print(&d.v[i], &out);
	if (err == IKE_OK)
		err = conf_print(c, CONF_PRINT_SECRETS, &out);
	conf_unref(c);
	conf_diags_free(&d);
	buf_free(&out);
	return err;
}

static void
each_fails(const char *name, ike_err otherwise)
{
	FAIL_EACH_ALLOC({
		ike_err err = whole(name);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : otherwise);
	});
}

START_TEST(accepted_file)
{
	each_fails("accepted/remote_all.conf", IKE_OK);
	each_fails("accepted/identifiers.conf", IKE_OK);
	each_fails("accepted/sainfo_headers.conf", IKE_OK);
	each_fails("accepted/mode_cfg.conf", IKE_OK);
	each_fails("accepted/inherit_anonymous.conf", IKE_OK);
	each_fails("accepted/include.conf", IKE_OK);
	each_fails("accepted/radiuscfg.conf", IKE_OK);
	each_fails("accepted/lenient_glued.conf", IKE_OK);
	each_fails("accepted/listen.conf", IKE_OK);
	each_fails("accepted/policy_file.conf", IKE_OK);
}
END_TEST

START_TEST(rejected_file)
{
	each_fails("rejected/unknown_words.conf", IKE_E_SYNTAX);
	each_fails("rejected/unknown_values.conf", IKE_E_SYNTAX);
	each_fails("rejected/headers.conf", IKE_E_SYNTAX);
	each_fails("rejected/identifiers.conf", IKE_E_SYNTAX);
	each_fails("rejected/missing_semicolon.conf", IKE_E_SYNTAX);
	each_fails("rejected/include_broken.conf", IKE_E_SYNTAX);
	each_fails("rejected/policy_file.conf", IKE_E_SYNTAX);
}
END_TEST

START_TEST(large_file)
{
	struct buf text = { 0 };
	char line[400];
	struct test_reader t = { .mem_name = "big" };
	struct conf_reader r = test_reader(&t);

	for (int i = 0; i < 60; i++) {
		snprintf(line, sizeof(line),
		    "remote 192.0.2.%d { exchange_mode main; my_identifier fqdn \"h%d\"; dpd_delay "
		    "10;\n"
		    "proposal { encryption_algorithm aes 256; hash_algorithm sha1; dh_group 14; } "
		    "}\n"
		    "sainfo address 10.0.0.%d any anonymous { pfs_group 14; }\n",
		    i, i, i);
		ck_assert_int_eq(buf_append(&text, slice_str(line)), IKE_OK);
	}
	t.mem = buf_slice(&text);
	FAIL_EACH_ALLOC({
		struct conf_diags d = { 0 };
		struct conf *c = NULL;
		ike_err err = conf_parse(&r, "big", &d, &c);
		/* A hash table that could not grow is only slower. */
		if (err == IKE_OK)
			ck_assert_uint_eq(c->n_remotes, 60);
		else
			ck_assert(err == IKE_E_NOMEM && fail_alloc_hit());
		conf_unref(c);
		conf_diags_free(&d);
	});
	buf_free(&text);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf allocation");
	TCase *tc = tcase_create("allocation");

	test_conf_root(root, sizeof(root));
	tcase_add_test(tc, accepted_file);
	tcase_add_test(tc, rejected_file);
	tcase_add_test(tc, large_file);
	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
