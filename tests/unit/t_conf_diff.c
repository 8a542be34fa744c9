/* SPDX-License-Identifier: BSD-3-Clause */
/* What is different between two configurations, in words. */
#include "conf/conf_diff.h"
#include "conf/reader.h"
#include "unit/fail_alloc.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROPOSAL "proposal { encryption_algorithm aes; hash_algorithm sha1; authentication_method pre_shared_key; dh_group 14; }"

static struct conf *
parsed(const char *text)
{
	struct conf_diags d = { 0 };
	struct conf *c;

	ike_err err = test_parse(text, &d, &c);
	if (err != IKE_OK)
		ck_abort_msg("%s:%u: %s", d.v[0].file, d.v[0].line, d.v[0].text);
	conf_diags_free(&d);
	return c;
}

/* The difference of two texts must read |want|. */
static void
differ(const char *a, const char *b, const char *want)
{
	struct conf *x = parsed(a), *y = parsed(b);
	struct conf_diff d;
	struct buf out = { 0 };

	ck_assert_int_eq(conf_diff(x, y, &d), IKE_OK);
	conf_unref(x);
	conf_unref(y);
	/* it stands by itself */
	ck_assert_int_eq(conf_diff_print(&d, &out), IKE_OK);
	ck_assert_int_eq(buf_append(&out, slice_of("", 1)), IKE_OK);
	ck_assert_str_eq((const char *)out.p, want);
	conf_diff_free(&d);
	buf_free(&out);
}

START_TEST(the_way_it_is_written_is_no_difference)
{
	differ("", "", "");
	differ("remote 192.0.2.1 { dpd_delay 10; }", "# a comment\n\nremote 192.0.2.1\n{\n dpd_delay 10;\n}\n", "");
	differ("remote 192.0.2.1 { } remote 192.0.2.2 { }", "remote 192.0.2.2 { } remote 192.0.2.1 { }", "");
	differ("timer { counter 5; }", "", "");
	/* inherited or written out */
	differ("remote 192.0.2.1 { dpd_delay 10; } remote 192.0.2.2 inherit 192.0.2.1;",
	    "remote 192.0.2.1 { dpd_delay 10; } remote 192.0.2.2 { dpd_delay 10; }", "");
}
END_TEST

START_TEST(sections_come_go_and_change)
{
	differ("", "remote 192.0.2.1 { }", "added: remote 192.0.2.1 (t.conf:1)\n");
	differ("\nremote 192.0.2.1 { }", "", "removed: remote 192.0.2.1 (t.conf:2)\n");
	differ("remote 192.0.2.1 { dpd_delay 10; }", "remote 192.0.2.1 { dpd_delay 20; passive on; }",
	    "changed: remote 192.0.2.1 (t.conf:1)\n"
	    "\t- dpd_delay 10;\n"
	    "\t+ passive on;\n"
	    "\t+ dpd_delay 20;\n");
	differ("sainfo anonymous { pfs_group 14; }", "sainfo anonymous { pfs_group 19; }",
	    "changed: sainfo anonymous (t.conf:1)\n"
	    "\t- pfs_group modp2048;\n"
	    "\t+ pfs_group ecp256;\n");
	/* inside of a proposal, and how many there are */
	differ("remote anonymous { " PROPOSAL " }", "remote anonymous { " PROPOSAL PROPOSAL " }",
	    "changed: remote anonymous (t.conf:1)\n"
	    "\t+ proposal {\n"
	    "\t+ encryption_algorithm aes 128;\n"
	    "\t+ hash_algorithm sha1;\n"
	    "\t+ authentication_method pre_shared_key;\n"
	    "\t+ dh_group modp2048;\n");
}
END_TEST

/* Several sections with one head are taken in their order. */
START_TEST(namesakes)
{
	differ("remote anonymous { ph1id 1; } remote anonymous { ph1id 2; }",
	    "remote anonymous { ph1id 1; } remote anonymous { ph1id 3; }",
	    "changed: remote anonymous (t.conf:1)\n\t- ph1id 2;\n\t+ ph1id 3;\n");
	differ("remote anonymous { ph1id 1; } remote anonymous { ph1id 2; }", "remote anonymous { ph1id 1; }",
	    "removed: remote anonymous (t.conf:1)\n");
}
END_TEST

START_TEST(global_lines)
{
	differ("timer { counter 5; }", "timer { counter 7; }", "changed: timer\n\t- counter 5;\n\t+ counter 7;\n");
	differ("path pre_shared_key \"/a\";", "path pre_shared_key \"/b\";",
	    "changed: path\n\t- path pre_shared_key \"/a\";\n\t+ path pre_shared_key \"/b\";\n");
	differ("log info;", "log debug;", "changed: log\n\t- log info;\n\t+ log debug;\n");
}
END_TEST

/* A relative name means another file when the folder changes. */
START_TEST(files_are_where_they_are)
{
	differ("path script \"/a\"; remote 192.0.2.1 { script \"up.sh\" phase1_up; }",
	    "path script \"/b\"; remote 192.0.2.1 { script \"up.sh\" phase1_up; }",
	    "changed: path\n\t- path script \"/a\";\n\t+ path script \"/b\";\n"
	    "changed: remote 192.0.2.1 (t.conf:1)\n"
	    "\t- script \"/a/up.sh\" phase1_up;\n\t+ script \"/b/up.sh\" phase1_up;\n");
	differ("path certificate \"/a\"; remote 192.0.2.1 { ca_type x509 \"ca.pem\"; }",
	    "path certificate \"/b\"; remote 192.0.2.1 { ca_type x509 \"ca.pem\"; }",
	    "changed: path\n\t- path certificate \"/a\";\n\t+ path certificate \"/b\";\n"
	    "changed: remote 192.0.2.1 (t.conf:1)\n"
	    "\t- ca_type x509 \"/a/ca.pem\";\n\t+ ca_type x509 \"/b/ca.pem\";\n");
}
END_TEST

START_TEST(secrets_are_compared_and_not_shown)
{
	differ("ldapcfg { bind_pw \"one\"; }", "ldapcfg { bind_pw \"two\"; }", "changed: ldapcfg\n\ta secret\n");
}
END_TEST

/* --- policies --- */

struct two_files {
	const char *policies;
};

static ike_err
read_two(void *arg, const char *path, struct buf *out)
{
	const struct two_files *f = arg;

	return buf_append(out, slice_str(strcmp(path, "p") == 0 ? f->policies : "policy_file \"p\";"));
}

static ike_err
glob_two(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	(void)arg;
	return fn(fn_arg, pattern);
}

static struct conf *
policies(const char *text)
{
	struct two_files f = { text };
	struct conf_reader r = { .arg = &f, .read = read_two, .glob = glob_two };
	struct conf_diags d = { 0 };
	struct conf *c;

	ck_assert_int_eq(conf_parse(&r, "c", &d, &c), IKE_OK);
	conf_diags_free(&d);
	return c;
}

#define OUT "spdadd 192.0.2.1 192.0.2.2 any -P out "

START_TEST(policies_come_go_and_change)
{
	struct conf *a = policies(OUT "ipsec esp/transport//require;\nspdadd 192.0.2.3 192.0.2.1 udp -P out none;"),
		    *b = policies(OUT "discard;\nspdadd 192.0.2.4 192.0.2.1 udp -P out none;");
	struct conf_diff d;
	struct buf out = { 0 };

	ck_assert_int_eq(conf_diff(a, b, &d), IKE_OK);
	ck_assert_int_eq(conf_diff_print(&d, &out), IKE_OK);
	ck_assert_int_eq(buf_append(&out, slice_of("", 1)), IKE_OK);
	ck_assert_str_eq((const char *)out.p,
	    "removed: spdadd 192.0.2.3/32 192.0.2.1/32 udp -P out prio def none; (p:2)\n"
	    "changed: spdadd 192.0.2.1/32 192.0.2.2/32 any -P out prio def discard; (p:1)\n"
	    "\t- spdadd 192.0.2.1/32 192.0.2.2/32 any -P out prio def ipsec esp/transport//require;\n"
	    "added: spdadd 192.0.2.4/32 192.0.2.1/32 udp -P out prio def none; (p:2)\n");
	conf_diff_free(&d);
	buf_free(&out);
	conf_unref(a);
	conf_unref(b);
}
END_TEST

/* What a reload asks: what the files say counts, not how they say it. */
START_TEST(digest)
{
	struct conf *a = policies(OUT "none;"), *b = policies(OUT "none;"), *c = policies(OUT "none; ");

	ck_assert_uint_eq(a->digest, b->digest);
	ck_assert_uint_ne(a->digest, c->digest);
	conf_unref(a);
	conf_unref(b);
	conf_unref(c);
}
END_TEST

START_TEST(every_allocation_fails_once)
{
	struct conf *x = parsed("remote 192.0.2.1 { dpd_delay 10; } sainfo anonymous { } timer { counter 5; }");
	struct conf *y = parsed("remote 192.0.2.1 { dpd_delay 11; } remote 192.0.2.2 { } timer { counter 6; }");

	FAIL_EACH_ALLOC({
		struct conf_diff d = { 0 };
		struct buf out = { 0 };
		ike_err err = conf_diff(x, y, &d);
		if (err == IKE_OK)
			err = conf_diff_print(&d, &out);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		conf_diff_free(&d);
		buf_free(&out);
	});
	conf_unref(x);
	conf_unref(y);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("conf_diff");
	TCase *t = tcase_create("conf_diff");

	tcase_add_test(t, the_way_it_is_written_is_no_difference);
	tcase_add_test(t, sections_come_go_and_change);
	tcase_add_test(t, namesakes);
	tcase_add_test(t, global_lines);
	tcase_add_test(t, files_are_where_they_are);
	tcase_add_test(t, secrets_are_compared_and_not_shown);
	tcase_add_test(t, policies_come_go_and_change);
	tcase_add_test(t, digest);
	tcase_add_test(t, every_allocation_fails_once);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
