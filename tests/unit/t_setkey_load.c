/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A file that begins with a flush is loaded as a difference: what stays is never away, what is right is not touched, what goes
 * goes last; SAs of others and policies of the daemon stay.  Every request and every allocation fails once.
 */
#include "setkey/load.h"
#include "setkey/owned.h"
#include "unit/fail_alloc.h"
#include "unit/memkern.h"
#include "util/buf.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_MAX 16384

static struct memkern kernel;
static struct setkey_run run;
static struct load_counts count;
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
}

static void
end(void)
{
	setkey_run_fini(&run);
	fclose(run.print.out);
}

/* A run of setkey of its own: it remembers nothing of the last one. */
static ike_err
load(const char *text)
{
	struct setkey_source src = { text, strlen(text), 1 };
	struct setkey_list list = { 0 };
	ike_err err = setkey_parse(&src, NULL, &list);

	setkey_run_fini(&run);
	run.next_reqid = 0;
	run.failures = 0;
	if (err == IKE_OK && list.errors != 0)
		ck_abort_msg("%s", text);
	if (err == IKE_OK) {
		ck_assert(setkey_loads(&list));
		err = setkey_load(&run, &list, &count);
	}
	setkey_list_free(&list);
	return err;
}

/* Load |text|; what is printed is exactly |want|. */
static void
expect(const char *text, const char *want)
{
	rewind(run.print.out);
	memset(out, 0, sizeof(out));
	ck_assert_int_eq(load(text), IKE_OK);
	fflush(run.print.out);
	ck_assert_str_eq(out, want);
}

static void
counted(unsigned same, unsigned added, unsigned changed, unsigned removed)
{
	ck_assert_uint_eq(count.same, same);
	ck_assert_uint_eq(count.added, added);
	ck_assert_uint_eq(count.changed, changed);
	ck_assert_uint_eq(count.removed, removed);
}

#define HEAD "#!/usr/sbin/setkey -f\nflush;\nspdflush;\n"
#define OUTP "spdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/transport//require;\n"
#define INP  "spdadd 10.0.0.2 10.0.0.1 any -P in ipsec esp/transport//require;\n"

static void
kept_are_there(struct memkern *m)
{
	ck_assert(memkern_has_sp(m, SP_OUT, "10.0.0.1/32", "10.0.0.2/32"));
	ck_assert(memkern_has_sp(m, SP_IN, "10.0.0.2/32", "10.0.0.1/32"));
	ck_assert(memkern_has_sp(m, SP_FWD, "10.0.0.2/32", "10.0.0.1/32"));
}

/* The same again touches nothing; a change is one request; at no time is anything away that stays. */
START_TEST(differences)
{
	uint32_t index;
	unsigned requests;

	expect(HEAD OUTP INP "spdadd 10.0.0.1 10.9.0.0/16 any -P out discard;", "");
	counted(0, 4, 0, 0);
	index = memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.2/32").index;
	kernel.after = kept_are_there;
	requests = kernel.requests;
	expect(HEAD OUTP INP "spdadd 10.0.0.1 10.9.0.0/16 any -P out discard;", "");
	counted(4, 0, 0, 0);
	ck_assert_uint_eq(kernel.requests, requests + 1); /* it looked */
	expect(HEAD
	    "spdadd 10.0.0.1 10.0.0.2 any -P out prio high ipsec esp/transport//require;\n" INP
	    "spdadd 10.0.0.1 10.8.0.0/16 any -P out discard;",
	    "");
	counted(2, 1, 1, 1);
	ck_assert_uint_eq(kernel.requests, requests + 5);
	ck_assert_uint_eq(memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.2/32").index, index);
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.2/32").priority, SP_PRIO_HIGH);
	ck_assert(!memkern_has_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.9.0.0/16"));
	ck_assert_uint_eq(kernel.nsp, 4);
	/* what is no part of the file goes, and goes last */
	kernel.after = NULL;
	expect("spdflush;", "");
	counted(0, 0, 0, 4);
	ck_assert_uint_eq(kernel.nsp, 0);
}
END_TEST

/* The whole talk.conf with a flush in front, loaded again and again. */
START_TEST(twice_the_talk)
{
	const char *dir = getenv("RINGTAIL_SRCDIR");
	char path[512];
	struct buf b = { 0 };
	unsigned requests;

	snprintf(path, sizeof(path), "%s/tests/vectors/setkey/talk.conf", dir != NULL ? dir : ".");
	ck_assert_int_eq(buf_append(&b, slice_str("flush; spdflush;\n")), IKE_OK);
	ck_assert_int_eq(read_whole_file(path, &b), IKE_OK);
	ck_assert_int_eq(buf_append(&b, slice_of("", 1)), IKE_OK);
	expect((const char *)b.p, "");
	counted(0, 15, 0, 0);
	requests = kernel.requests;
	expect((const char *)b.p, "");
	counted(15, 0, 0, 0);
	ck_assert_uint_eq(kernel.requests, requests + 1);
	buf_free(&b);
}
END_TEST

static struct sp_tmpl
tmpl_of(const char *dst)
{
	return memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", dst).tmpl[0];
}

/* A number that was chosen for "unique" stays as long as the policy does, and SAs go on to fit. */
START_TEST(numbers_stay)
{
	static const char a[] = "spdadd 10.0.0.1 10.0.0.2 any -P out ipsec esp/transport//unique;";
	static const char b[] = "spdadd 10.0.0.1 10.0.0.3 any -P out ipsec esp/transport//unique;";
	char text[400];

	snprintf(text, sizeof(text), HEAD "%s%s", a, b);
	expect(text, "");
	ck_assert_uint_eq(tmpl_of("10.0.0.3/32").reqid, 16385);
	snprintf(text, sizeof(text), HEAD "%s%s", b, a);
	expect(text, "");
	counted(2, 0, 0, 0);
	expect(HEAD "spdadd 10.0.0.1 10.0.0.3 any -P out prio low ipsec esp/transport//unique;", "");
	counted(0, 0, 1, 1);
	ck_assert_uint_eq(tmpl_of("10.0.0.3/32").reqid, 16385);
	expect(HEAD "spdadd 10.0.0.1 10.0.0.3 any -P out ipsec esp/transport//unique:5;", "");
	ck_assert_uint_eq(tmpl_of("10.0.0.3/32").reqid, 5);
}
END_TEST

/* What the statements of a file do to each other, they do before anything reaches the kernel. */
START_TEST(statements_in_order)
{
	expect(HEAD OUTP OUTP, "The result of line 5: File exists.\n");
	ck_assert_uint_eq(run.failures, 1);
	expect(HEAD OUTP "spdupdate 10.0.0.1 10.0.0.2 any -P out discard;", "");
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.2/32").action, SP_DISCARD);
	expect(HEAD OUTP INP "spddelete 10.0.0.2 10.0.0.1 any -P in;\n"
			     "spddelete 10.0.0.9 10.0.0.1 any -P in;",
	    "The result of line 7: No entry.\n");
	ck_assert_uint_eq(kernel.nsp, 1);
	expect(HEAD OUTP INP "spdflush;" OUTP, "");
	ck_assert_uint_eq(kernel.nsp, 1);
	/* the twin that is written counts, in either order */
	expect(HEAD INP "spdadd 10.0.0.2 10.0.0.1 any -P fwd discard;", "");
	ck_assert_uint_eq(
	    memkern_sp(&kernel, SP_FWD, "10.0.0.2/32", "10.0.0.1/32").action, SP_DISCARD);
	expect(HEAD "spdadd 10.0.0.2 10.0.0.1 any -P fwd discard;" INP, "");
	counted(2, 0, 0, 0);
	expect(HEAD OUTP "exit;" INP, "");
	counted(0, 1, 0, 2);
	expect(HEAD "spdadd 10.0.0.1 10.0.0.9 any -P out bypass;",
	    "The result of line 4: entrust and bypass are for policies of sockets.\n");
	/* what shows something shows what is in the end */
	expect("flush; spddump; dump; spdflush;", "No SPD entries.\nNo SAD entries.\n");
}
END_TEST

/* --- SAs --- */

#define SA1 "add 192.0.2.1 192.0.2.2 esp 0x1000 -E aes-cbc 0x00112233445566778899aabbccddeeff -A null;"
#define SA2 "add 192.0.2.1 192.0.2.2 ah 0x1001 -A hmac-md5 \"0123456789abcdef\";"

static struct kern_sa
sa_of(uint8_t proto, uint32_t spi)
{
	struct sa_id id = { .proto = proto, .spi = spi };
	struct kern_sa sa;

	ck_assert_int_eq(addr_parse("192.0.2.2", &id.dst), IKE_OK);
	ck_assert_int_eq(memkern_manual.get(&kernel.kern, &id, NULL, &sa), IKE_OK);
	return sa;
}

/* Nobody's SAs are flushed; those of the file are made, left alone, or changed. */
START_TEST(security_associations)
{
	uint64_t made = kernel.clock;

	expect("flush;" SA1, "");
	counted(0, 1, 0, 0);
	kernel.clock += 10;
	expect("flush; spdflush; " SA1 SA2, "");
	counted(1, 1, 0, 0);
	ck_assert_uint_eq(sa_of(PROTO_ESP, 0x1000).usage.add_time, made);
	/* limits change in place */
	expect("flush; add 192.0.2.1 192.0.2.2 esp 0x1000 -lh 500 -ls 400 -E aes-cbc "
	       "0x00112233445566778899aabbccddeeff -A null;",
	    "");
	counted(0, 0, 1, 0);
	ck_assert_uint_eq(sa_of(PROTO_ESP, 0x1000).usage.add_time, made);
	ck_assert_uint_eq(sa_of(PROTO_ESP, 0x1000).spec.life.hard_sec, 500);
	/* keys do not: another SA under the same name */
	expect("flush; add 192.0.2.1 192.0.2.2 esp 0x1000 -E aes-cbc "
	       "0x00112233445566778899aabbccddeef0 -A null;",
	    "");
	counted(0, 0, 1, 0);
	ck_assert_uint_eq(sa_of(PROTO_ESP, 0x1000).usage.add_time, made + 10);
	/* those that the file no longer has stay: they might be a daemon's */
	expect("flush; spdflush;", "");
	ck_assert_uint_eq(kernel.nsa, 2);
	expect("flush;" SA2 "\ndelete 192.0.2.1 192.0.2.2 ah 0x1001;\ndelete 192.0.2.1 192.0.2.2 ah 9;",
	    "The result of line 3: No such process.\n");
	counted(0, 0, 0, 0);
	expect("flush;" SA1 SA2 "deleteall 192.0.2.1 192.0.2.2 esp;", "");
	counted(1, 0, 0, 0);
	expect("flush;" SA1 SA2 "flush esp;", "");
	counted(1, 0, 0, 0);
	expect("flush;" SA2 "\n" SA2 "update 192.0.2.1 192.0.2.2 ah 0x1001 -A hmac-md5 \"0123456789abcdeg\";",
	    "The result of line 2: File exists.\n");
	counted(0, 0, 1, 0);
	/* only the SPD is planned: the rest is done as it stands */
	expect("spdflush; " SA2, "The result of line 1: File exists.\n");
}
END_TEST

START_TEST(without_manual_keying)
{
	run.manual = NULL;
	expect("flush; spdflush;" OUTP SA1, "The result of line 2: this kernel interface has no manual keying.\n");
	ck_assert_uint_eq(kernel.nsp, 1);
}
END_TEST

/* --- what is the daemon's --- */

static char rundir[] = "/tmp/t_setkey_load.XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", rundir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
remove_rundir(void)
{
	static const char *const names[] = { "policy_files", "a.conf", "link" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", rundir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(rundir);
}

START_TEST(policies_of_the_daemon)
{
	struct owned o;
	char path[PATH_MAX], link[PATH_MAX];

	ck_assert_ptr_nonnull(mkdtemp(rundir));
	ck_assert_int_eq(owned_read(rundir, "/etc/passwd", true, &o), IKE_OK);
	ck_assert(!o.any && !o.listed);
	snprintf(path, sizeof(path), "# nothing\n%s/a.conf\n/nowhere/b.conf\n", rundir);
	write_file("policy_files", path);
	write_file("a.conf", "spdflush; bogus;" INP);
	snprintf(path, sizeof(path), "%s/a.conf", rundir);
	snprintf(link, sizeof(link), "%s/link", rundir);
	ck_assert_int_eq(symlink(path, link), 0);
	ck_assert_int_eq(owned_read(rundir, link, true, &o), IKE_OK);
	ck_assert(o.any && o.listed);
	ck_assert_uint_eq(o.policies.n, 2);
	owned_fini(&o);
	/* two of the daemon by name, one by number, one of nobody */
	expect("spdflush;" INP "spdadd 10.0.0.1 10.0.0.5 any -P out discard;"
	       "spdadd 10.0.0.1 10.0.0.4 any -P out ipsec esp/transport//require;",
	    "");
	{
		struct sp_spec sp = memkern_sp(&kernel, SP_OUT, "10.0.0.1/32", "10.0.0.4/32");

		sp.tmpl[0].reqid = SADB_REQID_FIRST;
		ck_assert_int_eq(kernel.kern.ops->sp_install(&kernel.kern, &sp, true), IKE_OK);
	}
	ck_assert_int_eq(owned_read(rundir, NULL, true, &o), IKE_OK);
	ck_assert(o.any && !o.listed);
	run.owned = &o.policies;
	expect("spdflush;" OUTP, "");
	counted(0, 1, 0, 1);
	ck_assert_uint_eq(kernel.nsp, 4);
	/* nor are they changed by way of another file; what is the same is no change */
	expect("spdflush;\nspdadd 10.0.0.2 10.0.0.1 any -P in discard;",
	    "The result of line 2: ringtail has this policy from a policy_file; change it there.\n"
	    "The result of line 2: ringtail has this policy from a policy_file; change it there.\n");
	expect("spdflush;" INP "spdadd 10.0.0.1 10.0.0.4 any -P out ipsec esp/transport//require;", "");
	counted(3, 0, 0, 0);
	run.owned = NULL;
	expect("spdflush;", "");
	ck_assert_uint_eq(kernel.nsp, 0);
	owned_fini(&o);
	remove_rundir();
}
END_TEST

START_TEST(comparisons)
{
	static const char text[] = OUTP INP;
	struct setkey_source src = { text, sizeof(text) - 1, 1 };
	struct setkey_list list = { 0 };
	unsigned requests;

	ck_assert_int_eq(setkey_parse(&src, NULL, &list), IKE_OK);
	ck_assert(!setkey_loads(&list));
	ck_assert_int_eq(load("spdflush;" OUTP "spdadd 10.0.0.2 10.0.0.1 any -P in discard;"
				"spdadd 10.0.0.2 10.0.0.3 any -P out discard;"),
	    IKE_OK);
	requests = kernel.requests;
	ck_assert_int_eq(setkey_compare(&run, &list, &count), IKE_OK);
	ck_assert_uint_eq(kernel.requests, requests + 1);
	counted(1, 0, 2, 0);
	setkey_list_free(&list);
}
END_TEST

/* --- failures --- */

static const char before[] =
    "flush; spdflush;" OUTP INP SA1 SA2 "spdadd 10.0.0.1 10.0.0.9 any -P out discard;";
static const char behind[] =
    "flush; spdflush;" INP "spdadd 10.0.0.1 10.0.0.2 any -P out prio low ipsec esp/transport//unique;"
    "add 192.0.2.1 192.0.2.2 esp 0x1000 -lh 9 -E aes-cbc 0x00112233445566778899aabbccddeeff -A null;"
    "add 192.0.2.1 192.0.2.2 ah 0x1001 -A hmac-md5 \"0123456789abcdeg\";"
    "add 192.0.2.1 192.0.2.2 esp 0x1002 -E null -A null; dump;";

/* Whatever the kernel refuses is told and counted, and once it agrees all becomes right. */
START_TEST(each_request_fails)
{
	unsigned all;

	ck_assert_int_eq(load(before), IKE_OK);
	all = kernel.requests;
	ck_assert_int_eq(load(behind), IKE_OK);
	ck_assert_uint_eq(run.failures, 0);
	all = kernel.requests - all;
	ck_assert_uint_gt(all, 8);
	for (unsigned n = 1; n <= all; n++) {
		end();
		begin();
		ck_assert_int_eq(load(before), IKE_OK);
		ck_assert_uint_eq(run.failures, 0);
		kernel.after = kept_are_there;
		kernel.fail_at = kernel.requests + n;
		ck_assert_int_eq(load(behind), IKE_OK);
		ck_assert_uint_eq(run.failures, 1);
		fflush(run.print.out);
		ck_assert_ptr_nonnull(strstr(out, "No buffer space available.\n"));
		ck_assert_int_eq(load(behind), IKE_OK);
		ck_assert_int_eq(load(behind), IKE_OK);
		ck_assert_uint_eq(run.failures, 0);
		counted(6, 0, 0, 0);
		ck_assert_uint_eq(kernel.nsp, 3);
		ck_assert_uint_eq(kernel.nsa, 3);
	}
}
END_TEST

START_TEST(each_allocation_fails)
{
	FAIL_EACH_ALLOC({
		ike_err err;

		memkern_init(&kernel);
		err = load(before);
		if (err == IKE_OK)
			err = load(behind);
		ck_assert(err == IKE_OK || err == IKE_E_NOMEM);
		ck_assert((err != IKE_OK || run.failures != 0) == fail_alloc_hit());
	});
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_load");
	TCase *t = tcase_create("load");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, differences);
	tcase_add_test(t, twice_the_talk);
	tcase_add_test(t, numbers_stay);
	tcase_add_test(t, statements_in_order);
	tcase_add_test(t, security_associations);
	tcase_add_test(t, without_manual_keying);
	tcase_add_test(t, policies_of_the_daemon);
	tcase_add_test(t, comparisons);
	tcase_add_test(t, each_request_fails);
	tcase_add_test(t, each_allocation_fails);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
