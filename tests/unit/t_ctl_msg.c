/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/frame.h"
#include "ctl/proto.h"
#include "unit/fail_alloc.h"

#include <stdlib.h>
#include <string.h>

/* One of each type, nested. */
static ike_err
build(struct buf *out)
{
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_str(&p, "name", "web03");
	ctl_put_uint(&p, "count", 0x123456789abcdef0u);
	ctl_put_bool(&p, "up", true);
	ctl_put_quantity(&p, "since", CTL_TIME, 1700000000);
	ctl_put_quantity(&p, "age", CTL_SPAN, -5);
	ctl_put_quantity(&p, "volume", CTL_BYTES, 4096);
	ctl_put_spi(&p, "spi", 0x0e5ebf99);
	ctl_put_cookie(&p, "cookie", 0x0dabc77fac2d99fd);
	ctl_put_list(&p, "list");
	ctl_put_str(&p, NULL, "");
	ctl_put_record(&p, NULL);
	ctl_put_bool(&p, "inner", false);
	ctl_put_list(&p, "empty");
	ctl_put_end(&p);
	ctl_put_end(&p);
	ctl_put_end(&p);
	ike_err err = ctl_put_take(&p, out);
	ctl_put_free(&p);
	return err;
}

START_TEST(round_trip)
{
	struct buf msg = { 0 }, again = { 0 };
	struct ctl_node root, n, list;
	enum ctl_kind kind;
	struct ctl_put p;

	ck_assert_int_eq(build(&msg), IKE_OK);
	ck_assert_int_eq(ctl_open(buf_slice(&msg), &kind, &root), IKE_OK);
	ck_assert_int_eq(kind, CTL_M_ANSWER);
	ck_assert_uint_eq(ctl_count(&root), 9);
	ck_assert(ctl_is(&root, "name", "web03"));
	ck_assert(!ctl_is(&root, "name", "web0"));
	ck_assert(ctl_get_number(&root, "count") == 0x123456789abcdef0u);
	ck_assert(ctl_get_bool(&root, "up"));
	ck_assert_uint_eq(ctl_get_number(&root, "since"), 1700000000);
	ck_assert_uint_eq(ctl_get_number(&root, "age"), 0);
	ck_assert_uint_eq(ctl_get_number(&root, "volume"), 4096);
	ck_assert_uint_eq(ctl_get_number(&root, "spi"), 0x0e5ebf99);
	ck_assert(ctl_get_number(&root, "cookie") == 0x0dabc77fac2d99fd);
	ck_assert(ctl_find(&root, "spi", &n));
	ck_assert_int_eq(n.type, CTL_SPI);
	/* what is not there, or is of another type */
	ck_assert(!ctl_find(&root, "nam", &n));
	ck_assert_uint_eq(ctl_get_str(&root, "count").n, 0);
	ck_assert_uint_eq(ctl_get_number(&root, "name"), 0);
	ck_assert(!ctl_get_bool(&root, "count"));
	ck_assert(ctl_find(&root, "list", &list));
	struct rd r = ctl_members(&list);
	ck_assert(ctl_next(&r, &n));
	ck_assert_int_eq(n.type, CTL_STR);
	ck_assert_uint_eq(n.body.n, 0);
	ck_assert(ctl_next(&r, &n));
	ck_assert(ctl_find(&n, "empty", &n));
	ck_assert_uint_eq(ctl_count(&n), 0);
	ck_assert(!ctl_next(&r, &n));
	/* node by node it is the same message */
	ctl_put_init(&p, kind, 0);
	r = ctl_members(&root);
	while (ctl_next(&r, &n))
		ctl_put_node(&p, &n);
	ck_assert_int_eq(ctl_put_take(&p, &again), IKE_OK);
	ck_assert(slice_equal(buf_slice(&msg), buf_slice(&again)));
	buf_free(&msg);
	buf_free(&again);
}
END_TEST

/* A shorter message is refused, unless it ends where a member of the root does. */
START_TEST(shorter_is_refused)
{
	struct buf msg = { 0 };
	struct ctl_node root, n;
	enum ctl_kind kind;
	size_t whole[16], members = 0;

	ck_assert_int_eq(build(&msg), IKE_OK);
	ck_assert_int_eq(ctl_open(buf_slice(&msg), &kind, &root), IKE_OK);
	struct rd r = ctl_members(&root);
	whole[members++] = 2;
	while (ctl_next(&r, &n))
		whole[members++] = (size_t)(r.p - msg.p);
	for (size_t len = 0, next = 0; len < msg.n; len++) {
		bool ends = next < members && len == whole[next];
		/* a copy of that length, so that reading behind it is seen */
		uint8_t *p = malloc(len > 0 ? len : 1);
		ck_assert_ptr_nonnull(p);
		memcpy(p, msg.p, len);
		ck_assert_int_eq(ctl_open(slice_of(p, len), &kind, &root) == IKE_OK, ends);
		free(p);
		next += ends;
	}
	buf_free(&msg);
}
END_TEST

/* Bytes behind the header, and what is said of them. */
static const struct {
	const char *what;
	uint8_t b[24];
	size_t n;
	ike_err err;
} bad[] = {
	{ "another version", { 2, 1 }, 2, IKE_E_VERSION },
	{ "no kind", { 1, 0 }, 2, IKE_E_FORMAT },
	{ "unknown kind", { 1, 4 }, 2, IKE_E_FORMAT },
	{ "type 0", { 1, 1, 0, 1, 'a', 0, 0, 0, 0 }, 9, IKE_E_FORMAT },
	{ "unknown type", { 1, 1, CTL_TYPES, 1, 'a', 0, 0, 0, 0 }, 9, IKE_E_FORMAT },
	{ "member without name", { 1, 1, CTL_STR, 0, 0, 0, 0, 0 }, 8, IKE_E_FORMAT },
	{ "capital in a name", { 1, 1, CTL_STR, 1, 'A', 0, 0, 0, 0 }, 9, IKE_E_FORMAT },
	{ "name in a list", { 1, 1, CTL_LIST, 1, 'a', 0, 0, 0, 7, CTL_STR, 1, 'a', 0, 0, 0, 0 }, 16,
	    IKE_E_FORMAT },
	{ "short number", { 1, 1, CTL_UINT, 1, 'a', 0, 0, 0, 1, 0 }, 10, IKE_E_FORMAT },
	{ "long SPI", { 1, 1, CTL_SPI, 1, 'a', 0, 0, 0, 5, 0, 0, 0, 0, 0 }, 14, IKE_E_FORMAT },
	{ "neither true nor false", { 1, 1, CTL_BOOL, 1, 'a', 0, 0, 0, 1, 2 }, 10, IKE_E_FORMAT },
	{ "longer than the message", { 1, 1, CTL_STR, 1, 'a', 0, 0, 0, 9, 0 }, 10, IKE_E_SHORT },
	{ "member longer than its list",
	    { 1, 1, CTL_LIST, 1, 'a', 0, 0, 0, 6, CTL_STR, 0, 0, 0, 0, 1, 'x' }, 16, IKE_E_SHORT },
	{ "huge", { 1, 1, CTL_STR, 1, 'a', 0xff, 0xff, 0xff, 0xff }, 9, IKE_E_SHORT },
};

START_TEST(damaged_is_refused)
{
	struct ctl_node root = { .type = CTL_STR };
	enum ctl_kind kind = CTL_M_EVENT;
	ike_err err = ctl_open(slice_of(bad[_i].b, bad[_i].n), &kind, &root);

	ck_assert_msg(err == bad[_i].err, "%s: %s", bad[_i].what, ike_err_text(err));
	ck_assert_int_eq(kind, CTL_M_EVENT);
	ck_assert_int_eq(root.type, CTL_STR);
}
END_TEST

/* |depth| lists inside each other, by hand. */
static void
nested(unsigned depth, struct buf *out)
{
	struct wr w = { 0 };

	wr_u8(&w, CTL_VERSION);
	wr_u8(&w, CTL_M_REQUEST);
	for (unsigned i = 0; i < depth; i++) {
		wr_u8(&w, CTL_LIST);
		wr_u8(&w, i == 0);
		if (i == 0)
			wr_u8(&w, 'a');
		wr_u32(&w, 6 * (depth - i - 1));
	}
	ck_assert_int_eq(wr_take(&w, out), IKE_OK);
}

START_TEST(depth_is_bounded)
{
	struct buf msg = { 0 };
	struct ctl_node root;
	enum ctl_kind kind;
	struct ctl_put p;

	nested(CTL_DEPTH, &msg);
	ck_assert_int_eq(ctl_open(buf_slice(&msg), &kind, &root), IKE_OK);
	nested(CTL_DEPTH + 1, &msg);
	ck_assert_int_eq(ctl_open(buf_slice(&msg), &kind, &root), IKE_E_RANGE);
	nested(10000, &msg);
	ck_assert_int_eq(ctl_open(buf_slice(&msg), &kind, &root), IKE_E_RANGE);
	ctl_put_init(&p, CTL_M_ANSWER, 0);
	for (unsigned i = 0; i <= CTL_DEPTH; i++)
		ctl_put_record(&p, "a");
	for (unsigned i = 0; i <= CTL_DEPTH; i++)
		ctl_put_end(&p);
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_E_RANGE);
	ctl_put_free(&p);
	buf_free(&msg);
}
END_TEST

START_TEST(wrong_use_is_an_error)
{
	struct buf msg = { 0 };
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_list(&p, "open");
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_E_INTERNAL);
	ctl_put_free(&p);
	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_end(&p);
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_E_INTERNAL);
	ctl_put_free(&p);
	ctl_put_init(&p, CTL_M_ANSWER, 0);
	ctl_put_bool(&p, "Bad Name", true);
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_E_INTERNAL);
	ctl_put_free(&p);
	ctl_put_init(&p, CTL_M_ANSWER, 12);
	ctl_put_uint(&p, "a", 1);
	ck_assert_int_eq(ctl_put_take(&p, &msg), IKE_E_FULL);
	ctl_put_free(&p);
	ck_assert_ptr_null(msg.p);
}
END_TEST

START_TEST(without_memory)
{
	FAIL_EACH_ALLOC({
		struct buf msg = { 0 };
		ike_err err = build(&msg);
		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		buf_free(&msg);
	});
}
END_TEST

/* --- requests and answers --- */

START_TEST(requests)
{
	struct ctl_request rq = { .nargs = 1 }, got;
	struct buf msg = { 0 };

	rq.cmd = ctl_command_find(slice_str("up"));
	rq.args[0] = slice_str("kafka02");
	rq.options = CTL_OPT_NO_WAIT | CTL_OPT_LOCAL | CTL_OPT_SECTION | CTL_OPT_IKE;
	rq.local = slice_str("192.0.2.1");
	rq.section = slice_str("gw-b");
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_request(buf_slice(&msg), &got), IKE_OK);
	ck_assert_ptr_eq(got.cmd, rq.cmd);
	ck_assert_uint_eq(got.nargs, 1);
	ck_assert(slice_equal(got.args[0], rq.args[0]));
	ck_assert_uint_eq(got.options, rq.options);
	ck_assert(slice_equal(got.local, rq.local));
	ck_assert(slice_equal(got.section, rq.section));
	FAIL_EACH_ALLOC({
		struct buf m = { 0 };
		ck_assert_int_eq(ctl_put_request(&rq, &m), fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		buf_free(&m);
	});
	rq.options = CTL_OPT_FOLLOW;
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_request(buf_slice(&msg), &got), IKE_E_SYNTAX);
	rq.options = 0;
	rq.nargs = 2;
	rq.args[1] = slice_str("x");
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_request(buf_slice(&msg), &got), IKE_E_RANGE);
	rq.nargs = 0;
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_request(buf_slice(&msg), &got), IKE_E_RANGE);
	rq.cmd = ctl_command_find(slice_str("help"));
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_request(buf_slice(&msg), &got), IKE_E_NOTFOUND);
	buf_free(&msg);
}
END_TEST

static void
put_answer(struct buf *out, uint64_t status, bool result_is_list)
{
	struct ctl_put p;

	ctl_put_init(&p, CTL_M_ANSWER, 0);
	if (result_is_list)
		ctl_put_list(&p, "result");
	else
		ctl_put_record(&p, "result");
	ctl_put_end(&p);
	ctl_put_uint(&p, "status", status);
	ctl_put_quantity(&p, "time", CTL_TIME, 77);
	ctl_put_str(&p, "note", "n");
	ctl_put_record(&p, "error");
	ctl_put_str(&p, "code", "E-X");
	ctl_put_end(&p);
	ck_assert_int_eq(ctl_put_take(&p, out), IKE_OK);
}

START_TEST(answers)
{
	struct buf msg = { 0 };
	struct ctl_answer a;
	struct ctl_request rq = { .cmd = ctl_command_find(slice_str("status")) };

	put_answer(&msg, CTL_NOT_FOUND, false);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&msg), &a), IKE_OK);
	ck_assert_int_eq(a.status, CTL_NOT_FOUND);
	ck_assert_int_eq(a.time, 77);
	ck_assert(a.failed);
	ck_assert(ctl_is(&a.error, "code", "E-X"));
	ck_assert(slice_equal(a.note, slice_str("n")));
	put_answer(&msg, CTL_UNSAFE + 1, false);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&msg), &a), IKE_E_FORMAT);
	put_answer(&msg, CTL_DONE, true);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&msg), &a), IKE_E_FORMAT);
	ck_assert_int_eq(ctl_put_request(&rq, &msg), IKE_OK);
	ck_assert_int_eq(ctl_get_answer(buf_slice(&msg), &a), IKE_E_FORMAT);
	buf_free(&msg);
}
END_TEST

/* The table: names are unique, no command hides behind a longer one, every option has an owner. */
START_TEST(table_is_sound)
{
	unsigned used = 0;

	for (const struct ctl_command *c = ctl_commands; c->name != NULL; c++) {
		ck_assert_ptr_eq(ctl_command_find(slice_str(c->name)), c);
		ck_assert_uint_le(c->min, c->max);
		ck_assert_uint_le(c->max, CTL_ARGS_MAX);
		ck_assert_uint_gt(strlen(c->help), 0);
		ck_assert_int_eq(c->max > 0, c->args[0] != '\0');
		used |= c->options;
	}
	for (const struct ctl_option *o = ctl_options; o->name != NULL; o++) {
		ck_assert_ptr_eq(ctl_option_find(NULL, slice_str(o->name)), o);
		ck_assert_uint_ne(used & o->bit, 0);
		used &= ~o->bit;
	}
	ck_assert_uint_eq(used, 0);
	ck_assert_ptr_null(
	    ctl_option_find(ctl_command_find(slice_str("status")), slice_str("follow")));
	ck_assert_ptr_null(ctl_option_find(NULL, slice_str("bogus")));
	ck_assert_ptr_null(ctl_command_find(slice_str("config")));
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("ctl_msg");
	TCase *t = tcase_create("msg");

	tcase_add_test(t, round_trip);
	tcase_add_test(t, shorter_is_refused);
	tcase_add_loop_test(t, damaged_is_refused, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, depth_is_bounded);
	tcase_add_test(t, wrong_use_is_an_error);
	tcase_add_test(t, without_memory);
	tcase_add_test(t, requests);
	tcase_add_test(t, answers);
	tcase_add_test(t, table_is_sound);
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
