/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What setkey -x and setkey FILE say about every message that kernels were recorded to send, through PF_KEY and XFRM, is what
 * tests/setkey/watch.expect says.  With SETKEY_UPDATE=1 in the environment that file is written instead; look at the difference.
 */
#include "setkey/owned.h"
#include "setkey/watch.h"
#include "kern/xfrm_msg.h"
#include "unit/xfrm_vectors.h"
#include "util/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX 65536

static char got[OUT_MAX];
static struct watch w;

static void
begin(void)
{
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	memset(got, 0, sizeof(got));
	w = (struct watch){ .print.out = fmemopen(got, sizeof(got) - 1, "w") };
	ck_assert_ptr_nonnull(w.print.out);
}

static void
end(void)
{
	fclose(w.print.out);
}

static void
stored_messages(void)
{
	FILE *f = vectors_open("../pfkey/linux-6.1");
	struct vector v;

	while (vectors_next(f, &v)) {
		fprintf(w.print.out, "# %s\n", v.label);
		if (watch_replay(&w, slice_of(v.b, v.n)) != IKE_OK)
			fputs("not to its end\n", w.print.out);
	}
	fclose(f);
}

static void
live_events(const char *name)
{
	FILE *f = vectors_open(name);
	struct vector v;
	struct kern_event ev;

	while (vectors_next(f, &v)) {
		if (xfrm_get_event(slice_of(v.b, v.n), &ev) != IKE_OK)
			continue;
		fprintf(w.print.out, "# %s\n", v.label);
		print_event(&w.print, &ev);
	}
	fclose(f);
}

START_TEST(recorded_messages)
{
	char path[512];
	struct buf want = { 0 };
	FILE *f;
	size_t i = 0, line = 0;

	stored_messages();
	live_events("linux-6.1");
	ck_assert_int_eq(fflush(w.print.out), 0);
	source_path("tests/setkey/watch.expect", path, sizeof(path));
	if (getenv("SETKEY_UPDATE") != NULL) {
		f = fopen(path, "w");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(got, f), 0);
		fclose(f);
	}
	ck_assert_msg(read_whole_file(path, &want) == IKE_OK, "%s is missing", path);
	ck_assert_int_eq(buf_append(&want, slice_of("", 1)), IKE_OK);
	for (; got[i] != '\0' && got[i] == (char)want.p[i]; i++)
		line = got[i] == '\n' ? i + 1 : line;
	if (got[i] != (char)want.p[i])
		ck_abort_msg("got \"%.120s\", want \"%.120s\"", got + line, (const char *)want.p + line);
	buf_free(&want);
}
END_TEST

/* Whatever is in a file: it ends, and nothing is read that is not there. */
START_TEST(damaged_messages)
{
	FILE *f = vectors_open("../pfkey/linux-6.1");
	struct vector v;

	while (vectors_next(f, &v)) {
		for (size_t n = 0; n < v.n; n++) {
			uint8_t *exact = malloc(n + 1);

			ck_assert_ptr_nonnull(exact);
			memcpy(exact, v.b, n);
			(void)!watch_replay(&w, slice_of(exact, n));
			free(exact);
			v.b[n] ^= 0x41;
			(void)!watch_replay(&w, slice_of(v.b, v.n));
			v.b[n] ^= 0x41;
			rewind(w.print.out);
		}
	}
	fclose(f);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	ike_err err;
} bad_files[] = {
	{ "", 0, IKE_OK },
	{ "\2\11\0\0\2\0\0\0\0\0\0\0\0\0\0", 15, IKE_E_SHORT },
	{ "\2\11\0\0\3\0\0\0\0\0\0\0\0\0\0\0", 16, IKE_E_SHORT },
	{ "\2\11\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16, IKE_E_FORMAT },
	{ "\1\11\0\0\2\0\0\0\0\0\0\0\0\0\0\0", 16, IKE_E_FORMAT },
	{ "\2\11\0\0\2\0\0\0\0\0\0\0\0\0\0\0", 16, IKE_OK },
	{ "\2\376\0\0\2\0\0\0\0\0\0\0\0\0\0\0", 16, IKE_OK },
	{ "\2\11\0\0\2\0\0\0\0\0\0\0\0\0\0\0x", 17, IKE_E_SHORT },
};

START_TEST(files_that_are_none)
{
	ck_assert_int_eq(
	    watch_replay(&w, slice_of(bad_files[_i].bytes, bad_files[_i].n)), bad_files[_i].err);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("setkey_watch");
	TCase *t = tcase_create("watch");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, recorded_messages);
	tcase_add_test(t, damaged_messages);
	tcase_add_loop_test(t, files_that_are_none, 0, sizeof(bad_files) / sizeof(bad_files[0]));
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
