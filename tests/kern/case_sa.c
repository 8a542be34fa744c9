/* SPDX-License-Identifier: BSD-3-Clause */
/* SAs and reservations: made, read back, refused, deleted, flushed, dumped. */
#include "kern/fix.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

START_TEST(reservations)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us);
	struct sa_spec s;

	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(fix.kern->errnum, 0);
	ck_assert_int_eq(reserve(id.spi), IKE_E_EXISTS);
	ck_assert_int_eq(fix.kern->errnum, ENOENT);
	ck_assert_uint_gt(strlen(fix.kern->reason), 0);
	ck_assert_int_eq(get(&id, &s), IKE_OK);
	ck_assert(sa_is_larval(&s));
	ck_assert(sa_id_equal(&s.id, &id));
	ck_assert(addr_equal(&s.src, &fix.peer));
	ck_assert_uint_eq(s.reqid, 42);
	ck_assert_uint_eq(s.mode, MODE_TRANSPORT);
	if (fix.b->acq_expires != 0)
		ck_assert_uint_eq(s.life.hard_sec, fix.b->acq_expires);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &id, &fix.peer), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &id, &fix.peer), IKE_E_NOTFOUND);
	ck_assert_int_eq(fix.kern->errnum, ESRCH);
	ck_assert_int_eq(get(&id, &s), IKE_E_NOTFOUND);
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
}
END_TEST

/* One that was refused leaves nothing behind. */
START_TEST(refused_reservations_leave_nothing)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us);
	struct addr third = ip("192.0.2.3");

	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(reserve(id.spi), IKE_E_EXISTS);
	ck_assert_int_eq(
	    fix.kern->ops->sa_reserve(fix.kern, &id, &third, MODE_TUNNEL, 5), IKE_E_EXISTS);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	ck_assert(addr_equal(&fix.rows.sa[0].src, &fix.peer));
}
END_TEST

/*
 * What is taken is the SPI towards one address for one protocol.  Linux 6.17 and later give an SPI away only once
 * for all addresses, though an SA with it can be made.
 */
START_TEST(the_same_spi_elsewhere)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us), ah = id, far = id;
	ike_err err;

	ah.proto = PROTO_AH;
	far.dst = ip("192.0.2.9");
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(
	    fix.kern->ops->sa_reserve(fix.kern, &ah, &fix.peer, MODE_TRANSPORT, 0), IKE_OK);
	err = fix.kern->ops->sa_reserve(fix.kern, &far, &fix.peer, MODE_TRANSPORT, 0);
	ck_assert(err == IKE_OK || err == IKE_E_EXISTS);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, err == IKE_OK ? 3 : 2);
	ck_assert(row_of_sa(&id) != NULL && row_of_sa(&ah) != NULL);
	ck_assert_int_eq(row_of_sa(&far) != NULL, err == IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_AH), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, err == IKE_OK ? 2 : 1);
	ck_assert_ptr_null(row_of_sa(&ah));
}
END_TEST

START_TEST(reservations_of_ipv6_tunnels_and_ipcomp)
{
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0xffffffff, .dst = ip("2001:db8::1") };
	struct sa_id comp = { .proto = PROTO_IPCOMP, .spi = 0xfffe, .dst = fix.us };
	struct addr src = ip("2001:db8::2");
	struct sa_spec s;

	ck_assert_int_eq(
	    fix.kern->ops->sa_reserve(fix.kern, &id, &src, MODE_TUNNEL, 0xffffffff), IKE_OK);
	ck_assert_int_eq(get(&id, &s), IKE_OK);
	ck_assert(sa_id_equal(&s.id, &id) && addr_equal(&s.src, &src));
	ck_assert_uint_eq(s.mode, MODE_TUNNEL);
	ck_assert_uint_eq(s.reqid, 0xffffffff);
	ck_assert_int_eq(
	    fix.kern->ops->sa_reserve(fix.kern, &comp, &fix.peer, MODE_TRANSPORT, 0), IKE_OK);
	ck_assert_int_eq(get(&comp, &s), IKE_OK);
	ck_assert(sa_id_equal(&s.id, &comp));
}
END_TEST

START_TEST(install_and_read_back)
{
	struct sa_spec s = esp(0x1000), got;
	struct sa_usage u;

	s.life = (struct sa_life){ .soft_sec = 1000,
		.hard_sec = 2000,
		.soft_bytes = (uint64_t)1 << 40,
		.hard_bytes = (uint64_t)1 << 41,
		.soft_packets = 4000000000,
		.hard_packets = 4100000000 };
	s.flags = SA_NOECN | SA_NOPMTUDISC | SA_DECAP_DSCP;
	if ((fix.kern->features & KERN_ESP) == 0) {
		ck_assert_int_eq(install(&s, false), IKE_E_KERNEL);
		ck_assert_int_eq(fix.kern->errnum, EPROTONOSUPPORT);
		ck_assert_uint_gt(strlen(fix.kern->reason), 0);
		SKIP("this kernel has no ESP, and says so");
	}
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(install(&s, false), IKE_E_EXISTS);
	ck_assert_int_eq(fix.kern->errnum, EEXIST);
	ck_assert_int_eq(fix.kern->ops->sa_get(fix.kern, &s.id, &fix.us, &got, &u), IKE_OK);
	same_sa(&s, &got);
	ck_assert(!sa_is_larval(&got));
	ck_assert_uint_eq(u.packets, 0);
	ck_assert_uint_eq(u.use_time, 0);
	ck_assert_uint_ne(u.add_time, 0);
	ck_assert_int_eq(fix.kern->ops->sa_get(fix.kern, &s.id, &fix.us, NULL, &u), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &s.id, &fix.us), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_delete(fix.kern, &s.id, &fix.us), IKE_E_NOTFOUND);
	ck_assert_int_eq(fix.kern->ops->sa_get(fix.kern, &s.id, &fix.us, NULL, &u), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(install_on_a_reservation)
{
	struct sa_spec s = esp_in(0xc0001234), got;

	ck_assert_int_eq(reserve(s.id.spi), IKE_OK);
	if ((fix.kern->features & KERN_ESP) == 0) {
		ck_assert_int_eq(install(&s, true), IKE_E_KERNEL);
		SKIP("this kernel has no ESP, and says so");
	}
	/* it must be said that there is one */
	ck_assert_int_eq(install(&s, false), IKE_E_EXISTS);
	ck_assert_int_eq(install(&s, true), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
	ck_assert_int_eq(reserve(s.id.spi), IKE_E_EXISTS);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	/* where there is no reservation */
	s.id.spi++;
	ck_assert_int_eq(install(&s, true), IKE_E_NOTFOUND);
	ck_assert_int_eq(fix.kern->errnum, ESRCH);
}
END_TEST

/* Where the SA is live already its limits change, and nothing else. */
START_TEST(install_on_a_live_sa)
{
	struct sa_spec s = esp_in(0x1000), got;

	NEEDS_ESP();
	ck_assert_int_eq(install(&s, false), IKE_OK);
	s.life.hard_sec = 500;
	ck_assert_int_eq(install(&s, true), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
}
END_TEST

START_TEST(bad_key_lengths_are_refused)
{
	struct sa_spec s = esp(0x1000), got;
	struct sa_keys k = keys_for(&s);

	k.encr_len = 15;
	ck_assert_int_ne(fix.kern->ops->sa_install(fix.kern, &s, &k, false), IKE_OK);
	ck_assert_uint_gt(strlen(fix.kern->reason), 0);
	k = keys_for(&s);
	k.integ_len = 0;
	ck_assert_int_ne(fix.kern->ops->sa_install(fix.kern, &s, &k, false), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 0);
}
END_TEST

START_TEST(nat_and_ipv6)
{
	struct sa_spec s = esp(0x1000), got;

	NEEDS_ESP();
	s.mode = MODE_TUNNEL;
	s.encap_sport = 4500;
	s.encap_dport = 60000;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
	for (int i = 0; i < 2; i++) {
		s = esp(0x1001 + i);
		s.src = ip("2001:db8::1");
		s.id.dst = ip("2001:db8::2");
		s.mode = i == 0 ? MODE_TRANSPORT : MODE_TUNNEL;
		ck_assert_int_eq(install(&s, false), IKE_OK);
		ck_assert_int_eq(get(&s.id, &got), IKE_OK);
		same_sa(&s, &got);
	}
}
END_TEST

START_TEST(dumps_and_flushes)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us);

	dump(KERN_DUMP_SA | KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsa + fix.rows.nsp, 0);
	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 1);
	ck_assert(sa_is_larval(&fix.rows.sa[0]) && sa_id_equal(&fix.rows.sa[0].id, &id));
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsa, 0);
	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(reserve(0x3000 + i), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 11);
	/* the newest comes first */
	ck_assert_uint_eq(fix.rows.sa[0].id.spi, 0x3009);
	ck_assert_uint_eq(fix.rows.sa[10].id.spi, id.spi);
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_AH), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 11);
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_ESP), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, 0);
	ck_assert_int_eq(fix.kern->ops->sa_flush(fix.kern, PROTO_NONE), IKE_OK);
}
END_TEST

/* More than a buffer holds.  Reservations do not live long, so that they are fewer. */
START_TEST(large_dumps)
{
	enum { SAS = 400, SPS = 3000 };
	struct sp_spec sp = policy(SP_OUT);

	for (uint16_t i = 1; i <= SPS; i++) {
		sp.id.sel.dport = i;
		sp.id.sel.dport_set = true;
		ck_assert_int_eq(put(&sp), IKE_OK);
	}
	for (uint32_t i = 0; i < SAS; i++)
		ck_assert_int_eq(reserve(0xd0000000 + i), IKE_OK);
	dump(KERN_DUMP_SA);
	ck_assert_uint_eq(fix.rows.nsa, SAS);
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, SPS);
	dump_by(other(), KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.nsp, SPS);
}
END_TEST

/* Two handles, be they of one kind or of two, see one kernel. */
START_TEST(others_see_the_same_sas)
{
	struct sa_spec s = esp(0x1000), t = esp_in(0x1001);

	NEEDS_ESP();
	s.life.soft_sec = 100;
	s.life.hard_sec = 200;
	t.mode = MODE_TUNNEL;
	t.encap_sport = t.encap_dport = 4500;
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(install_by(other(), &t, false), IKE_OK);
	for (int i = 0; i < 2; i++) {
		dump_by(i == 0 ? fix.kern : other(), KERN_DUMP_SA);
		ck_assert_uint_eq(fix.rows.nsa, 2);
		same_sa(&s, row_of_sa(&s.id));
		same_sa(&t, row_of_sa(&t.id));
	}
	ck_assert_int_eq(other()->ops->sa_delete(other(), &s.id, NULL), IKE_OK);
	ck_assert_int_eq(get(&s.id, &s), IKE_E_NOTFOUND);
}
END_TEST

START_TEST(readdress)
{
	struct sa_spec s = esp(0x1000), got;
	struct endpoint from = { fix.us, 4500 }, to = { fix.peer, 4501 };

	NEEDS_ESP();
	s.encap_sport = s.encap_dport = 4500;
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_E_NOTFOUND);
	ck_assert_int_eq(install(&s, false), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	s.encap_dport = 4501;
	same_sa(&s, &got);
	to.addr = ip("192.0.2.77");
	if ((fix.kern->features & KERN_MIGRATE) == 0) {
		ck_assert_int_eq(
		    fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_E_UNSUPPORTED);
		ck_assert_uint_gt(strlen(fix.kern->reason), 0);
		ck_assert_int_eq(get(&s.id, &got), IKE_OK);
		same_sa(&s, &got);
		SKIP("this back end changes ports only, and says so");
	}
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_E_NOTFOUND);
	s.id.dst = to.addr;
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
	/* out of the NAT, and behind one again */
	from = (struct endpoint){ ip("192.0.2.66"), 0 };
	to.port = 0;
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	s.src = from.addr;
	s.encap_sport = s.encap_dport = 0;
	same_sa(&s, &got);
	s.encap_sport = from.port = 4500;
	s.encap_dport = to.port = 7000;
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &s.id, &from, &to), IKE_OK);
	ck_assert_int_eq(get(&s.id, &got), IKE_OK);
	same_sa(&s, &got);
}
END_TEST

/* A reservation has no keys to carry elsewhere. */
START_TEST(reservations_do_not_move)
{
	struct sa_id id = esp_id(0xc0001234, &fix.us);
	struct endpoint from = { ip("192.0.2.77"), 0 }, to = { fix.us, 0 };

	ck_assert_int_eq(reserve(id.spi), IKE_OK);
	ck_assert_int_eq(fix.kern->ops->sa_readdress(fix.kern, &id, &from, &to), IKE_E_STATE);
}
END_TEST

static void
prepare(int family, uint8_t ours, bool encap)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_msg(fix.kern->ops->socket_prepare(fix.kern, fd, ours, encap) == IKE_OK, "%s",
	    fix.kern->reason);
	/* one policy each way */
	dump(KERN_DUMP_SP);
	ck_assert_uint_eq(fix.rows.sockets, 2);
	(void)close(fd);
}

START_TEST(sockets)
{
	int fd;

	if (!fix.b->sockets)
		SKIP("no sockets here");
	prepare(AF_INET, 4, false);
	prepare(AF_INET, 4, true);
	prepare(AF_INET6, 6, false);
	prepare(AF_INET6, 6, true);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fix.kern->ops->socket_prepare(fix.kern, fd, 4, false), IKE_E_KERNEL);
	ck_assert_uint_gt(strlen(fix.kern->reason), 0);
	(void)close(fd);
}
END_TEST

void
conform_sa_cases(case_fn *fn, void *arg)
{
	const TTest *const v[] = {
		reservations,
		refused_reservations_leave_nothing,
		the_same_spi_elsewhere,
		reservations_of_ipv6_tunnels_and_ipcomp,
		install_and_read_back,
		install_on_a_reservation,
		install_on_a_live_sa,
		bad_key_lengths_are_refused,
		nat_and_ipv6,
		dumps_and_flushes,
		large_dumps,
		others_see_the_same_sas,
		readdress,
		reservations_do_not_move,
		sockets,
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		fn(arg, v[i]);
}
