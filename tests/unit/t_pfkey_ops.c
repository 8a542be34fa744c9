/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PF_KEY back end against a kernel made of answers: what it asks, in which order, and what it makes of what
 * comes back.
 */
#include "kern/pfkey_ext.h"
#include "kern/pfkey_priv.h"
#include "unit/fail_alloc.h"
#include "unit/pfkey_fake.h"
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <errno.h>
#include <linux/pfkeyv2.h>
#include <stdlib.h>
#include <string.h>

#define LINUX "../pfkey/linux-6.1"

static struct kern *k;
static struct kern_event heard[8];
static unsigned nheard;
static int answer_errno[256];         /* by type */
static const char *answer_label[256]; /* the recorded message, by type; NULL: only a header */
static bool silent[256];              /* no answer at all */
static uint8_t last[PFKEY_BUF_SIZE];  /* the last request that changes something */
static size_t last_n;

static struct slice
recorded(const char *label, unsigned nth)
{
	static struct vector v;

	vector_find(LINUX, label, nth, &v);
	return slice_of(v.b, v.n);
}

static void
answer(const struct fake_request *r)
{
	const char *label = answer_label[r->type];
	bool dump = r->type == SADB_DUMP || r->type == SADB_X_SPDDUMP;

	if (r->type != SADB_GET && !dump) {
		memcpy(last, r->p, r->n);
		last_n = r->n;
	}
	if (silent[r->type])
		return;
	if (answer_errno[r->type] != 0 || label == NULL)
		fake_answer(r, slice_of(NULL, 0),
		    answer_errno[r->type] != 0 || !dump ? answer_errno[r->type] : ENOENT);
	else if (dump)
		fake_row(r, recorded(label, 0), 0, 0);
	else
		fake_answer(r, recorded(label, 0), 0);
}

static void
hear(void *arg, const struct kern_event *ev)
{
	(void)arg;
	ck_assert_uint_lt(nheard, 8);
	heard[nheard++] = *ev;
}

static struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static void
setup(void)
{
	const struct pfkey_options o = { .events = true, .probe = true };

	fake_reset();
	memset(answer_errno, 0, sizeof(answer_errno));
	memset(answer_label, 0, sizeof(answer_label));
	memset(silent, 0, sizeof(silent));
	nheard = 0;
	fake.on_send = answer;
	answer_label[SADB_REGISTER] = "register";
	answer_errno[SADB_UPDATE] = ESRCH;
	ck_assert_int_eq(pfkey_new(&o, &k), IKE_OK);
	answer_errno[SADB_UPDATE] = 0;
	k->on_event = hear;
	memset(fake.sent, 0, sizeof(fake.sent));
}

static void
teardown(void)
{
	kern_close(k);
	k = NULL;
	fake_reset();
}

static void
tell(const char *label)
{
	fake_write(fake.event_socket, recorded(label, 0));
}

START_TEST(opening)
{
	const struct pfkey_options all = { .events = true, .probe = true },
				   none = { .events = false }, probe = { .probe = true };
	struct kern *x;

	ck_assert_uint_eq(k->features, KERN_ESP | KERN_AH | KERN_IPCOMP | KERN_EVENTS_ALL | KERN_FEW_ALGS);
	ck_assert_str_eq(k->reason, "");
	ck_assert(pfkey_algs_have(pfkey_algs(k), ENCR_AES_CBC));
	ck_assert_int_ge(k->ops->fd(k), 0);
	/* a kernel without protocols */
	answer_errno[SADB_UPDATE] = EPROTONOSUPPORT;
	ck_assert_int_eq(pfkey_new(&probe, &x), IKE_OK);
	ck_assert_uint_eq(x->features, KERN_FEW_ALGS);
	ck_assert_int_eq(x->ops->fd(x), -1);
	x->ops->readable(x);
	kern_close(x);
	/* one that only asks does not register, and one that wants nothing asks nothing */
	memset(fake.sent, 0, sizeof(fake.sent));
	ck_assert_int_eq(pfkey_new(&none, &x), IKE_OK);
	ck_assert_uint_eq(fake.sent[SADB_REGISTER] + fake.sent[SADB_UPDATE], 0);
	kern_close(x);
	answer_errno[SADB_REGISTER] = EPERM;
	ck_assert_int_eq(pfkey_new(&all, &x), IKE_E_IO);
	ck_assert_int_eq(errno, EPERM);
	fake.refuse_socket = EAFNOSUPPORT;
	ck_assert_int_eq(pfkey_new(&all, &x), IKE_E_UNSUPPORTED);
	FAIL_EACH_ALLOC({
		ike_err err = pfkey_new(&none, &x);

		ck_assert_int_eq(err, fail_alloc_hit() ? IKE_E_NOMEM : IKE_OK);
		if (err == IKE_OK)
			kern_close(x);
	});
}
END_TEST

/* The policy of an ACQUIRE is looked up before it is told. */
START_TEST(acquires)
{
	answer_label[SADB_X_SPDGET] = "policy-by-index";
	tell("ev-acquire-transport4");
	ck_assert_uint_eq(nheard, 0);
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 1);
	ck_assert_int_eq(heard[0].kind, KERN_EV_ACQUIRE);
	ck_assert_uint_eq(heard[0].sp.ntmpl, 1);
	ck_assert_uint_eq(heard[0].sa.mode, heard[0].sp.tmpl[0].mode);
	ck_assert(sa_selector_equal(&heard[0].acq_sel, &heard[0].sp.id.sel));
	ck_assert_uint_eq(fake.sent[SADB_X_SPDGET], 1);
	/* gone by now */
	answer_errno[SADB_X_SPDGET] = ENOENT;
	tell("ev-acquire-transport4");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 1);
	ck_assert_uint_eq(pfkey_counters(k)->moot, 1);
	ck_assert_uint_eq(pfkey_counters(k)->overruns, 0);
	/* a socket's policy is found in a dump only; here it is not there either */
	answer_errno[SADB_X_SPDGET] = EINVAL;
	answer_label[SADB_X_SPDDUMP] = "ev-policy-none";
	tell("ev-acquire-transport4");
	k->ops->readable(k);
	ck_assert_uint_eq(fake.sent[SADB_X_SPDDUMP], 1);
	ck_assert_uint_eq(pfkey_counters(k)->moot, 2);
	answer_label[SADB_X_SPDDUMP] = "ev-policy-update";
	tell("ev-acquire-transport4");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 2);
	ck_assert_uint_eq(heard[1].sa.reqid, 9);
	/* no answer: it must have been something */
	silent[SADB_X_SPDGET] = true;
	tell("ev-acquire-transport4");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 3);
	ck_assert_int_eq(heard[2].kind, KERN_EV_OVERRUN);
}
END_TEST

/* Our own address is looked up: the SA that comes from the old one under this SPI. */
START_TEST(mappings)
{
	answer_label[SADB_DUMP] = "ev-sa-natt"; /* SPI 0x1002 as well */
	tell("ev-mapping");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 1);
	ck_assert_int_eq(heard[0].kind, KERN_EV_MAPPING);
	ck_assert_uint_eq(heard[0].sa.id.spi, 0x1002);
	ck_assert_uint_eq(heard[0].sa.id.dst.family, 4);
	ck_assert_uint_eq(heard[0].map_new.port, 6000);
	answer_label[SADB_DUMP] = "ev-sa-new"; /* another SPI */
	tell("ev-mapping");
	answer_label[SADB_DUMP] = NULL;
	tell("ev-mapping");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 1);
	ck_assert_uint_eq(pfkey_counters(k)->moot, 2);
}
END_TEST

START_TEST(noise)
{
	fake_write(fake.event_socket, slice_of("", 1));
	tell("getspi"); /* somebody's, as a promiscuous socket would see it */
	tell("ev-policy-new");
	k->ops->readable(k);
	ck_assert_uint_eq(nheard, 1);
	ck_assert_uint_eq(pfkey_counters(k)->malformed, 1);
	ck_assert_uint_eq(pfkey_counters(k)->unknown, 1);
	ck_assert_uint_eq(pfkey_counters(k)->events, 1);
	k->on_event = NULL;
	tell("ev-policy-new");
	k->ops->readable(k);
	ck_assert_uint_eq(pfkey_counters(k)->events, 2);
}
END_TEST

/* A refused reservation leaves a larval SA, which gets an SPI and is deleted. */
START_TEST(refused_reservations)
{
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0xc0001234, .dst = ip("192.0.2.1") };
	struct addr src = ip("192.0.2.2");

	answer_errno[SADB_GETSPI] = ENOENT;
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_E_EXISTS);
	ck_assert_int_eq(k->errnum, ENOENT);
	ck_assert_uint_eq(fake.sent[SADB_GETSPI], 2);
	ck_assert_uint_eq(pfkey_counters(k)->leftovers, 1);
	answer_errno[SADB_GETSPI] = ENOMEM;
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOMEM);
	ck_assert_uint_eq(fake.sent[SADB_GETSPI], 3);
	id.proto = PROTO_IKE;
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_E_UNSUPPORTED);
	ck_assert_uint_gt(strlen(k->reason), 0);
}
END_TEST

START_TEST(given_up_acquires)
{
	struct sa_id id = { .proto = PROTO_ESP, .dst = ip("192.0.2.2") };
	struct addr src = ip("192.0.2.1");

	/* nothing waits */
	ck_assert_int_eq(k->ops->acquire_failed(k, 1, &id, &src), IKE_OK);
	ck_assert_uint_eq(fake.sent[SADB_GETSPI], 0);
	answer_label[SADB_DUMP] = "dump-acquiring";
	answer_label[SADB_GETSPI] = "getspi";
	ck_assert_int_eq(k->ops->acquire_failed(k, 1, &id, &src), IKE_OK);
	ck_assert_uint_eq(fake.sent[SADB_GETSPI], 1);
	ck_assert_uint_eq(fake.sent[SADB_DELETE], 1);
	/* reservations stay */
	answer_label[SADB_DUMP] = "getspi";
	ck_assert_int_eq(k->ops->acquire_failed(k, 1, &id, &src), IKE_OK);
	ck_assert_uint_eq(fake.sent[SADB_GETSPI], 1);
	answer_label[SADB_DUMP] = "dump-acquiring";
	answer_errno[SADB_GETSPI] = ENOMEM;
	ck_assert_int_eq(k->ops->acquire_failed(k, 1, &id, &src), IKE_E_KERNEL);
	answer_errno[SADB_DUMP] = EBUSY;
	ck_assert_int_eq(k->ops->acquire_failed(k, 1, &id, &src), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, EBUSY);
}
END_TEST

/* Only ports change: in place, with all that the SA has. */
START_TEST(readdressing)
{
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0x1002, .dst = ip("192.0.2.2") };
	struct endpoint src = { ip("192.0.2.1"), 4500 }, dst = { id.dst, 7000 },
			far = { ip("192.0.2.9"), 7000 };
	struct kern_sa sent;

	answer_label[SADB_GET] = "ev-sa-natt";
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_OK);
	ck_assert_int_eq(pfkey_get_sa(slice_of(last, last_n), &sent), IKE_OK);
	ck_assert_uint_eq(last[1], SADB_UPDATE);
	ck_assert_uint_eq(sent.spec.encap_dport, 7000);
	ck_assert_uint_eq(sent.keys.encr_len, 16);
	ck_assert_uint_eq(sent.spec.reqid, 42);
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &far), IKE_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(k->reason, "xfrm"));
	src.port = dst.port = 0;
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_E_UNSUPPORTED);
	ck_assert_uint_eq(fake.sent[SADB_UPDATE], 1);
	answer_label[SADB_GET] = "ev-sa-new";
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_OK);
	src.port = dst.port = 4500;
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_E_UNSUPPORTED);
	answer_label[SADB_GET] = "getspi";
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_E_STATE);
	answer_errno[SADB_GET] = ESRCH;
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &src, &dst), IKE_E_NOTFOUND);
	ck_assert_uint_eq(fake.sent[SADB_UPDATE], 1);
}
END_TEST

START_TEST(words_for_refusals)
{
	struct sa_spec s = { .id = { .proto = PROTO_AH, .spi = 0x1000, .dst = ip("2001:db8::1") },
		.src = ip("2001:db8::2"),
		.mode = MODE_TRANSPORT,
		.integ = INTEG_HMAC_SHA1_96 };
	struct sa_keys keys = { .integ_len = 20 };
	struct sp_spec sp = { .action = SP_NONE };

	answer_errno[SADB_ADD] = EPROTONOSUPPORT;
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, EPROTONOSUPPORT);
	ck_assert_ptr_nonnull(strstr(k->reason, "ah6"));
	answer_errno[SADB_ADD] = ENOSYS;
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_E_KERNEL);
	ck_assert_ptr_nonnull(strstr(k->reason, "hmac(sha1)"));
	silent[SADB_ADD] = true;
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOBUFS);
	s.integ = INTEG_HMAC_SHA256_128;
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(k->errnum, EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(k->reason, "hmac_sha256_96"));
	s.integ = INTEG_HMAC_SHA1_96;
	keys.integ_len = 1;
	ck_assert_int_eq(k->ops->sa_install(k, &s, &keys, false), IKE_E_RANGE);
	ck_assert_str_eq(k->reason, "Invalid argument");
	ck_assert_uint_eq(fake.sent[SADB_ADD], 3);
	ck_assert_int_eq(k->ops->sp_install(k, &sp, false), IKE_E_RANGE);
	ck_assert_int_eq(k->ops->sp_delete(k, &sp.id), IKE_E_RANGE);
	sp.id.if_id = 1;
	ck_assert_int_eq(k->ops->sp_delete(k, &sp.id), IKE_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(k->reason, "interface ids"));
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_IKE), IKE_E_UNSUPPORTED);
	s.id.proto = PROTO_NONE;
	ck_assert_int_eq(k->ops->sa_delete(k, &s.id, NULL), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(k->ops->sa_get(k, &s.id, NULL, NULL, NULL), IKE_E_UNSUPPORTED);
	ck_assert_int_eq(k->ops->sp_flush(k), IKE_OK);
	ck_assert_int_eq(k->errnum, 0);
	ck_assert_str_eq(k->reason, "");
}
END_TEST

static unsigned rows;

static void
count_sa(void *arg, const struct kern_sa *sa)
{
	(void)arg;
	ck_assert_uint_eq(sa->keys.encr_len, 16);
	rows++;
}

static void
count_row(
    void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	(void)arg;
	(void)usage;
	ck_assert((sa != NULL) != (sp != NULL));
	rows++;
}

/* An answer that never came: what is in the kernel decides. */
START_TEST(lost_answers)
{
	struct sa_keys keys = { .encr_len = 16, .integ_len = 20 };
	struct kern_sa sa;

	answer_label[SADB_GET] = "get";
	ck_assert_int_eq(pfkey_get_sa(recorded("get", 0), &sa), IKE_OK);
	silent[SADB_ADD] = silent[SADB_DELETE] = true;
	ck_assert_int_eq(k->ops->sa_install(k, &sa.spec, &keys, false), IKE_OK);
	ck_assert_int_eq(k->errnum, 0);
	ck_assert_str_eq(k->reason, "");
	/* another SA is under that name */
	sa.spec.reqid++;
	ck_assert_int_eq(k->ops->sa_install(k, &sa.spec, &keys, false), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOBUFS);
	ck_assert_str_ne(k->reason, "");
	ck_assert_int_eq(k->ops->sa_delete(k, &sa.spec.id, NULL), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOBUFS);
	answer_errno[SADB_GET] = ESRCH;
	ck_assert_int_eq(k->ops->sa_delete(k, &sa.spec.id, NULL), IKE_OK);
	ck_assert_int_eq(k->ops->sa_install(k, &sa.spec, &keys, false), IKE_E_KERNEL);
	silent[SADB_GET] = true;
	ck_assert_int_eq(k->ops->sa_delete(k, &sa.spec.id, NULL), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOBUFS);
	/* what the kernel did answer is not asked again */
	silent[SADB_ADD] = false;
	answer_errno[SADB_ADD] = EEXIST;
	fake.sent[SADB_GET] = 0;
	ck_assert_int_eq(k->ops->sa_install(k, &sa.spec, &keys, false), IKE_E_EXISTS);
	ck_assert_uint_eq(fake.sent[SADB_GET], 0);
}
END_TEST

/* setkey's way to the kernel. */
START_TEST(manual_keying)
{
	const struct kern_manual_ops *o = kern_manual(k);
	struct sa_label label = { .ctx = "u:r:t", .doi = 1, .alg = 1 };
	struct kern_sa sa, sent;

	ck_assert_ptr_eq(o, &pfkey_manual_ops);
	answer_label[SADB_GET] = "get";
	ck_assert_int_eq(
	    o->get(k, &(struct sa_id){ .proto = PROTO_ESP, .dst = ip("192.0.2.2") }, NULL, &sa),
	    IKE_OK);
	ck_assert_uint_eq(sa.keys.integ_len, 20);
	ck_assert_int_eq(o->add(k, &sa.spec, &sa.keys, &label), IKE_OK);
	ck_assert_int_eq(pfkey_get_sa(slice_of(last, last_n), &sent), IKE_OK);
	ck_assert_str_eq(sent.label.ctx, "u:r:t");
	answer_label[SADB_DUMP] = "get";
	ck_assert_int_eq(o->dump(k, count_sa, NULL), IKE_OK);
	ck_assert_uint_eq(rows, 1);
	/* rows that make no sense are counted and left out */
	answer_label[SADB_DUMP] = "ev-policy-new";
	ck_assert_int_eq(o->dump(k, count_sa, NULL), IKE_OK);
	answer_label[SADB_X_SPDDUMP] = "get";
	ck_assert_int_eq(k->ops->dump(k, KERN_DUMP_SP, count_row, NULL), IKE_OK);
	ck_assert_uint_eq(rows, 1);
	ck_assert_uint_eq(pfkey_counters(k)->malformed, 2);
	answer_label[SADB_DUMP] = "get";
	answer_label[SADB_X_SPDDUMP] = "ev-policy-new";
	ck_assert_int_eq(k->ops->dump(k, KERN_DUMP_SA | KERN_DUMP_SP, count_row, NULL), IKE_OK);
	ck_assert_uint_eq(rows, 3);
}
END_TEST

static unsigned lossy; /* dumps that lose a row before one that does not */
static struct slice row;

static void
lose_rows(const struct fake_request *r)
{
	if (lossy == 0) {
		fake_row(r, row, 1, 0);
		fake_row(r, row, 0, 0);
		return;
	}
	lossy--;
	fake_row(r, row, 1, 0);
	fake_row(r, row, 3, 0);
}

/* A dump that lost a row is read again, and nobody sees a row twice; some time it is enough. */
START_TEST(repeated_dumps)
{
	const struct kern_manual_ops *o = kern_manual(k);

	row = recorded("get", 0);
	rows = 0;
	lossy = 3;
	fake.on_send = lose_rows;
	ck_assert_int_eq(o->dump(k, count_sa, NULL), IKE_OK);
	ck_assert_uint_eq(rows, 2);
	ck_assert_uint_eq(pfkey_counters(k)->repeats, 3);
	ck_assert_int_eq(k->errnum, 0);
	lossy = 100;
	ck_assert_int_eq(k->ops->dump(k, KERN_DUMP_SA, count_row, NULL), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, ENOBUFS);
	ck_assert_uint_eq(rows, 2);
	ck_assert_uint_eq(lossy, 95);
	lossy = 0;
	FAIL_EACH_ALLOC({
		ike_err err;

		rows = 0;
		err = k->ops->dump(k, KERN_DUMP_SA, count_row, NULL);
		ck_assert_int_eq(err == IKE_E_NOMEM, fail_alloc_hit());
		ck_assert_uint_eq(rows, err == IKE_OK ? 2 : 0);
	});
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pfkey_ops");
	TCase *t = tcase_create("back end");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, opening);
	tcase_add_test(t, acquires);
	tcase_add_test(t, mappings);
	tcase_add_test(t, noise);
	tcase_add_test(t, refused_reservations);
	tcase_add_test(t, given_up_acquires);
	tcase_add_test(t, readdressing);
	tcase_add_test(t, words_for_refusals);
	tcase_add_test(t, lost_answers);
	tcase_add_test(t, manual_keying);
	tcase_add_test(t, repeated_dumps);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
