/* SPDX-License-Identifier: BSD-3-Clause */
/* The PF_KEY transport: answers among events, dumps, and everything that can be lost on the way. */
#include "kern/pfkey_sock.h"
#include "unit/fail_alloc.h"
#include "unit/pfkey_fake.h"
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <errno.h>
#include <linux/pfkeyv2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define LINUX "../pfkey/linux-6.1"

static struct pfkey_sock s;
static struct vector news; /* a change by somebody else */
static struct pfkey_msg m;
static unsigned answers;

static void
setup(void)
{
	fake_reset();
	answers = 0;
	vector_find(LINUX, "ev-policy-new", 0, &news);
	ck_assert_int_eq(pfkey_sock_open(&s, true), IKE_OK);
	ck_assert_int_eq(pfkey_put_plain(&m, SADB_FLUSH, PROTO_NONE), IKE_OK);
}

static void
teardown(void)
{
	pfkey_sock_close(&s);
	fake_reset();
}

static struct slice
event(void)
{
	return slice_of(news.b, news.n);
}

static void
count(void *arg, struct slice msg)
{
	(void)arg;
	ck_assert_uint_ge(msg.n, 16);
	answers++;
}

static bool
ask(void)
{
	bool ok = pfkey_sock_ask(&s, &m, 7, count, NULL);

	pfkey_sock_settle(&s);
	return ok;
}

static bool
is_readable(void)
{
	struct pollfd p = { .fd = s.poll, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* The next note must be |want|; true: it was there. */
static bool
next_is(struct slice want)
{
	struct pfkey_note *n = pfkey_sock_next(&s);
	bool same = n != NULL && slice_equal(slice_of(n->b, n->n), want);

	free(n);
	pfkey_sock_settle(&s);
	return same;
}

static void
no_more_notes(void)
{
	ck_assert_ptr_null(pfkey_sock_next(&s));
	pfkey_sock_settle(&s);
	ck_assert(!is_readable());
}

static void
answer_among_events(const struct fake_request *r)
{
	uint8_t other[16];

	ck_assert_uint_eq(r->seq, 7);
	ck_assert_uint_eq(r->pid, s.pid);
	fake_write(r->to, event());
	/* almost an answer: another sequence number, another process, another type */
	memcpy(other, r->p, 16);
	other[8] ^= 1;
	fake_write(r->to, slice_of(other, 16));
	other[8] ^= 1;
	other[12] ^= 1;
	fake_write(r->to, slice_of(other, 16));
	fake_answer(r, slice_of(NULL, 0), 0);
	fake_write(r->to, event());
	fake_answer(r, slice_of(NULL, 0), 0); /* the echo for everybody */
}

START_TEST(answers_among_events)
{
	uint8_t like[16];

	fake.on_send = answer_among_events;
	/* what waits before the request is no answer, whatever it looks like */
	pfkey_set_asker(&m, 7, s.pid);
	memcpy(like, m.b, 16);
	fake_write(fake.event_socket, slice_of(like, 16));
	ck_assert(ask());
	ck_assert_uint_eq(answers, 1);
	ck_assert(is_readable());
	ck_assert(next_is(slice_of(like, 16)));
	ck_assert(next_is(event()));
	like[8] ^= 1;
	ck_assert(next_is(slice_of(like, 16)));
	like[8] ^= 1;
	like[12] ^= 1;
	ck_assert(next_is(slice_of(like, 16)));
	ck_assert(is_readable());
	ck_assert(next_is(event()));
	no_more_notes();
	ck_assert(!pfkey_sock_overrun(&s));
}
END_TEST

START_TEST(events_alone)
{
	ck_assert(!is_readable());
	fake_write(fake.event_socket, event());
	ck_assert(is_readable());
	ck_assert(next_is(event()));
	no_more_notes();
	/* answers to others' questions are not worth a note */
	vector_find(LINUX, "register", 0, &news);
	fake_write(fake.event_socket, event());
	no_more_notes();
	/* but what makes no sense is handed on, to be counted */
	fake_write(fake.event_socket, slice_of("x", 1));
	ck_assert(next_is(slice_of("x", 1)));
}
END_TEST

static void
refuse(const struct fake_request *r)
{
	fake_answer(r, slice_of(NULL, 0), EEXIST);
}

START_TEST(refusals)
{
	fake.on_send = refuse;
	ck_assert(!ask());
	ck_assert_int_eq(s.errnum, EEXIST);
	ck_assert_uint_eq(answers, 0);
	fake.refuse_send = EMSGSIZE;
	ck_assert(!ask());
	ck_assert_int_eq(s.errnum, EMSGSIZE);
	fake.refuse_send = EINTR; /* once */
	ck_assert(!ask());
	ck_assert_int_eq(s.errnum, EEXIST);
	ck_assert(!pfkey_sock_overrun(&s));
}
END_TEST

/* The request was carried out or not: nobody knows. */
START_TEST(lost_answers)
{
	ck_assert(!ask());
	ck_assert_int_eq(s.errnum, ENOBUFS);
	fake.refuse_socket = EMFILE;
	ck_assert(!pfkey_sock_dump(&s, &m, count, NULL));
	ck_assert_int_eq(s.errnum, EMFILE);
}
END_TEST

#define LARGE 70000

static uint8_t large[LARGE];

static void
answer_after_large(const struct fake_request *r)
{
	fake_write(r->to, slice_of(large, LARGE));
	fake_answer(r, slice_of(NULL, 0), 0);
}

/* A message larger than the buffer is lost, which is said; the next of its kind is not. */
START_TEST(truncated_messages)
{
	fake.on_send = answer_after_large;
	ck_assert(ask());
	ck_assert(is_readable());
	ck_assert(pfkey_sock_overrun(&s));
	ck_assert(!pfkey_sock_overrun(&s));
	pfkey_sock_settle(&s);
	no_more_notes();
	fake_write(fake.event_socket, slice_of(large, LARGE));
	ck_assert(next_is(slice_of(large, LARGE)));
	no_more_notes();
	ck_assert(!pfkey_sock_overrun(&s));
}
END_TEST

/* More than may be kept. */
static void
flood(const struct fake_request *r)
{
	/* what is read is kept, up to 8 MiB */
	s.held = 8 << 20;
	fake_write(r->to, event());
	fake_answer(r, slice_of(NULL, 0), 0);
}

START_TEST(too_many_notes)
{
	fake.on_send = flood;
	ck_assert(ask());
	s.held = 0;
	ck_assert(is_readable());
	ck_assert(pfkey_sock_overrun(&s));
	pfkey_sock_settle(&s);
	no_more_notes();
}
END_TEST

static const char *plan; /* a digit: a row of that number; others see dump_as_planned() */

static void
dump_as_planned(const struct fake_request *r)
{
	for (const char *c = plan; *c != '\0'; c++) {
		if (*c >= '0' && *c <= '9')
			fake_row(r, event(), (uint32_t)(*c - '0'), 0);
		else if (*c == 'n')
			fake_answer(r, slice_of(NULL, 0), ENOENT);
		else if (*c == 'b')
			fake_answer(r, slice_of(NULL, 0), EBUSY);
		else if (*c == 'e')
			fake_write(r->to, event());
		else
			fake_write(r->to, slice_of(large, LARGE));
	}
}

START_TEST(dumps)
{
	static const struct {
		const char *plan;
		int errnum;
		unsigned rows;
	} v[] = { { "0", 0, 1 }, { "1230", 0, 4 }, { "e12e0e", 0, 3 }, { "n", 0, 0 },
		{ "b", EBUSY, 0 }, { "12b", EBUSY, 2 }, { "13", ENOBUFS, 1 }, { "12", ENOBUFS, 2 },
		{ "", ENOBUFS, 0 }, { "1L0", ENOBUFS, 1 }, { "110", ENOBUFS, 1 },
		{ "2", ENOBUFS, 0 } };

	fake.on_send = dump_as_planned;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		plan = v[i].plan;
		answers = 0;
		ck_assert_int_eq(pfkey_put_plain(&m, SADB_X_SPDDUMP, PROTO_NONE), IKE_OK);
		ck_assert_msg(
		    pfkey_sock_dump(&s, &m, count, NULL) == (v[i].errnum == 0), "%s", plan);
		ck_assert_int_eq(s.errnum, v[i].errnum);
		ck_assert_msg(answers == v[i].rows, "%s: %u rows", plan, answers);
	}
	/* each on a socket of its own: nothing of it is an event */
	ck_assert_uint_eq(fake.sockets, 1 + sizeof(v) / sizeof(v[0]));
	no_more_notes();
}
END_TEST

START_TEST(without_events)
{
	struct pfkey_sock quiet;

	ck_assert_int_eq(pfkey_sock_open(&quiet, false), IKE_OK);
	fake.on_send = answer_among_events;
	quiet.pid = s.pid;
	ck_assert(pfkey_sock_ask(&quiet, &m, 7, NULL, NULL));
	ck_assert(list_empty(&quiet.notes));
	ck_assert_int_eq(quiet.poll, -1);
	pfkey_sock_settle(&quiet);
	pfkey_sock_close(&quiet);
}
END_TEST

START_TEST(opening)
{
	static const struct {
		int errnum;
		ike_err err;
	} v[] = { { EAFNOSUPPORT, IKE_E_UNSUPPORTED }, { EPROTONOSUPPORT, IKE_E_UNSUPPORTED },
		{ ESOCKTNOSUPPORT, IKE_E_UNSUPPORTED }, { EPERM, IKE_E_PERM },
		{ EACCES, IKE_E_PERM }, { ENOMEM, IKE_E_NOMEM }, { EMFILE, IKE_E_IO } };
	struct pfkey_sock x;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		fake.refuse_socket = v[i].errnum;
		ck_assert_int_eq(pfkey_sock_open(&x, true), v[i].err);
		ck_assert_int_eq(errno, v[i].errnum);
		pfkey_sock_close(&x);
	}
	fail_alloc_at(1);
	ck_assert_int_eq(pfkey_sock_open(&x, true), IKE_E_NOMEM);
	fail_alloc_at(0);
	pfkey_sock_close(&x);
}
END_TEST

/* No memory for a note: it is as lost as others. */
START_TEST(no_memory)
{
	fake_write(fake.event_socket, event());
	fail_alloc_at(1);
	ck_assert_ptr_null(pfkey_sock_next(&s));
	fail_alloc_at(0);
	pfkey_sock_settle(&s);
	ck_assert(is_readable());
	ck_assert(pfkey_sock_overrun(&s));
	pfkey_sock_settle(&s);
	no_more_notes();
	/* no memory for a larger buffer: it stays as it is */
	fake_write(fake.event_socket, slice_of(large, LARGE));
	fake_write(fake.event_socket, event());
	fail_alloc_at(1);
	ck_assert(next_is(event()));
	fail_alloc_at(0);
	ck_assert(pfkey_sock_overrun(&s));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pfkey_sock");
	TCase *t = tcase_create("transport");
	SRunner *r = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, answers_among_events);
	tcase_add_test(t, events_alone);
	tcase_add_test(t, refusals);
	tcase_add_test(t, lost_answers);
	tcase_add_test(t, truncated_messages);
	tcase_add_test(t, too_many_notes);
	tcase_add_test(t, dumps);
	tcase_add_test(t, without_events);
	tcase_add_test(t, opening);
	tcase_add_test(t, no_memory);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
