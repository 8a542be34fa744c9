/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey from text to dump: what it prints for the files of tests/vectors/setkey is what setkey 0.9.1 printed on Linux 6.1, times
 * and ids aside.  And: refusals and their words, forward twins, numbers for unique, every request and allocation failing.
 */
#include "setkey/exec.h"
#include "unit/fail_alloc.h"
#include "unit/memkern.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX 65536

static struct memkern kernel;
static struct setkey_run run;
static char out[OUT_MAX];

static void
begin(void)
{
	memkern_init(&kernel);
	run = (struct setkey_run){ .kern = &kernel.kern,
		.manual = &memkern_manual,
		.auto_fwd = true,
		.with_lines = true };
	memset(out, 0, sizeof(out));
	run.print.out = fmemopen(out, sizeof(out) - 1, "w");
	ck_assert_ptr_nonnull(run.print.out);
	run.print.pid = 4711;
}

static void
end(void)
{
	setkey_run_fini(&run);
	fclose(run.print.out);
}

/* Parse and run |text|; what has been printed so far. */
static const char *
run_text(const char *text)
{
	struct setkey_source src = { text, strlen(text), 1 };
	struct setkey_list list = { 0 };
	bool done = false;

	ck_assert_int_eq(setkey_parse(&src, NULL, &list), IKE_OK);
	for (size_t i = 0; i < list.n && !done; i++) {
		if (list.v[i].error != NULL)
			ck_abort_msg("%s", list.v[i].error);
		ck_assert_int_eq(setkey_exec(&run, &list.v[i], &done), IKE_OK);
	}
	setkey_list_free(&list);
	fflush(run.print.out);
	return out;
}

/* The same; prints exactly |want|. */
static void
expect(const char *text, const char *want)
{
	rewind(run.print.out);
	memset(out, 0, sizeof(out));
	ck_assert_str_eq(run_text(text), want);
}

static char *
read_file(const char *name)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");
	char path[512], *text = calloc(1, OUT_MAX);
	FILE *f;

	ck_assert_ptr_nonnull(text);
	snprintf(path, sizeof(path), "%s/tests/vectors/setkey/%s", dir != NULL ? dir : ".", name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "cannot read %s", path);
	ck_assert_uint_gt(fread(text, 1, OUT_MAX - 1, f), 0);
	fclose(f);
	return text;
}

/* Overwrite what differs from run to run. */
static void
mask(char *s, const char *pattern)
{
	regex_t re;
	regmatch_t m;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED), 0);
	while (regexec(&re, s, 1, &m, 0) == 0) {
		s[m.rm_so] = '~';
		memmove(s + m.rm_so + 1, s + m.rm_eo, strlen(s + m.rm_eo) + 1);
		s += m.rm_so + 1;
	}
	regfree(&re);
}

static void
mask_all(char *s)
{
	mask(s, "[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} [0-9]{4}");
	mask(s, "diff: [0-9]+");
	mask(s, "spid=[0-9]+");
	mask(s, "[^s]pid=[0-9]+");
}

/* Equal, or the first line that differs. */
static void
same_lines(const char *got, const char *want)
{
	size_t i = 0, line = 0;

	for (; got[i] != '\0' && got[i] == want[i]; i++)
		if (got[i] == '\n')
			line = i + 1;
	if (got[i] != want[i])
		ck_abort_msg("got \"%.100s\", want \"%.100s\"", got + line, want + line);
}

/* The dump of |conf| is that of the real thing. */
static void
golden(const char *conf, const char *dump, const char *how)
{
	char *text = read_file(conf), *want = read_file(dump);

	run_text(text);
	ck_assert_uint_eq(run.failures, 0);
	run_text(how);
	mask_all(out);
	mask_all(want);
	same_lines(out, want);
	free(text);
	free(want);
}

START_TEST(sad_dump)
{
	golden("sad.conf", "sad.dump", "dump;");
}
END_TEST

START_TEST(spd_dump)
{
	golden("spd.conf", "spd.dump", "spddump;");
}
END_TEST

START_TEST(talk)
{
	char *text = read_file("talk.conf");
	struct sp_spec sp;

	run_text(text);
	ck_assert_str_eq(out, "");
	ck_assert_uint_eq(run.failures, 0);
	/* 10 policies, 5 of them inbound */
	ck_assert_uint_eq(kernel.nsp, 15);
	sp = memkern_sp(&kernel, SP_OUT, "1.2.3.4/32", "5.6.7.8/32");
	ck_assert_uint_eq(sp.action, SP_IPSEC);
	ck_assert_uint_eq(sp.tmpl[0].level, SP_REQUIRE);
	sp = memkern_sp(&kernel, SP_FWD, "5.6.7.9/32", "1.2.3.4/32");
	ck_assert_uint_eq(sp.id.sel.sport, 8140);
	free(text);
}
END_TEST

/* --- refusals --- */

START_TEST(refusals)
{
	expect("spdadd 10.0.0.0/8 0.0.0.0/0 any -P out none;\nspdadd 10.0.0.0/8 0.0.0.0/0 any -P "
	       "out none;",
	    "The result of line 2: File exists.\n");
	expect("\n\nspddelete 10.0.0.1 0.0.0.0/0 any -P out;", "The result of line 3: No entry.\n");
	expect("get 192.0.2.1 192.0.2.2 esp 9;", "The result of line 1: No such process.\n");
	expect("delete 192.0.2.1 192.0.2.2 esp 9;", "The result of line 1: No such process.\n");
	expect("add 192.0.2.1 192.0.2.2 tcp 0x1000 -A tcp-md5 \"pw\";",
	    "The result of line 1: Linux takes TCP-MD5 keys from the program that owns the TCP "
	    "connection, not from setkey.\n");
	expect("add 192.0.2.1 192.0.2.2 esp-old 9 -E null;",
	    "The result of line 1: Linux has no ESP of RFC 1827.\n");
	expect("spdadd 10.0.0.2 0.0.0.0/0 any -P out bypass;",
	    "The result of line 1: entrust and bypass are for policies of sockets.\n");
	ck_assert_uint_eq(run.failures, 7);
	run.with_lines = false;
	expect("spdadd 10.0.0.0/8 0.0.0.0/0 any -P out none;", "File exists.\n");
	expect("dump; spdflush; spddump;", "No SAD entries.\nNo SPD entries.\n");
	ck_assert_uint_eq(run.failures, 8);
	run.manual = NULL;
	expect("add 192.0.2.1 192.0.2.2 esp 9 -E null; dump;",
	    "this kernel interface has no manual keying.\nthis kernel interface does not show "
	    "SAs.\n");
}
END_TEST

/* --- SAs --- */

#define NULL_SA(src, dst, spi) "add " src " " dst " esp " spi " -E null;"

START_TEST(deletes)
{
	run_text(NULL_SA("192.0.2.1", "192.0.2.2", "1") NULL_SA("192.0.2.1", "192.0.2.2", "2")
		NULL_SA("192.0.2.1", "192.0.2.3",
		    "3") "add 192.0.2.1 192.0.2.2 ah 4 -A hmac-md5 \"0123456789abcdef\";");
	ck_assert_uint_eq(kernel.nsa, 4);
	expect("delete 192.0.2.1 192.0.2.3 esp 3;", "");
	ck_assert_uint_eq(kernel.nsa, 3);
	expect("deleteall 192.0.2.1 192.0.2.2 esp;", "");
	ck_assert_uint_eq(kernel.nsa, 1);
	expect("deleteall 192.0.2.1 192.0.2.2 esp; flush esp;", "");
	ck_assert_uint_eq(kernel.nsa, 1);
	expect("flush ah;", "");
	ck_assert_uint_eq(kernel.nsa, 0);
}
END_TEST

START_TEST(updates)
{
	run_text(NULL_SA("192.0.2.1", "192.0.2.2", "1"));
	expect("update 192.0.2.1 192.0.2.2 esp 1 -u 7 -E null; update 192.0.2.1 192.0.2.2 esp 2 -E "
	       "null;",
	    "");
	ck_assert_uint_eq(kernel.nsa, 2);
}
END_TEST

/* The lines that sad.dump does not have. */
START_TEST(dump_lines)
{
	run_text(
	    "add 192.0.2.1[4500] 192.0.2.2[7] esp-udp 10.0.0.1 9 -ctx 1 2 \"u:r\" -E aes-gcm-16 "
	    "0x00112233445566778899aabbccddeeff01020304;");
	rewind(run.print.out);
	run_text("get 192.0.2.1 192.0.2.2 esp 9;");
	mask_all(out);
	ck_assert_str_eq(out, "192.0.2.1[4500] 192.0.2.2[7] \n"
			      "\tesp-udp mode=transport spi=9(0x00000009) reqid=0(0x00000000)\n"
			      "\tNAT OA=10.0.0.1\n"
			      "\tE: aes-gcm-16  00112233 44556677 8899aabb ccddeeff 01020304\n"
			      "\tseq=0x00000000 replay=0 flags=0x00000000 state=mature \n"
			      "\tcreated: ~\tcurrent: ~\n"
			      "\t~(s)\thard: 0(s)\tsoft: 0(s)\n"
			      "\tlast:                     \thard: 0(s)\tsoft: 0(s)\n"
			      "\tcurrent: 0(bytes)\thard: 0(bytes)\tsoft: 0(bytes)\n"
			      "\tallocated: 0\thard: 0\tsoft: 0\n"
			      "\tsecurity context doi: 1\n"
			      "\tsecurity context algorithm: 2\n"
			      "\tsecurity context length: 4\n"
			      "\tsecurity context: u:r\n"
			      "\tsadb_seq=0~ refcnt=0\n");
}
END_TEST

START_TEST(dead_and_short)
{
	kernel.clock = 1700000000;
	run_text(
	    "add 192.0.2.1 192.0.2.2 esp 9 -lh 5 -E null;" NULL_SA("192.0.2.1", "192.0.2.2", "10"));
	/* created long ago: the first is past its hard limit */
	rewind(run.print.out);
	memset(out, 0, sizeof(out));
	ck_assert_int_eq(setkey_dump_sa_short(&run), IKE_OK);
	fflush(run.print.out);
	mask(out, "^[0-9]{4} ");
	mask(out, "\n[0-9]{4} ");
	ck_assert_str_eq(out, "time p   s spi      ltime   src -> dst~esp m 0000000a big/0   "
			      "192.0.2.1 -> 192.0.2.2\n");
	run.all = true;
	rewind(run.print.out);
	memset(out, 0, sizeof(out));
	ck_assert_int_eq(setkey_dump_sa_short(&run), IKE_OK);
	fflush(run.print.out);
	ck_assert_ptr_nonnull(strstr(out, " esp d 00000009 big/5   192.0.2.1 -> 192.0.2.2\n"));
}
END_TEST

/* --- policies --- */

START_TEST(twins)
{
	struct sp_spec sp;

	run_text("spdadd 10.1.0.0/16 10.2.0.0/16 any -P in ipsec "
		 "esp/tunnel/192.0.2.1-192.0.2.2/unique ah/transport//unique:9;");
	ck_assert_uint_eq(kernel.nsp, 2);
	sp = memkern_sp(&kernel, SP_IN, "10.1.0.0/16", "10.2.0.0/16");
	ck_assert_uint_eq(sp.tmpl[0].reqid, 16384);
	ck_assert_uint_eq(sp.tmpl[1].reqid, 9);
	sp = memkern_sp(&kernel, SP_FWD, "10.1.0.0/16", "10.2.0.0/16");
	/* all requests, without their numbers */
	ck_assert_uint_eq(sp.ntmpl, 2);
	ck_assert_uint_eq(sp.tmpl[0].level, SP_REQUIRE);
	ck_assert_uint_eq(sp.tmpl[0].reqid | sp.tmpl[1].reqid, 0);
	expect("spdupdate 10.1.0.0/16 10.2.0.0/16 any -P in discard;", "");
	sp = memkern_sp(&kernel, SP_FWD, "10.1.0.0/16", "10.2.0.0/16");
	ck_assert_uint_eq(sp.action, SP_DISCARD);
	ck_assert_uint_eq(kernel.nsp, 2);
	expect("spddelete 10.1.0.0/16 10.2.0.0/16 any -P in;", "");
	ck_assert_uint_eq(kernel.nsp, 0);
	run.auto_fwd = false;
	expect("spdadd 10.1.0.0/16 10.2.0.0/16 any -P in none;", "");
	ck_assert_uint_eq(kernel.nsp, 1);
	/* made without twin: none to delete */
	run.auto_fwd = true;
	expect("spddelete 10.1.0.0/16 10.2.0.0/16 any -P in;", "");
}
END_TEST

/* A file that writes the twin out loads in either order, and what is written counts. */
START_TEST(written_twins)
{
	static const char in[] = "spdadd 10.1.0.0/16 10.2.0.0/16 any -P in none;";
	static const char fwd[] = "spdadd 10.1.0.0/16 10.2.0.0/16 any -P fwd discard;";

	for (unsigned order = 0; order < 2; order++) {
		expect("spdflush;", "");
		expect(order == 0 ? in : fwd, "");
		expect(order == 0 ? fwd : in, "");
		ck_assert_uint_eq(kernel.nsp, 2);
		ck_assert_uint_eq(
		    memkern_sp(&kernel, SP_FWD, "10.1.0.0/16", "10.2.0.0/16").action, SP_DISCARD);
		/* but not twice */
		expect(fwd, "The result of line 1: File exists.\n");
	}
	/* a twin from elsewhere is in the way */
	setkey_run_fini(&run);
	expect("spddelete 10.1.0.0/16 10.2.0.0/16 any -P in; spdadd 10.1.0.0/16 10.2.0.0/16 any -P "
	       "fwd discard;",
	    "");
	setkey_run_fini(&run);
	expect(in, "The result of line 1: File exists.\n");
}
END_TEST

START_TEST(unique_numbers)
{
	run_text("spdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/transport//unique;"
		 "spdadd 10.0.0.1 10.0.0.3 any -P out ipsec esp/transport//unique:77;"
		 "spdadd 10.0.0.1 10.0.0.4 any -P out ipsec esp/transport//unique:16384;"
		 "spdadd 10.0.0.1 10.0.0.5 any -P out ipsec ipcomp/transport//unique "
		 "esp/transport//unique;");
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.2/32").tmpl[0].reqid, 16384);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.3/32").tmpl[0].reqid, 77);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.4/32").tmpl[0].reqid, 16385);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.5/32").tmpl[0].reqid, 16386);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.5/32").tmpl[1].reqid, 16387);
	/* another run finds what is used, and the gap */
	setkey_run_fini(&run);
	run.next_reqid = 0;
	run_text("spddelete 10.0.0.1 10.0.0.4 any -P out; spdadd 10.0.0.1 10.0.0.6 any -P out "
		 "ipsec esp/transport//unique;"
		 "spdadd 10.0.0.1 10.0.0.7 any -P out ipsec esp/transport//unique;");
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.6/32").tmpl[0].reqid, 16385);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.7/32").tmpl[0].reqid, 16388);
	ck_assert_str_eq(out, "");
}
END_TEST

START_TEST(policy_lines)
{
	run_text("spdadd 10.0.0.0/8[22] 0.0.0.0/0 tcp -ctx 1 1 \"x:y\" -P out priority 5 ipsec "
		 "esp/tunnel/192.0.2.1[4500]-192.0.2.2[4500]/use;"
		 "spdadd 10.0.0.1 10.0.0.2 icmp 8,3 -P out prio high none;"
		 "spdadd 10.0.0.1 10.0.0.2 gre 1.2.3.4 -P out prio low none;"
		 "spdadd 10.0.0.1 10.0.0.2 77 -P out none; spddump;");
	mask_all(out);
	ck_assert_str_eq(out,
	    "10.0.0.1[any] 10.0.0.2[any] 77\n"
	    "\tout prio def none\n\tcreated: ~  lastused:                     \n\tlifetime: 0(s) "
	    "validtime: 0(s)\n"
	    "\t~ seq=1~\n\trefcnt=2\n"
	    "10.0.0.1 10.0.0.2 gre 16909060\n"
	    "\tout prio low none\n\tcreated: ~  lastused:                     \n\tlifetime: 0(s) "
	    "validtime: 0(s)\n"
	    "\t~ seq=2~\n\trefcnt=2\n"
	    "10.0.0.1 10.0.0.2 icmp 8,3\n"
	    "\tout prio high none\n\tcreated: ~  lastused:                     \n\tlifetime: 0(s) "
	    "validtime: 0(s)\n"
	    "\t~ seq=3~\n\trefcnt=2\n"
	    "10.0.0.0/8[22] 0.0.0.0/0[any] tcp\n"
	    "\tout prio def + 5 ipsec\n\tesp/tunnel/192.0.2.1-192.0.2.2/use\n"
	    "\tcreated: ~  lastused:                     \n\tlifetime: 0(s) validtime: 0(s)\n"
	    "\tsecurity context doi: 1\n\tsecurity context algorithm: 1\n\tsecurity context "
	    "length: 4\n"
	    "\tsecurity context: x:y\n\t~ seq=0~\n\trefcnt=2\n");
}
END_TEST

START_TEST(verbose_and_exit)
{
	run.verbose = true;
	run_text("spdadd 10.0.0.1 10.0.0.2 any -P in none; exit; spdadd 10.0.0.1 10.0.0.3 any -P "
		 "in none;");
	ck_assert_uint_eq(kernel.nsp, 2);
	ck_assert_ptr_nonnull(strstr(out, "\tin prio def none\n"));
	ck_assert_ptr_nonnull(strstr(out, "\tfwd prio def none\n"));
}
END_TEST

/* --- failures --- */

static const char everything[] =
    "flush; spdflush;"
    "add 192.0.2.1 192.0.2.2 esp 1 -E null; add 192.0.2.1 192.0.2.2 esp 2 -E null;"
    "update 192.0.2.1 192.0.2.2 esp 2 -E null; get 192.0.2.1 192.0.2.2 esp 1; delete 192.0.2.1 "
    "192.0.2.2 esp 2;"
    "deleteall 192.0.2.1 192.0.2.2 esp; dump;"
    "spdadd 10.0.0.1 10.0.0.2 any -P in ipsec esp/transport//unique;"
    "spdupdate 10.0.0.1 10.0.0.2 any -P in none; spddelete 10.0.0.1 10.0.0.2 any -P in; spddump;";

/* Whatever the kernel refuses is told and counted. */
START_TEST(each_request_fails)
{
	unsigned n, all;

	run_text(everything);
	ck_assert_uint_eq(run.failures, 0);
	all = kernel.requests;
	ck_assert_uint_gt(all, 15);
	for (n = 1; n <= all; n++) {
		end();
		begin();
		kernel.fail_at = n;
		run_text(everything);
		ck_assert_uint_ge(run.failures, 1);
		ck_assert_ptr_nonnull(strstr(out, ": No buffer space available.\n"));
	}
}
END_TEST

START_TEST(each_allocation_fails)
{
	struct setkey_source src = { everything, sizeof(everything) - 1, 1 };

	FAIL_EACH_ALLOC({
		struct setkey_list list = { 0 };
		ike_err err = setkey_parse(&src, NULL, &list);
		bool done;

		memkern_init(&kernel);
		run.failures = 0;
		for (size_t i = 0; err == IKE_OK && i < list.n; i++)
			err = setkey_exec(&run, &list.v[i], &done);
		/* a request that needed memory is refused, or all ends */
		ck_assert((err != IKE_OK || run.failures != 0) == fail_alloc_hit());
		ck_assert(err == IKE_OK || err == IKE_E_NOMEM);
		setkey_run_fini(&run);
		run.next_reqid = 0;
		setkey_list_free(&list);
	});
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_exec");
	TCase *t = tcase_create("exec");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, sad_dump);
	tcase_add_test(t, spd_dump);
	tcase_add_test(t, talk);
	tcase_add_test(t, refusals);
	tcase_add_test(t, deletes);
	tcase_add_test(t, updates);
	tcase_add_test(t, dump_lines);
	tcase_add_test(t, dead_and_short);
	tcase_add_test(t, twins);
	tcase_add_test(t, written_twins);
	tcase_add_test(t, unique_numbers);
	tcase_add_test(t, policy_lines);
	tcase_add_test(t, verbose_and_exit);
	tcase_add_test(t, each_request_fails);
	tcase_add_test(t, each_allocation_fails);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
