/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The XFRM back end and the address watcher on the kernel at hand, in a network namespace of their own.  Skipped (77)
 * where that cannot be made.  Works on kernels without ESP; what needs ESP is tried only where the probe found it.
 */
#include "kern/rtnl.h"
#include "kern/xfrm.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_EVENTS 64

struct seen {
	struct kern_event v[MAX_EVENTS];
	unsigned n;
};

static struct seen seen;
static struct kern *k;

static void
on_event(void *arg, const struct kern_event *ev)
{
	struct seen *s = arg;

	ck_assert_uint_lt(s->n, MAX_EVENTS);
	s->v[s->n++] = *ev;
}

static void
run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

static struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static void
open_kern(void)
{
	struct kern_options o = { .events = true, .probe = true, .acq_expires = 60 };
	char why[128];
	struct text t = text_in(why, sizeof(why));
	ike_err err = kern_open("xfrm", &o, &t, &k);

	ck_assert_msg(err == IKE_OK, "%s", why);
	seen.n = 0;
	k->on_event = on_event;
	k->event_arg = &seen;
	run("ip xfrm state flush; ip xfrm policy flush");
	k->ops->readable(k);
	seen.n = 0;
}

static void
close_kern(void)
{
	kern_close(k);
	k = NULL;
}

static struct sp_spec
policy(void)
{
	struct sp_spec s = { .priority = SP_PRIO_DEF, .action = SP_IPSEC, .ntmpl = 1 };

	s.id.dir = SP_OUT;
	s.id.sel.src = (struct prefix){ ip("10.66.0.1"), 32 };
	s.id.sel.dst = (struct prefix){ ip("10.66.0.2"), 32 };
	s.tmpl[0] =
	    (struct sp_tmpl){ .proto = PROTO_ESP, .mode = MODE_TRANSPORT, .level = SP_REQUIRE };
	return s;
}

static void
packet(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7777) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(inet_pton(AF_INET, "10.66.0.2", &to.sin_addr), 1);
	(void)!sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

struct counts {
	unsigned sa, sp, larval, sockets;
};

static void
count(void *arg, const struct sa_spec *sa, const struct sa_usage *usage, const struct sp_spec *sp)
{
	struct counts *c = arg;

	ck_assert((sa != NULL) != (sp != NULL));
	ck_assert((sa != NULL) == (usage != NULL));
	c->sa += sa != NULL;
	c->larval += sa != NULL && sa->id.spi == 0;
	c->sp += sp != NULL && !sp->socket;
	c->sockets += sp != NULL && sp->socket;
}

static struct counts
dump(void)
{
	struct counts c = { 0 };

	ck_assert_int_eq(k->ops->dump(k, KERN_DUMP_SA | KERN_DUMP_SP, count, &c), IKE_OK);
	return c;
}

START_TEST(policies)
{
	struct sp_spec s = policy();

	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_E_EXISTS);
	ck_assert_int_eq(k->errnum, EEXIST);
	ck_assert_str_eq(k->reason, "File exists");
	s.priority++;
	ck_assert_int_eq(k->ops->sp_install(k, &s, true), IKE_OK);
	ck_assert_int_eq(k->errnum, 0);
	ck_assert_uint_eq(dump().sp, 1);
	ck_assert_int_eq(k->ops->sp_delete(k, &s.id), IKE_OK);
	ck_assert_int_eq(k->ops->sp_delete(k, &s.id), IKE_E_NOTFOUND);
	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	ck_assert_int_eq(k->ops->sp_flush(k), IKE_OK);
	ck_assert_uint_eq(dump().sp, 0);
	s.action = SP_BYPASS;
	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_E_UNSUPPORTED);
	ck_assert_str_ne(k->reason, "");
}
END_TEST

/* What we do ourselves is no event; what others do is. */
START_TEST(events_of_others)
{
	struct sp_spec s = policy();

	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert_uint_ge(xfrm_counters(k)->own, 1);
	run("ip xfrm policy delete src 10.66.0.1/32 dst 10.66.0.2/32 dir out");
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_int_eq(seen.v[0].kind, KERN_EV_SP_DELETE);
	ck_assert(sp_id_equal(&seen.v[0].sp.id, &s.id));
	/* flushing nothing is no event */
	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	run("ip xfrm policy flush");
	run("ip xfrm state allocspi src 10.66.0.2 dst 10.66.0.1 proto esp min 0x1234 max 0x1234 "
	    ">/dev/null");
	run("ip xfrm state flush");
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_int_eq(seen.v[1].kind, KERN_EV_SP_FLUSH);
	ck_assert_int_eq(seen.v[2].kind, KERN_EV_SA_FLUSH);
	ck_assert_uint_eq(xfrm_counters(k)->malformed, 0);
	ck_assert_uint_eq(xfrm_counters(k)->unknown, 0);
}
END_TEST

/* A packet asks once; after the request was given up it asks again, and nothing is left behind. */
START_TEST(acquire_and_give_up)
{
	struct sp_spec s = policy();
	uint32_t first;

	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	packet();
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_int_eq(seen.v[0].kind, KERN_EV_ACQUIRE);
	ck_assert(addr_equal(&seen.v[0].acq_dst, &s.id.sel.dst.addr));
	first = seen.v[0].acq_seq;
	packet();
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 1);
	ck_assert_uint_eq(dump().larval, 1);
	ck_assert_int_eq(
	    k->ops->acquire_failed(k, first, &seen.v[0].sa.id, &seen.v[0].acq_src), IKE_OK);
	ck_assert_uint_eq(dump().sa, 0);
	packet();
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 2);
	ck_assert_int_eq(seen.v[1].kind, KERN_EV_ACQUIRE);
	ck_assert_uint_ne(seen.v[1].acq_seq, first);
	/* one that the kernel has forgotten by itself is given up as well */
	run("ip xfrm state flush");
	ck_assert_int_eq(
	    k->ops->acquire_failed(k, seen.v[1].acq_seq, &seen.v[1].sa.id, &seen.v[1].acq_src),
	    IKE_OK);
	ck_assert_uint_eq(dump().sa, 0);
}
END_TEST

START_TEST(reservations)
{
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0xabcd1234, .dst = ip("10.66.0.1") };
	struct addr src = ip("10.66.0.2"), other = ip("10.66.0.3");
	struct sa_spec spec;
	struct sa_usage usage;

	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_OK);
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_E_EXISTS);
	ck_assert_int_eq(k->errnum, ENOENT);
	ck_assert_str_ne(k->reason, "");
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &other, MODE_TUNNEL, 5), IKE_E_EXISTS);
	/* the refusals left nothing behind */
	ck_assert_uint_eq(dump().sa, 1);
	ck_assert_uint_eq(xfrm_counters(k)->leftovers, 0);
	ck_assert_int_eq(k->ops->sa_get(k, &id, NULL, &spec, &usage), IKE_OK);
	ck_assert(sa_id_equal(&spec.id, &id));
	ck_assert(addr_equal(&spec.src, &src));
	ck_assert_uint_eq(spec.life.hard_sec, 60);
	/* a reservation has no keys to carry elsewhere */
	ck_assert_int_eq(k->ops->sa_readdress(k, &id, &(struct endpoint){ other, 0 },
			     &(struct endpoint){ id.dst, 0 }),
	    IKE_E_STATE);
	ck_assert_int_eq(k->ops->sa_delete(k, &id, &src), IKE_OK);
	ck_assert_int_eq(k->ops->sa_delete(k, &id, &src), IKE_E_NOTFOUND);
	ck_assert_int_eq(k->ops->sa_get(k, &id, NULL, &spec, &usage), IKE_E_NOTFOUND);
	ck_assert_int_eq(k->ops->sa_reserve(k, &id, &src, MODE_TRANSPORT, 0), IKE_OK);
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_AH), IKE_OK);
	ck_assert_uint_eq(dump().sa, 1);
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_NONE), IKE_OK);
	ck_assert_uint_eq(dump().sa, 0);
}
END_TEST

static struct sa_spec
esp(uint32_t spi, const char *src, const char *dst)
{
	return (struct sa_spec){
		.id = { .proto = PROTO_ESP, .spi = spi, .dst = ip(dst) },
		.src = ip(src),
		.mode = MODE_TRANSPORT,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA256_128,
		.replay_window = 64,
	};
}

static struct sa_keys
keys(void)
{
	struct sa_keys x = { .encr_len = 16, .integ_len = 32 };

	for (uint8_t i = 0; i < 32; i++) {
		x.encr[i] = (uint8_t)(i * 7 + 1);
		x.integ[i] = (uint8_t)(i * 3 + 2);
	}
	return x;
}

/* With ESP: all of it.  Without: refused, with a reason that names the module. */
START_TEST(installing)
{
	struct sa_spec in = esp(0x10001, "10.66.0.2", "10.66.0.1"),
		       out = esp(0x20001, "10.66.0.1", "10.66.0.2"), got;
	struct sa_keys x = keys();
	struct sa_usage u;
	struct endpoint src = { ip("10.66.0.77"), 0 }, dst = { in.id.dst, 0 };
	ike_err err;

	err = k->ops->sa_install(k, &out, &x, false);
	if ((k->features & KERN_ESP) == 0) {
		ck_assert_int_eq(err, IKE_E_KERNEL);
		ck_assert_ptr_nonnull(strstr(k->reason, "esp4 missing"));
		ck_assert_int_eq(k->errnum, EPROTONOSUPPORT);
		return;
	}
	ck_assert_int_eq(err, IKE_OK);
	ck_assert_int_eq(k->ops->sa_install(k, &out, &x, false), IKE_E_EXISTS);
	ck_assert_int_eq(k->ops->sa_install(k, &in, &x, true), IKE_E_NOTFOUND);
	ck_assert_int_eq(k->ops->sa_reserve(k, &in.id, &in.src, in.mode, in.reqid), IKE_OK);
	ck_assert_int_eq(k->ops->sa_install(k, &in, &x, true), IKE_OK);
	ck_assert_int_eq(k->ops->sa_get(k, &in.id, NULL, &got, &u), IKE_OK);
	ck_assert_uint_eq(got.encr, in.encr);
	ck_assert_uint_eq(got.integ, in.integ);
	ck_assert_uint_eq(got.replay_window, 64);
	ck_assert_int_eq(k->ops->sa_readdress(k, &in.id, &src, &dst), IKE_OK);
	ck_assert_int_eq(k->ops->sa_get(k, &in.id, NULL, &got, &u), IKE_OK);
	ck_assert(addr_equal(&got.src, &src.addr));
	ck_assert_uint_eq(got.replay_window, 64);
	dst.addr = ip("10.66.0.99");
	ck_assert_int_eq(k->ops->sa_readdress(k, &in.id, &src, &dst), IKE_OK);
	ck_assert_int_eq(k->ops->sa_get(k, &in.id, NULL, &got, &u), IKE_E_NOTFOUND);
	ck_assert_uint_eq(dump().sa, 2);
}
END_TEST

/* The SA with the acquire's sequence number takes the place of the larval one. */
START_TEST(acquire_resolved)
{
	struct sp_spec s = policy();
	struct sa_spec out = esp(0x20001, "10.66.0.1", "10.66.0.2");
	struct sa_keys x = keys();

	if ((k->features & KERN_ESP) == 0)
		return;
	ck_assert_int_eq(k->ops->sp_install(k, &s, false), IKE_OK);
	packet();
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 1);
	out.seq = seen.v[0].acq_seq;
	ck_assert_int_eq(k->ops->sa_install(k, &out, &x, false), IKE_OK);
	ck_assert_uint_eq(dump().larval, 0);
	ck_assert_uint_eq(dump().sa, 1);
}
END_TEST

static void
check_bypass(int family, uint8_t our_family, bool encap)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(k->ops->socket_prepare(k, fd, our_family, encap), IKE_OK);
	/* one policy each way */
	ck_assert_uint_eq(dump().sockets, 2);
	close(fd);
}

START_TEST(sockets)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	check_bypass(AF_INET, 4, false);
	check_bypass(AF_INET, 4, true);
	check_bypass(AF_INET6, 6, false);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(k->ops->socket_prepare(k, fd, 4, false), IKE_E_KERNEL);
	ck_assert_int_eq(k->errnum, EBADF);
	ck_assert_ptr_nonnull(strstr(k->reason, "bypass policy"));
}
END_TEST

/* Thousands of changes that nobody reads: the queue overflows once, and that is told. */
START_TEST(overrun)
{
	unsigned overruns = 0;
	int small = 1;

	ck_assert_int_eq(
	    setsockopt(k->ops->fd(k), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	run("for i in $(seq 100); do echo xfrm policy update src 10.66.0.1/32 dst 10.66.0.2/32 dir "
	    "out priority $i; done | ip -batch -");
	k->ops->readable(k);
	for (unsigned i = 0; i < seen.n; i++)
		overruns += seen.v[i].kind == KERN_EV_OVERRUN;
	ck_assert_uint_ge(overruns, 1);
	ck_assert_uint_eq(xfrm_counters(k)->overruns, overruns);
	/* and it goes on */
	seen.n = 0;
	run("ip xfrm policy flush");
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 1);
}
END_TEST

/* Another process writes to the port of our events as the kernel would: it is not believed, and counted. */
START_TEST(forged_events)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	socklen_t n = sizeof(to);
	struct {
		struct nlmsghdr h;
		struct xfrm_usersa_flush f;
	} m = { .h = { .nlmsg_len = sizeof(m), .nlmsg_type = XFRM_MSG_FLUSHSA } };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(getsockname(k->ops->fd(k), (struct sockaddr *)&to, &n), 0);
	ck_assert_uint_ne(to.nl_pid, 0);
	to.nl_groups = 0;
	ck_assert_int_eq(
	    sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)sizeof(m));
	k->ops->readable(k);
	ck_assert_uint_eq(seen.n, 0);
	ck_assert_uint_eq(xfrm_counters(k)->foreign, 1);
	(void)close(fd);
}
END_TEST

START_TEST(without_events)
{
	struct kern_options o = { .probe = false };
	struct kern *quiet;

	ck_assert_int_eq(kern_open(NULL, &o, NULL, &quiet), IKE_OK);
	ck_assert_int_eq(quiet->ops->fd(quiet), -1);
	ck_assert_uint_eq(quiet->features, 0);
	quiet->ops->readable(quiet);
	ck_assert_ptr_eq(kern_manual(quiet), &xfrm_manual_ops);
	kern_close(quiet);
	ck_assert_int_eq(kern_open("nonesuch", &o, NULL, &quiet), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(probed)
{
	char words[128];
	struct text t = text_in(words, sizeof(words));

	/* every kernel that these tests meet has these three */
	ck_assert_uint_eq(k->features & (KERN_MARK | KERN_IFID | KERN_EVENTS_ALL),
	    KERN_MARK | KERN_IFID | KERN_EVENTS_ALL);
	/* probing leaves nothing behind */
	ck_assert_uint_eq(dump().sa, 0);
	kern_features_text(KERN_ESP | KERN_IFID, &t);
	ck_assert_str_eq(words, "esp ifid");
	t = text_in(words, sizeof(words));
	kern_features_text(0, &t);
	ck_assert_str_eq(words, "none");
}
END_TEST

/* --- addresses --- */

static struct {
	enum rtnl_change what[32];
	struct rtnl_addr a[32];
	unsigned n;
} changes;

static void
on_addr(void *arg, enum rtnl_change what, const struct rtnl_addr *a)
{
	(void)arg;
	ck_assert_uint_lt(changes.n, 32);
	changes.what[changes.n] = what;
	changes.a[changes.n++] = *a;
}

static unsigned
count_changes(enum rtnl_change what, const char *addr)
{
	struct addr_buf b;
	unsigned n = 0;

	for (unsigned i = 0; i < changes.n; i++)
		n +=
		    changes.what[i] == what && strcmp(addr_text(&changes.a[i].addr, &b), addr) == 0;
	return n;
}

/* The kernel tells of IPv6 addresses from a work queue of its own: soon, but not at once. */
static unsigned
await_change(struct rtnl *r, enum rtnl_change what, const char *addr)
{
	for (unsigned tries = 0; count_changes(what, addr) == 0 && tries < 200; tries++) {
		(void)poll(NULL, 0, 10);
		ck_assert_int_eq(rtnl_readable(r), IKE_OK);
	}
	return count_changes(what, addr);
}

START_TEST(watching)
{
	struct rtnl *r;
	size_t n, before;

	changes.n = 0;
	ck_assert_int_eq(rtnl_new(on_addr, NULL, &r), IKE_OK);
	(void)rtnl_list(r, &before);
	ck_assert_uint_eq(before, changes.n);
	ck_assert_uint_eq(count_changes(RTNL_ADDED, "10.66.0.1"), 1);
	run("ip addr add 10.66.7.1/24 dev live0; ip -6 addr add 2001:db8:7::1/64 dev live0 nodad");
	ck_assert_int_eq(rtnl_readable(r), IKE_OK);
	ck_assert_uint_eq(count_changes(RTNL_ADDED, "10.66.7.1"), 1);
	ck_assert_uint_eq(await_change(r, RTNL_ADDED, "2001:db8:7::1"), 1);
	(void)rtnl_list(r, &n);
	ck_assert_uint_ge(n, before + 2);
	/* the same again is no change; deprecation is one */
	run("ip -6 addr change 2001:db8:7::1/64 dev live0 preferred_lft 0");
	ck_assert_int_eq(rtnl_readable(r), IKE_OK);
	ck_assert_uint_eq(count_changes(RTNL_ADDED, "2001:db8:7::1"), 1);
	ck_assert_uint_eq(await_change(r, RTNL_CHANGED, "2001:db8:7::1"), 1);
	run("ip addr del 10.66.7.1/24 dev live0; ip -6 addr del 2001:db8:7::1/64 dev live0");
	ck_assert_int_eq(rtnl_readable(r), IKE_OK);
	ck_assert_uint_eq(count_changes(RTNL_REMOVED, "10.66.7.1"), 1);
	ck_assert_uint_eq(await_change(r, RTNL_REMOVED, "2001:db8:7::1"), 1);
	rtnl_free(r);
}
END_TEST

/* So many changes that most are lost: what is left is found by a dump, and only differences are told. */
START_TEST(watching_overrun)
{
	struct rtnl *r;
	int small = 1;

	changes.n = 0;
	ck_assert_int_eq(rtnl_new(on_addr, NULL, &r), IKE_OK);
	ck_assert_int_eq(setsockopt(rtnl_fd(r), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	changes.n = 0;
	run("(for i in $(seq 60); do echo addr add 10.66.9.1/24 dev live0; echo addr del "
	    "10.66.9.1/24 dev live0; done;"
	    " echo addr add 10.66.8.1/24 dev live0) | ip -batch -");
	/* until the dump is through */
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rtnl_readable(r), IKE_OK);
	ck_assert_uint_eq(count_changes(RTNL_ADDED, "10.66.8.1"), 1);
	ck_assert_uint_eq(
	    count_changes(RTNL_ADDED, "10.66.9.1"), count_changes(RTNL_REMOVED, "10.66.9.1"));
	ck_assert_uint_lt(changes.n, 32);
	ck_assert_uint_eq(count_changes(RTNL_REMOVED, "10.66.0.1"), 0);
	run("ip addr del 10.66.8.1/24 dev live0");
	rtnl_free(r);
}
END_TEST

static bool
own_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		return false;
	return system("ip link add live0 type veth peer name live1 && ip link set live0 up && ip "
		      "link set live1 up &&"
		      " ip addr add 10.66.0.1/24 dev live0 && ip neigh add 10.66.0.2 lladdr "
		      "02:00:00:00:00:02 dev live0 &&"
		      " ip xfrm policy flush") == 0;
}

int
main(void)
{
	Suite *s = suite_create("kern_live");
	TCase *t = tcase_create("xfrm"), *a = tcase_create("rtnl");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	suite_add_tcase(s, a);
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_kern, close_kern);
	tcase_add_test(t, policies);
	tcase_add_test(t, events_of_others);
	tcase_add_test(t, acquire_and_give_up);
	tcase_add_test(t, reservations);
	tcase_add_test(t, installing);
	tcase_add_test(t, acquire_resolved);
	tcase_add_test(t, sockets);
	tcase_add_test(t, overrun);
	tcase_add_test(t, forged_events);
	tcase_add_test(t, without_events);
	tcase_add_test(t, probed);
	tcase_add_test(a, watching);
	tcase_add_test(a, watching_overrun);
	if (!own_namespace()) {
		srunner_free(r);
		fputs("no network namespace of our own, or no ip(8): skipped\n", stderr);
		return 77;
	}
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
