/* SPDX-License-Identifier: BSD-3-Clause */
#include "ident/psk.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct slice
text_of(const char *s)
{
	return slice_of(s, strlen(s));
}

/* The key of |id| in |text| is |want|, found in |line|. */
static void
expect_key(const char *text, const char *id, const char *want, unsigned line)
{
	uint8_t key[PSK_MAX];
	unsigned at = 0;
	size_t len = 0;

	ck_assert_int_eq(psk_find(text_of(text), id, key, &len, &at), IKE_OK);
	ck_assert_uint_eq(len, strlen(want));
	ck_assert_mem_eq(key, want, len);
	ck_assert_uint_eq(at, line);
	ck_assert_int_eq(psk_find(text_of(text), id, key, &len, NULL), IKE_OK);
}

static void
expect_err(const char *text, const char *id, ike_err want)
{
	uint8_t key[PSK_MAX];
	unsigned at = 77;
	size_t len = 77, i;

	memset(key, 0xa5, sizeof(key));
	ck_assert_int_eq(psk_find(text_of(text), id, key, &len, &at), want);
	ck_assert(len == 77 && at == 77);
	for (i = 0; i < sizeof(key); i++)
		ck_assert_int_eq(key[i], 0xa5);
}

static const char file[] = "# comment with 192.0.2.7 in it\n"
			   "192.0.2.7\tsecret with blanks allowed\n"
			   "\n"
			   "   \t \n"
			   "2001:db8::1    0x00112233445566\n"
			   "peer.example \t another secret \t\n"
			   "  # indented\n"
			   "user@example  xauth-or-aggressive-secret\n"
			   "192.0.2.7 second is never found\n"
			   "quoted \"abc\"\n"
			   "*  anybody\n"
			   "192.0.2.8 behind the wildcard\n"
			   "nokey\n"
			   "nokey2   \n"
			   "last no newline";

START_TEST(the_rules_of_racoon)
{
	uint8_t key[PSK_MAX];
	size_t len;

	expect_key(file, "192.0.2.7", "secret with blanks allowed", 2);
	ck_assert_int_eq(psk_find(text_of(file), "2001:db8::1", key, &len, NULL), IKE_OK);
	ck_assert_uint_eq(len, 7);
	ck_assert_mem_eq(key, "\x00\x11\x22\x33\x44\x55\x66", 7);
	expect_key(file, "peer.example", "another secret \t", 6);
	expect_key(file, "#", "indented", 7);
	expect_key(file, "user@example", "xauth-or-aggressive-secret", 8);
	expect_key(file, "quoted", "\"abc\"", 10);
	/* the wildcard is the last resort wherever it stands */
	expect_key(file, "192.0.2.8", "behind the wildcard", 12);
	expect_key(file, "192.0.2.9", "anybody", 11);
	expect_key(file, "*", "anybody", 11);
	/* lines without a key are none */
	expect_key(file, "nokey", "anybody", 11);
	expect_key(file, "nokey2", "anybody", 11);
	expect_key(file, "last", "no newline", 15);
}
END_TEST

START_TEST(comparison_is_exact)
{
	const char *text = "peer.example a\npeer.example.org b\nPEER.example c\n";

	expect_key(text, "peer.example.org", "b", 2);
	expect_key(text, "PEER.example", "c", 3);
	expect_err(text, "peer.exampl", IKE_E_NO_PSK);
	expect_err(text, "peer.example.", IKE_E_NO_PSK);
	expect_err(text, "", IKE_E_NO_PSK);
	expect_err(text, "# comment", IKE_E_NO_PSK);
	expect_err("", "x", IKE_E_NO_PSK);
	expect_err("\n\n", "x", IKE_E_NO_PSK);
	expect_err("#x y\n", "#x", IKE_E_NO_PSK);
	expect_err(" ", "", IKE_E_NO_PSK);
	expect_err("x\n", "x", IKE_E_NO_PSK);
	/* "*" is not a pattern */
	expect_err("192.0.2.* key\n", "192.0.2.1", IKE_E_NO_PSK);
}
END_TEST

START_TEST(hexadecimal)
{
	const char *text = "odd 0x123\nbad 0x12g4\nempty 0x\nblanks 0x12 34\t56\nupper "
			   "0xABCDEF\ncr 0x4142\r\nprefix 0X41\nlast 0x41";

	expect_err(text, "odd", IKE_E_SYNTAX);
	expect_err(text, "bad", IKE_E_SYNTAX);
	expect_err(text, "empty", IKE_E_SYNTAX);
	expect_key(text, "blanks", "\x12\x34\x56", 4);
	expect_key(text, "upper", "\xab\xcd\xef", 5);
	expect_key(text, "cr", "AB", 6);
	expect_key(text, "prefix", "0X41", 7);
	expect_key(text, "last", "A", 8);
	/* a bad line decides, also when a wildcard or a later line would do */
	expect_err("x 0x1\nx good\n* good\n", "x", IKE_E_SYNTAX);
}
END_TEST

START_TEST(carriage_return_belongs_to_the_key)
{
	expect_key("x secret\r\ny other\r\n", "x", "secret\r", 1);
	expect_key("x secret\r\ny other\r\n", "y", "other\r", 2);
	expect_err("x\r\n\r\n", "x", IKE_E_NO_PSK);
}
END_TEST

/* A line of |id|, a blank and |n| times |c|, and a second line. */
static char *
long_text(const char *id, size_t n, char c)
{
	char *s = malloc(n + 100);
	size_t at = strlen(id);

	ck_assert_ptr_nonnull(s);
	memcpy(s, id, at);
	s[at++] = ' ';
	memset(s + at, c, n);
	memcpy(s + at + n, "\nnext key\n", 11);
	return s;
}

START_TEST(long_lines)
{
	static const size_t sizes[] = { 1, 1015, 1020, 1021, 1022, 1023, 1024, 1025, 4096, 70000 };
	uint8_t key[PSK_MAX];
	size_t i, len;
	unsigned line;
	char *s;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		s = long_text("x", sizes[i], 'k');
		if (sizes[i] <= PSK_MAX) {
			ck_assert_int_eq(psk_find(text_of(s), "x", key, &len, &line), IKE_OK);
			ck_assert_uint_eq(len, sizes[i]);
		} else {
			ck_assert_int_eq(psk_find(text_of(s), "x", key, &len, &line), IKE_E_SYNTAX);
		}
		ck_assert_int_eq(psk_find(text_of(s), "next", key, &len, &line), IKE_OK);
		ck_assert_uint_eq(line, 2);
		/* the tail of a long line is no line of its own */
		ck_assert_int_eq(psk_find(text_of(s), "k", key, &len, &line), IKE_E_NO_PSK);
		free(s);
	}
	for (i = 0; i < 3; i++) {
		/* 2048 hex digits just fit, 2049 are odd, 2050 too many */
		s = long_text("h 0x", 2 * PSK_MAX + i, '1');
		memmove(s + 4, s + 5, strlen(s + 5) + 1);
		ck_assert_int_eq(
		    psk_find(text_of(s), "h", key, &len, &line), i == 0 ? IKE_OK : IKE_E_SYNTAX);
		free(s);
	}
}
END_TEST

struct notes {
	unsigned of_line[64];
	unsigned calls;
};

static void
note(void *arg, unsigned line, unsigned notes)
{
	struct notes *n = arg;

	ck_assert_uint_lt(line, 64);
	ck_assert_uint_ne(notes, 0);
	n->of_line[line] |= notes;
	n->calls++;
}

START_TEST(doubtful_lines)
{
	struct notes n = { 0 };
	char *s;

	psk_check(text_of("# fine\nx key\ny \"key\"\nz key \nw key\r\nv 0x1\nu\n # hidden\nt "
			  "'a'\ns \"\nr 0x12 \nq \"k\"  \r\n* any\n\np 0xzz\r\n"),
	    note, &n);
	ck_assert_uint_eq(n.of_line[1], 0);
	ck_assert_uint_eq(n.of_line[2], 0);
	ck_assert_uint_eq(n.of_line[3], PSK_QUOTED);
	ck_assert_uint_eq(n.of_line[4], PSK_TRAILING_BLANK);
	ck_assert_uint_eq(n.of_line[5], PSK_CR);
	ck_assert_uint_eq(n.of_line[6], PSK_BAD_HEX);
	ck_assert_uint_eq(n.of_line[7], PSK_NO_KEY);
	ck_assert_uint_eq(n.of_line[8], PSK_COMMENT_INDENTED);
	ck_assert_uint_eq(n.of_line[9], PSK_QUOTED);
	ck_assert_uint_eq(n.of_line[10], 0);
	ck_assert_uint_eq(n.of_line[11], 0);
	ck_assert_uint_eq(n.of_line[12], PSK_QUOTED | PSK_TRAILING_BLANK | PSK_CR);
	ck_assert_uint_eq(n.of_line[13], 0);
	ck_assert_uint_eq(n.of_line[15], PSK_BAD_HEX | PSK_CR);
	ck_assert_uint_eq(n.calls, 9);
	n = (struct notes){ 0 };
	s = long_text("x", 1021, 'k');
	psk_check(text_of(s), note, &n);
	ck_assert_uint_eq(n.calls, 0);
	free(s);
	s = long_text("x", 1022, 'k');
	psk_check(text_of(s), note, &n);
	ck_assert_uint_eq(n.of_line[1], PSK_LONG_LINE);
	free(s);
}
END_TEST

/* Any bytes at all, at the very end of their memory. */
START_TEST(any_bytes)
{
	static const char alphabet[] = "ab*#0x1 \t\r\n\"";
	uint32_t rng = 7, round, i, n;
	uint8_t key[PSK_MAX];
	struct notes notes;
	size_t len;

	for (round = 0; round < 20000; round++) {
		uint8_t *p;

		rng = rng * 1664525u + 1013904223u;
		n = (rng >> 16) % 24;
		p = malloc(n + 1);
		ck_assert_ptr_nonnull(p);
		for (i = 0; i < n; i++) {
			rng = rng * 1664525u + 1013904223u;
			p[i + 1] =
			    (uint8_t)((rng >> 8) % 9 == 0 ? rng >> 24
							  : (uint32_t)alphabet[(rng >> 12) % 12]);
		}
		notes = (struct notes){ 0 };
		if (psk_find(slice_of(p + 1, n), "a", key, &len, NULL) == IKE_OK)
			ck_assert(len >= 1 && len <= n);
		psk_check(slice_of(p + 1, n), note, &notes);
		free(p);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("psk");
	TCase *t = tcase_create("psk");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_rules_of_racoon);
	tcase_add_test(t, comparison_is_exact);
	tcase_add_test(t, hexadecimal);
	tcase_add_test(t, carriage_return_belongs_to_the_key);
	tcase_add_test(t, long_lines);
	tcase_add_test(t, doubtful_lines);
	tcase_add_test(t, any_bytes);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
