/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/writer.h"
#include "unit/fail_alloc.h"

#include <stdio.h>
#include <string.h>

#define NOW 1700000252

/* A message with one of each type. */
static void
build(struct buf *out)
{
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_str(&p, "name", "web\"03\\");
	ctl_put_uint(&p, "count", 18446744073709551615u);
	ctl_put_bool(&p, "up", true);
	ctl_put_quantity(&p, "since", CTL_TIME, 1700000000);
	ctl_put_quantity(&p, "age", CTL_SPAN, 252);
	ctl_put_quantity(&p, "volume", CTL_BYTES, 18637);
	ctl_put_spi(&p, "spi", 0x0e5ebf99);
	ctl_put_cookie(&p, "cookie", 0x0dabc77fac2d99fd);
	ctl_put_list(&p, "some_list");
	ctl_put_str(&p, NULL, "a\tb");
	ctl_put_record(&p, NULL);
	ctl_put_bool(&p, "inner", false);
	ctl_put_list(&p, "empty");
	ctl_put_end(&p);
	ctl_put_end(&p);
	ctl_put_uint(&p, NULL, 7);
	ctl_put_end(&p);
	ctl_put_str(&p, "text", "one\ntwo\n");
	ck_assert_int_eq(ctl_put_take(&p, out), IKE_OK);
}

static ike_err
print(const struct writer_ops *ops, struct slice msg, struct buf *out)
{
	struct ctl_node root;
	enum ctl_kind kind;
	struct writer w;

	ck_assert_int_eq(ctl_open(msg, &kind, &root), IKE_OK);
	writer_init(&w, ops, out, NOW);
	writer_start(&w, NULL);
	writer_str(&w, "schema", "x/1");
	writer_members(&w, &root);
	writer_end(&w);
	return w.err;
}

static void
expect(const struct writer_ops *ops, const char *want)
{
	struct buf msg = { 0 }, out = { 0 };

	build(&msg);
	ck_assert_int_eq(print(ops, buf_slice(&msg), &out), IKE_OK);
	ck_assert_int_eq(buf_append(&out, slice_of("", 1)), IKE_OK);
	ck_assert_str_eq((const char *)out.p, want);
	buf_free(&msg);
	buf_free(&out);
}

START_TEST(json)
{
	expect(&writer_json,
	    "{\"schema\":\"x/"
	    "1\",\"name\":\"web\\\"03\\\\\",\"count\":18446744073709551615,\"up\":true,"
	    "\"since\":\"2023-11-14T22:13:20Z\",\"age\":252,\"volume\":18637,\"spi\":"
	    "\"0x0e5ebf99\","
	    "\"cookie\":\"0dabc77fac2d99fd\",\"some_list\":[\"a\\u0009b\",{\"inner\":false,"
	    "\"empty\":[]},7],"
	    "\"text\":\"one\\ntwo\\n\"}\n");
}
END_TEST

START_TEST(kv)
{
	expect(&writer_kv, "schema\tx/"
			   "1\nname\tweb\"03\\\\\ncount\t18446744073709551615\nup\tyes\nsince\t2023"
			   "-11-14T22:13:20Z\n"
			   "age\t252\nvolume\t18637\nspi\t0x0e5ebf99\ncookie\t0dabc77fac2d99fd\nsom"
			   "e_list.0\ta\\tb\n"
			   "some_list.1.inner\tno\nsome_list.2\t7\ntext\tone\\ntwo\\n\n");
}
END_TEST

START_TEST(text)
{
	expect(&writer_text,
	    "schema          x/1\nname            web\"03\\\ncount           18446744073709551615\n"
	    "up              yes\nsince           4m12s ago\nage             4m12s\nvolume         "
	    " 18.2 KiB\n"
	    "spi             0x0e5ebf99\ncookie          0dabc77fac2d99fd\nsome list\n  - a?b\n  - "
	    "\n"
	    "    inner           no\n    empty\n  - 7\ntext\n  one\n  two\n");
}
END_TEST

/* Strings of any bytes give valid JSON: RFC 8259 section 8.1, "MUST be encoded using UTF-8". */
static const struct {
	const char *in, *out;
} strings[] = {
	{ "plain", "plain" },
	{ "\x01\x7f", "\\u0001\\u007f" },
	{ "\xc3\xa4", "\\u00e4" },
	{ "\xe2\x82\xac", "\\u20ac" },
	{ "\xf0\x9f\x94\x91", "\\ud83d\\udd11" },
	{ "\x80", "\\ufffd" },
	{ "\xc3", "\\ufffd" },
	{ "\xc0\xaf", "\\ufffd\\ufffd" }, /* overlong */
	{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" },
	{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },            /* a surrogate */
	{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" }, /* behind the last code point */
	{ "\xff\xfe", "\\ufffd\\ufffd" },
	{ "a\xe2\x82"
	  "b",
	    "a\\ufffd\\ufffdb" },
	{ "\n\r\"\\", "\\n\\u000d\\\"\\\\" },
};

START_TEST(json_strings)
{
	struct buf out = { 0 };
	struct writer w;
	char want[200];

	(void)snprintf(want, sizeof(want), "{\"s\":\"%s\"}\n", strings[_i].out);
	writer_init(&w, &writer_json, &out, 0);
	writer_start(&w, NULL);
	writer_str(&w, "s", strings[_i].in);
	writer_end(&w);
	ck_assert_int_eq(w.err, IKE_OK);
	ck_assert_int_eq(buf_append(&out, slice_of("", 1)), IKE_OK);
	ck_assert_str_eq((const char *)out.p, want);
	buf_free(&out);
}
END_TEST

static const struct {
	uint64_t n;
	const char *span, *bytes;
} numbers[] = {
	{ 0, "0s", "0 B" },
	{ 59, "59s", "59 B" },
	{ 60, "1m00s", "60 B" },
	{ 1023, "17m03s", "1023 B" },
	{ 1024, "17m04s", "1.0 KiB" },
	{ 3599, "59m59s", "3.5 KiB" },
	{ 3600, "1h00m", "3.5 KiB" },
	{ 86399, "23h59m", "84.3 KiB" },
	{ 86400, "1d0h", "84.3 KiB" },
	{ 1048575, "12d3h", "1023.9 KiB" },
	{ 1048576, "12d3h", "1.0 MiB" },
	{ UINT64_MAX, "213503982334601d7h", "15.9 EiB" },
};

START_TEST(spans_and_bytes)
{
	char a[64], b[64];
	struct text s = text_in(a, sizeof(a)), t = text_in(b, sizeof(b));

	span_text(numbers[_i].n, &s);
	bytes_text(numbers[_i].n, &t);
	ck_assert_str_eq(a, numbers[_i].span);
	ck_assert_str_eq(b, numbers[_i].bytes);
}
END_TEST

START_TEST(times)
{
	char a[64];
	struct text t = text_in(a, sizeof(a));

	time_text(0, &t);
	ck_assert_str_eq(a, "1970-01-01T00:00:00Z");
	t = text_in(a, sizeof(a));
	time_text(INT64_MAX, &t);
	ck_assert_str_eq(a, "9223372036854775807");
}
END_TEST

START_TEST(wrong_use_is_an_error)
{
	struct buf out = { 0 };
	struct writer w;

	writer_init(&w, &writer_json, &out, 0);
	writer_end(&w);
	ck_assert_int_eq(w.err, IKE_E_INTERNAL);
	writer_init(&w, &writer_json, &out, 0);
	writer_str(&w, "a", "b");
	ck_assert_int_eq(w.err, IKE_E_INTERNAL);
	writer_init(&w, &writer_json, &out, 0);
	for (unsigned i = 0; i <= WRITER_DEPTH; i++)
		writer_list(&w, NULL);
	ck_assert_int_eq(w.err, IKE_E_RANGE);
	buf_free(&out);
}
END_TEST

START_TEST(without_memory)
{
	static const struct writer_ops *const all[] = { &writer_json, &writer_kv, &writer_text };
	struct buf msg = { 0 };

	build(&msg);
	FAIL_EACH_ALLOC({
		struct buf out = { 0 };
		ike_err err = print(all[_i], buf_slice(&msg), &out);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		buf_free(&out);
	});
	buf_free(&msg);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("ctl_writer");
	TCase *t = tcase_create("writer");

	tcase_add_test(t, json);
	tcase_add_test(t, kv);
	tcase_add_test(t, text);
	tcase_add_loop_test(t, json_strings, 0, (int)(sizeof(strings) / sizeof(strings[0])));
	tcase_add_loop_test(t, spans_and_bytes, 0, (int)(sizeof(numbers) / sizeof(numbers[0])));
	tcase_add_test(t, times);
	tcase_add_test(t, wrong_use_is_an_error);
	tcase_add_loop_test(t, without_memory, 0, 3);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(suite());

	srunner_run_all(r, CK_ENV);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
