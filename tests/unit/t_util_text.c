/* SPDX-License-Identifier: BSD-3-Clause */
/* text, names, log, time */
#include "util/log.h"
#include "util/names.h"
#include "util/text.h"
#include "util/time.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(text_builds)
{
	char        a[40];
	struct text t = text_in(a, sizeof(a));

	ck_assert_str_eq(a, "");
	text_add(&t, "one ");
	text_addf(&t, "%d%c", 23, ' ');
	text_char(&t, 'x');
	text_hex(&t, slice_of("\x00\xff\x1a", 3));
	text_add(&t, "");
	ck_assert_str_eq(a, "one 23 x00ff1a");
	ck_assert_uint_eq(t.n, strlen(a));
	ck_assert(!t.cut);
}
END_TEST

/* Everything that adds, at every length around the room there is: fits whole, or ends in "...". */
static void
add_kind(struct text *t, int kind, const char *s)
{
	switch (kind) {
	case 0:
		text_add(t, s);
		break;
	case 1:
		text_addf(t, "%s", s);
		break;
	case 2:
		for (; *s != '\0'; s++)
			text_char(t, *s);
		break;
	default:
		text_peer(t, slice_str(s));
		break;
	}
}

START_TEST(text_truncates)
{
	for (int kind = 0; kind < 4; kind++) {
		for (size_t cap = 5; cap < 20; cap++) {
			for (size_t n = 0; n < 25; n++) {
				char        a[32], want[32];
				char        s[] = "abcdefghijklmnopqrstuvwxyz";
				struct text t;

				memset(a, '#', sizeof(a));
				s[n] = '\0';
				memcpy(want, s, sizeof(s));
				if (n > cap - 1) {
					want[cap - 1] = '\0';
					memcpy(want + cap - 4, "...", 3);
				}
				t = text_in(a, cap);
				add_kind(&t, kind, s);
				ck_assert_str_eq(a, want);
				ck_assert_int_eq(t.cut, n > cap - 1);
				ck_assert_uint_eq(t.n, strlen(a));
				ck_assert_int_eq(a[cap], '#');
				if (!t.cut)
					continue;
				/* once cut, nothing is added any more */
				for (int again = 0; again < 4; again++)
					add_kind(&t, again, "z");
				text_hex(&t, slice_of("z", 1));
				ck_assert_str_eq(a, want);
			}
		}
	}
}
END_TEST

START_TEST(text_full_then_more)
{
	char        a[8];
	struct text t = text_in(a, sizeof(a));

	text_add(&t, "1234567");
	ck_assert(!t.cut);
	text_add(&t, "");
	text_addf(&t, "%s", "");
	ck_assert(!t.cut);
	text_char(&t, '8');
	ck_assert(t.cut);
	ck_assert_str_eq(a, "1234...");
}
END_TEST

START_TEST(text_escapes_peers)
{
	char        a[80];
	struct text t = text_in(a, sizeof(a));

	text_peer(&t, slice_of("a b\\c\n\0\x1b[31m\x7f\xc3\xa9~", 16));
	ck_assert_str_eq(a, "a b\\\\c\\x0a\\x00\\x1b[31m\\x7f\\xc3\\xa9~");
	t = text_in(a, 9);
	text_peer(&t, slice_of("\x01\x02\x03", 3));
	ck_assert_str_eq(a, "\\x01\\...");
	t = text_in(a, sizeof(a));
	text_peer(&t, slice_of(NULL, 0));
	ck_assert_str_eq(a, "");
	for (int c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;

		t = text_in(a, sizeof(a));
		text_peer(&t, slice_of(&byte, 1));
		for (const char *p = a; *p != '\0'; p++)
			ck_assert(*p >= 0x20 && *p < 0x7f);
		ck_assert_uint_eq(t.n, c == '\\' ? 2 : c >= 0x20 && c < 0x7f ? 1 : 4);
	}
}
END_TEST

static const struct name fruit[] = {
	{ 1, "apple" }, { 2, "banana" }, { 7, "blackberry" }, { 0xffffffff, "cherry" },
};
static const struct names fruits = { "FRUIT", fruit, 4 };

START_TEST(names_both_ways)
{
	struct name_buf buf;
	uint32_t        v = 42;

	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(name_of(&fruits, fruit[i].value, &buf), fruit[i].name);
		ck_assert_int_eq(name_find(&fruits, fruit[i].name, &v), IKE_OK);
		ck_assert_uint_eq(v, fruit[i].value);
	}
	ck_assert_str_eq(name_of(&fruits, 17, &buf), "FRUIT_17");
	ck_assert_str_eq(name_of(&fruits, 4294967294u, &buf), "FRUIT_4294967294");
	v = 42;
	ck_assert_int_eq(name_find(&fruits, "Apple", &v), IKE_E_NOTFOUND);
	ck_assert_int_eq(name_find(&fruits, "appl", &v), IKE_E_NOTFOUND);
	ck_assert_int_eq(name_find(&fruits, "", &v), IKE_E_NOTFOUND);
	ck_assert_uint_eq(v, 42);
}
END_TEST

START_TEST(names_long_prefix_is_cut)
{
	static const struct names t = { "A_PREFIX_THAT_IS_LONGER_THAN_THE_WHOLE_BUFFER", NULL, 0 };
	struct name_buf           buf;

	ck_assert_uint_eq(strlen(name_of(&t, 1, &buf)), sizeof(buf.s) - 1);
}
END_TEST

START_TEST(distances)
{
	static const struct {
		const char *a, *b;
		unsigned    want;
	} cases[] = {
		{ "", "", 0 },           { "", "abc", 3 },          { "abc", "abc", 0 },       { "abc", "ABC", 0 },
		{ "abc", "abd", 1 },     { "abc", "ab", 1 },        { "abc", "xabc", 1 },      { "abc", "acb", 1 },
		{ "kitten", "sitting", 3 }, { "ab", "ba", 1 },      { "abcd", "badc", 2 },     { "abc", "xyz", 3 },
		{ "exchange_mode", "exchnage_mode", 1 },            { "rsasig", "rsa_sig", 1 },
	};
	char long_word[65];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_uint_eq(name_distance(cases[i].a, cases[i].b), cases[i].want);
		ck_assert_uint_eq(name_distance(cases[i].b, cases[i].a), cases[i].want);
	}
	memset(long_word, 'x', 64);
	long_word[64] = '\0';
	ck_assert_uint_eq(name_distance("x", long_word), NAME_FAR);
	ck_assert_uint_eq(name_distance(long_word, "x"), NAME_FAR);
	long_word[63] = '\0';
	ck_assert_uint_eq(name_distance("x", long_word), 62);
}
END_TEST

START_TEST(suggestions)
{
	static const char *const cases[][2] = {
		{ "aple", "apple" },    { "appel", "apple" },       { "bananna", "banana" }, { "BANANA", "banana" },
		{ "blakbery", "blackberry" }, { "blackbird", "blackberry" }, { "blackmail", NULL }, { "chery", "cherry" },  { "xyz", NULL },
		{ "", NULL },           { "ap", NULL },             { "banapple", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *got = name_suggest(&fruits, cases[i][0]);

		ck_assert_msg(cases[i][1] == NULL ? got == NULL : got != NULL && strcmp(got, cases[i][1]) == 0,
		    "%s: %s", cases[i][0], got == NULL ? "nothing" : got);
	}
}
END_TEST

START_TEST(the_closest_wins)
{
	static const struct name  v[] = { { 1, "abcdex" }, { 2, "abcdef" }, { 3, "abcdeg" } };
	static const struct names t = { "X", v, 3 };

	ck_assert_str_eq(name_suggest(&t, "abcdef"), "abcdef");
	ck_assert_str_eq(name_suggest(&t, "abcdez"), "abcdex");    /* the first among equals */
}
END_TEST

struct heard {
	int              n;
	enum log_level   level;
	char             peer[40];
	char             text[1100];
};

static void
listen(void *arg, const struct log_record *r)
{
	struct heard *h = arg;

	h->n++;
	h->level = r->level;
	strcpy(h->peer, r->peer == NULL ? "-" : r->peer);
	ck_assert_uint_lt(strlen(r->text), sizeof(h->text));
	strcpy(h->text, r->text);
}

START_TEST(log_levels)
{
	struct heard  h = { 0 };
	struct logger l = { listen, &h, LOG_L_INFO };
	struct logger dead = { 0 };

	log_put(&l, LOG_L_INFO, "192.0.2.1", "hello %d", 5);
	ck_assert_int_eq(h.n, 1);
	ck_assert_int_eq(h.level, LOG_L_INFO);
	ck_assert_str_eq(h.peer, "192.0.2.1");
	ck_assert_str_eq(h.text, "hello 5");
	log_put(&l, LOG_L_DEBUG, NULL, "not made");
	ck_assert_int_eq(h.n, 1);
	log_put(&l, LOG_L_ERROR, NULL, "made");
	ck_assert_int_eq(h.n, 2);
	ck_assert_str_eq(h.peer, "-");
	log_put(NULL, LOG_L_ERROR, NULL, "nowhere");
	log_put(&dead, LOG_L_ERROR, NULL, "nowhere");
	ck_assert_int_eq(h.n, 2);
}
END_TEST

START_TEST(log_long_text_is_cut)
{
	struct heard  h = { 0 };
	struct logger l = { listen, &h, LOG_L_DEBUG2 };
	char          big[3000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_put(&l, LOG_L_DEBUG2, NULL, "%s", big);
	ck_assert_uint_eq(strlen(h.text), 1000);
	ck_assert_str_eq(h.text + 996, "x...");
	big[1000] = '\0';
	log_put(&l, LOG_L_DEBUG2, NULL, "%s", big);
	ck_assert_str_eq(h.text, big);
}
END_TEST

START_TEST(log_names)
{
	ck_assert_str_eq(log_level_name(LOG_L_ERROR), "error");
	ck_assert_str_eq(log_level_name(LOG_L_WARNING), "warning");
	ck_assert_str_eq(log_level_name(LOG_L_NOTIFY), "notify");
	ck_assert_str_eq(log_level_name(LOG_L_INFO), "info");
	ck_assert_str_eq(log_level_name(LOG_L_DEBUG), "debug");
	ck_assert_str_eq(log_level_name(LOG_L_DEBUG2), "debug2");
	ck_assert_str_eq(log_level_name((enum log_level)99), "debug2");
}
END_TEST

START_TEST(rate_limit)
{
	struct log_limit l = { .per = SEC(10), .burst = 3 };
	uint64_t         missed = 99;
	ike_time         now = SEC(1000);

	for (int i = 0; i < 3; i++) {
		ck_assert(log_allow(&l, now, &missed));
		ck_assert_uint_eq(missed, 0);
	}
	missed = 99;
	for (int i = 0; i < 5; i++)
		ck_assert(!log_allow(&l, now + SEC(9), &missed));
	ck_assert_uint_eq(missed, 99);
	ck_assert(log_allow(&l, now + SEC(10), &missed));
	ck_assert_uint_eq(missed, 5);
	ck_assert(!log_allow(&l, now + SEC(10), &missed));
	/* the odd seconds are not lost: one at 20, one at 30 */
	ck_assert(!log_allow(&l, now + SEC(19), &missed));
	ck_assert(log_allow(&l, now + SEC(29), &missed));
	ck_assert_uint_eq(missed, 2);
	ck_assert(log_allow(&l, now + SEC(30), &missed));
	ck_assert(!log_allow(&l, now + SEC(31), &missed));
	/* after a long rest there are three again, not more */
	now += SEC(100000);
	for (int i = 0; i < 3; i++)
		ck_assert(log_allow(&l, now, &missed));
	ck_assert(!log_allow(&l, now, &missed));
}
END_TEST

/* Over a long time at any load: never more than burst + time / per. */
START_TEST(rate_limit_holds)
{
	struct log_limit l = { .per = MSEC(100), .burst = 5 };
	uint64_t         allowed = 0, refused = 0, told = 0, missed;

	for (int ms = 0; ms < 60000; ms += 7) {
		if (log_allow(&l, MSEC(ms), &missed)) {
			allowed++;
			told += missed;
		} else {
			refused++;
		}
	}
	ck_assert_uint_le(allowed, 605);
	ck_assert_uint_ge(allowed, 600);
	ck_assert_uint_eq(told + l.suppressed, refused);
}
END_TEST

START_TEST(rate_limit_odd)
{
	struct log_limit none = { 0 }, one = { .per = SEC(1) };
	uint64_t         missed;

	for (int i = 0; i < 100; i++)
		ck_assert(log_allow(&none, 0, &missed));
	ck_assert(log_allow(&one, SEC(5), &missed));
	ck_assert(!log_allow(&one, SEC(5), &missed));
	ck_assert(!log_allow(&one, SEC(4), &missed));    /* a clock that went back does no harm */
	ck_assert(log_allow(&one, SEC(6), &missed));
	ck_assert_uint_eq(missed, 2);
}
END_TEST

START_TEST(times_do_not_overflow)
{
	ck_assert_int_eq(time_add(5, 6), 11);
	ck_assert_int_eq(time_add(5, -6), -1);
	ck_assert_int_eq(time_add(IKE_NEVER, 0), IKE_NEVER);
	ck_assert_int_eq(time_add(0, IKE_NEVER), IKE_NEVER);
	ck_assert_int_eq(time_add(IKE_NEVER, -1), IKE_NEVER);
	ck_assert_int_eq(time_add(IKE_NEVER - 1, 1), IKE_NEVER);
	ck_assert_int_eq(time_add(IKE_NEVER - 1, 2), IKE_NEVER);
	ck_assert_int_eq(time_add(IKE_NEVER - 2, 1), IKE_NEVER - 1);
	ck_assert_int_eq(SEC(1), MSEC(1000));
	ck_assert_int_eq(MSEC(1), USEC(1000));
}
END_TEST

int
main(void)
{
	Suite   *s = suite_create("util_text");
	TCase   *t = tcase_create("text");
	SRunner *r = srunner_create(s);
	int      failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, text_builds);
	tcase_add_test(t, text_truncates);
	tcase_add_test(t, text_full_then_more);
	tcase_add_test(t, text_escapes_peers);
	tcase_add_test(t, names_both_ways);
	tcase_add_test(t, names_long_prefix_is_cut);
	tcase_add_test(t, distances);
	tcase_add_test(t, suggestions);
	tcase_add_test(t, the_closest_wins);
	tcase_add_test(t, log_levels);
	tcase_add_test(t, log_long_text_is_cut);
	tcase_add_test(t, log_names);
	tcase_add_test(t, rate_limit);
	tcase_add_test(t, rate_limit_holds);
	tcase_add_test(t, rate_limit_odd);
	tcase_add_test(t, times_do_not_overflow);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
