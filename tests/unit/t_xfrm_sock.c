/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers on a netlink socket: acknowledgements, rows, the end of a dump, one that is not of one moment; and what is said of a
 * refusal, for every errno that is known from practice.
 */
#include "kern/xfrm_priv.h"

#include <check.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>

#define SEQ 7

static struct xfrm_sock s;
static uint8_t rx[4096];
static size_t n;
static unsigned rows;

static void
setup(void)
{
	s = (struct xfrm_sock){ .seq = SEQ, .rx = rx, .rx_size = sizeof(rx) };
	n = rows = 0;
}

static void
message(uint16_t type, uint16_t flags, uint32_t seq, const void *p, size_t len)
{
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + len),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq };

	memset(rx + n, 0, NLMSG_SPACE(len));
	memcpy(rx + n, &h, sizeof(h));
	if (len != 0)
		memcpy(rx + n + NLMSG_HDRLEN, p, len);
	n += NLMSG_SPACE(len);
}

static void
done(int err)
{
	message(NLMSG_DONE, NLM_F_MULTI, SEQ, &err, sizeof(err));
}

static void
ack(int err)
{
	struct nlmsgerr e = { .error = -err, .msg.nlmsg_len = sizeof(e.msg) };

	message(NLMSG_ERROR, NLM_F_CAPPED, SEQ, &e, sizeof(e));
}

static void
count(void *arg, struct slice msg)
{
	(void)arg;
	(void)msg;
	rows++;
}

static bool
take(void)
{
	bool complete = xfrm_sock_take(&s, n, count, NULL);

	n = 0;
	return complete;
}

START_TEST(answers)
{
	message(XFRM_MSG_NEWSA, 0, SEQ, "row", 4);
	ck_assert(!take());
	ack(0);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, 0);
	ck_assert_uint_eq(rows, 1);
	ack(ESRCH);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, ESRCH);
	/* late ones of another request */
	message(XFRM_MSG_NEWSA, 0, SEQ - 1, "row", 4);
	message(NLMSG_DONE, 0, SEQ - 1, NULL, 0);
	ck_assert(!take());
	ck_assert_uint_eq(rows, 1);
	/* an acknowledgement that is none */
	message(NLMSG_ERROR, 0, SEQ, "x", 1);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, EBADMSG);
	/* noise, and half a message */
	message(NLMSG_NOOP, 0, SEQ, NULL, 0);
	ck_assert(!take());
	message(XFRM_MSG_NEWSA, 0, SEQ, "row", 4);
	ck_assert(!xfrm_sock_take(&s, n - 8, count, NULL));
	ck_assert_uint_eq(rows, 1);
}
END_TEST

START_TEST(dumps)
{
	message(XFRM_MSG_NEWSA, NLM_F_MULTI, SEQ, "row", 4);
	message(XFRM_MSG_NEWSA, NLM_F_MULTI, SEQ, "row", 4);
	ck_assert(!take());
	done(0);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, 0);
	ck_assert_uint_eq(rows, 2);
	done(-ENOMEM);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, ENOMEM);
	/* with the last row */
	message(XFRM_MSG_NEWSA, NLM_F_MULTI, SEQ, "row", 4);
	done(0);
	ck_assert(take());
	ck_assert_uint_eq(rows, 3);
}
END_TEST

/* The flag may stand on any row, or only on the end. */
START_TEST(dumps_of_no_one_moment)
{
	message(XFRM_MSG_NEWSA, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQ, "row", 4);
	message(XFRM_MSG_NEWSA, NLM_F_MULTI, SEQ, "row", 4);
	done(0);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, EINTR);
	ck_assert_ptr_nonnull(strstr(s.text, "changed"));
	s.interrupted = false;
	message(NLMSG_DONE, NLM_F_MULTI | NLM_F_DUMP_INTR, SEQ, NULL, 0);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, EINTR);
	/* an error is the better reason */
	done(-ENOBUFS);
	ck_assert(take());
	ck_assert_int_eq(s.errnum, ENOBUFS);
}
END_TEST

/* --- refusals --- */

static const struct {
	enum xfrm_ask ask;
	int errnum;
	ike_err err;
	const char *says; /* NULL: strerror() and nothing more */
} refusals[] = {
	{ ASK_SA_ADD, EEXIST, IKE_E_EXISTS, NULL },
	{ ASK_SA_ADD, EPROTONOSUPPORT, IKE_E_KERNEL, "kernel module esp6 missing (CONFIG_INET6_ESP)" },
	{ ASK_SA_UPDATE, EPROTONOSUPPORT, IKE_E_KERNEL, "kernel module esp6 missing (CONFIG_INET6_ESP)" },
	{ ASK_SA_ADD, ENOSYS, IKE_E_KERNEL, "cbc(aes) (CONFIG_CRYPTO_AES CBC ECHAINIV) hmac(sha256) (CONFIG_CRYPTO_HMAC SHA256)" },
	{ ASK_SA_ADD, ENOENT, IKE_E_KERNEL, "no crypto module for one of: cbc(aes) (CONFIG_CRYPTO_AES" },
	{ ASK_SA_UPDATE, ENOENT, IKE_E_KERNEL, "no crypto module" },
	{ ASK_SA_ADD, EINVAL, IKE_E_KERNEL, "in an SA with cbc(aes) hmac(sha256)" },
	{ ASK_SA_ADD, ENOMEM, IKE_E_KERNEL, "out of memory" },
	{ ASK_SA_ADD, EPERM, IKE_E_KERNEL, "CAP_NET_ADMIN" },
	{ ASK_SA_ADD, ESRCH, IKE_E_NOTFOUND, NULL },
	{ ASK_SA_UPDATE, ESRCH, IKE_E_NOTFOUND, "net.core.xfrm_acq_expires" },
	{ ASK_SA_RESERVE, ENOENT, IKE_E_EXISTS, NULL },
	{ ASK_SA_RESERVE, ENOMEM, IKE_E_KERNEL, "out of memory" },
	{ ASK_SA, ESRCH, IKE_E_NOTFOUND, NULL },
	{ ASK_SA, EPERM, IKE_E_KERNEL, "CAP_NET_ADMIN" },
	{ ASK_SP, EEXIST, IKE_E_EXISTS, NULL },
	{ ASK_SP, ENOENT, IKE_E_NOTFOUND, NULL },
	{ ASK_SP, EINVAL, IKE_E_KERNEL, "direction, level, mode and addresses" },
	{ ASK_SP, ENOMEM, IKE_E_KERNEL, "out of memory" },
	{ ASK_SOCKET, EOPNOTSUPP, IKE_E_KERNEL, "CONFIG_XFRM" },
};

START_TEST(words)
{
	struct sa_spec spec = { .id = { .proto = PROTO_ESP, .dst.family = 6 },
		.encr = ENCR_AES_CBC,
		.integ = INTEG_HMAC_SHA256_128 };
	const char *own = strerror(refusals[_i].errnum);
	struct kern k;

	for (int with = 0; with < 2; with++) {
		ck_assert_int_eq(xfrm_refused(&k, refusals[_i].ask, refusals[_i].errnum,
				     with ? "The kernel's own" : NULL, &spec),
		    refusals[_i].err);
		ck_assert_int_eq(k.errnum, refusals[_i].errnum);
		ck_assert_ptr_nonnull(strstr(k.reason, own));
		if (refusals[_i].says != NULL)
			ck_assert_msg(strstr(k.reason, refusals[_i].says) != NULL, "%s", k.reason);
		else if (!with)
			ck_assert_str_eq(k.reason, own);
		ck_assert_int_eq(strncmp(k.reason, "The kernel's own (", 18) == 0, with);
		/* not cut */
		ck_assert_ptr_null(strstr(k.reason, "..."));
	}
}
END_TEST

/* Every module of a type by its name. */
START_TEST(modules)
{
	static const struct {
		uint8_t proto, family;
		const char *says;
	} v[] = { { PROTO_ESP, 4, "esp4 missing (CONFIG_INET_ESP)" },
		{ PROTO_AH, 4, "ah4 missing (CONFIG_INET_AH)" },
		{ PROTO_AH, 6, "ah6 missing (CONFIG_INET6_AH)" },
		{ PROTO_IPCOMP, 4, "ipcomp missing (CONFIG_INET_IPCOMP)" },
		{ PROTO_IPCOMP, 6, "ipcomp6 missing (CONFIG_INET6_IPCOMP)" } };
	struct kern k;

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sa_spec spec = { .id = { .proto = v[i].proto, .dst.family = v[i].family } };

		ck_assert_int_eq(xfrm_refused(&k, ASK_SA_ADD, EPROTONOSUPPORT, NULL, &spec), IKE_E_KERNEL);
		ck_assert_ptr_nonnull(strstr(k.reason, v[i].says));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("xfrm_sock");
	TCase *t = tcase_create("answers");
	SRunner *r = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, t);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, answers);
	tcase_add_test(t, dumps);
	tcase_add_test(t, dumps_of_no_one_moment);
	tcase_add_loop_test(t, words, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, modules);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
