/* SPDX-License-Identifier: BSD-3-Clause */
/* IKEv1 with peers that are set up differently, and with somebody on the wire: forgeries, repetitions, damage. */
#include "unit/fail_alloc.h"
#include "unit/v1_pair.h"

#include <string.h>

static void
say_hello(struct v1_pair *p)
{
	v1_packet(p);
	world_run(p->w, SEC(2));
}

/* The next datagram in the world's capture behind |*at|; false at the end. */
static bool
next_dgram(const struct world *w, size_t *at, struct dgram *out)
{
	const uint8_t *p = w->pcap.p + *at;

	if (*at == 0)
		p += *at = 24;
	if (w->pcap.n < *at + 16)
		return false;
	size_t len = (size_t)p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16;
	const uint8_t *ip = p + 16, *udp = ip + 20;
	*out = (struct dgram){ .data = slice_of(udp + 8, len - 28) };
	ck_assert_int_eq(addr_from_bytes(slice_of(ip + 12, 4), &out->remote.addr), IKE_OK);
	ck_assert_int_eq(addr_from_bytes(slice_of(ip + 16, 4), &out->local.addr), IKE_OK);
	out->remote.port = (uint16_t)(udp[0] << 8 | udp[1]);
	out->local.port = (uint16_t)(udp[2] << 8 | udp[3]);
	*at += 16 + len;
	return true;
}

static void
inject(struct v1_pair *p, const struct dgram *d)
{
	struct node *to = addr_equal(&d->local.addr, &p->a->addr) ? p->a : p->b;

	if (to->daemon != NULL)
		daemon_datagram(to->daemon, d, p->w->now);
}

START_TEST(different_keys_are_hinted_at)
{
	struct v1_pair p = v1_pair_with((struct world_options){ .seed = 7 }, V1_CONF, V1_CONF,
	    "192.0.2.1 another secret of that length\n");
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	v1_packet(&p);
	world_run(p.w, SEC(200));
	/* once, however often it is repeated */
	ck_assert_uint_eq(v1_logged(p.b, "the pre-shared keys may differ"), 1);
	ck_assert(node_logged(p.a, "phase1 negotiation failed due to time up."));
	ck_assert_uint_eq(simkern_sa_count(p.a->kern) + simkern_sa_count(p.b->kern), 0);
	ck_assert_ptr_null(ike_next_of_peer(p.a->daemon, &p.b->addr, NULL));
	ck_assert_ptr_null(ike_next_of_peer(p.b->daemon, &p.a->addr, NULL));
	v1_pair_end(&p);
}
END_TEST

START_TEST(without_a_key_nothing_is_sent)
{
	struct v1_pair p = v1_pair_with(
	    (struct world_options){ .seed = 7 }, V1_CONF, V1_CONF, "192.0.2.77 for another\n");
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	node_send(p.b, p.a, 17, 1, 2);
	world_run(p.w, SEC(1));
	ck_assert_uint_eq(p.w->n_datagrams, 0);
	ck_assert(node_logged(p.b, "couldn't find the pskey for 192.0.2.1."));
	v1_pair_end(&p);
}
END_TEST

START_TEST(no_common_phase1_proposal_fails_soon)
{
	static const char other[] =
	    V1_REMOTE("", "encryption_algorithm aes 256; hash_algorithm sha512; dh_group ecp256;\n")
		V1_SAINFO("");
	struct v1_pair p = v1_pair_of(V1_CONF, other);

	v1_packet(&p);
	world_run(p.w, SEC(6));
	ck_assert(node_logged(p.b, "no suitable proposal found."));
	ck_assert(node_logged(p.a,
	    "notification NO-PROPOSAL-CHOSEN received in unencrypted informational exchange."));
	ck_assert(node_logged(p.a, "phase2 negotiation failed: no proposal chosen"));
	ck_assert_ptr_null(ike_next_of_peer(p.a->daemon, &p.b->addr, NULL));
	ck_assert_ptr_null(ike_next_of_peer(p.b->daemon, &p.a->addr, NULL));
	v1_pair_end(&p);
}
END_TEST

struct refusal {
	const char *conf_b, *said_by_a;
	bool policy_b;
};

static const struct refusal refusals[] = {
	{ V1_PLAIN V1_SAINFO("pfs_group ecp384;"), "phase2 negotiation failed: no proposal chosen",
	    true },
	{ V1_PLAIN V1_SAINFO("lifetime time 1 hour;"),
	    "phase2 negotiation failed: no proposal chosen", true },
	{ V1_PLAIN "sainfo address 10.0.0.0/8 any address 10.0.0.0/8 any { encryption_algorithm "
		   "aes; authentication_algorithm hmac_sha256;"
		   " compression_algorithm deflate; }\n",
	    "phase2 negotiation failed: no proposal chosen", true },
	{ V1_CONF, "phase2 negotiation failed: traffic selectors not acceptable", false },
};

/* A refused child fails at once, and the ISAKMP SA stays. */
START_TEST(refused_quick_mode_fails_at_once)
{
	const struct refusal *r = &refusals[_i];
	struct v1_pair p =
	    v1_pair_with((struct world_options){ .seed = 7 }, V1_CONF, r->conf_b, V1_PSK);
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	if (!r->policy_b) {
		struct kern *k = simkern_other(p.b->kern);
		ck_assert_int_eq(k->ops->sp_flush(k), IKE_OK);
	}
	v1_packet(&p);
	world_run(p.w, SEC(1));
	ck_assert(node_logged(p.a, r->said_by_a));
	ck_assert_uint_eq(node_ikes(p.a, p.b), 1);
	ck_assert_uint_eq(node_ikes(p.b, p.a), 1);
	ck_assert_uint_eq(simkern_sa_count(p.a->kern) + simkern_sa_count(p.b->kern), 0);
	ck_assert(list_empty(&v1_ike_of(p.a, p.b)->exchs));
	ck_assert(list_empty(&v1_ike_of(p.b, p.a)->exchs));
	v1_pair_end(&p);
}
END_TEST

/* All that was ever said is said again, later, several times. */
START_TEST(repetitions_change_nothing)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	struct dgram d;

	say_hello(&p);
	uint64_t ike = v1_ike_of(p.b, p.a)->id, child = v1_child_of(p.b, p.a)->id;
	struct buf copy = { 0 };
	ck_assert_int_eq(buf_set(&copy, buf_slice(&p.w->pcap)), IKE_OK);
	for (unsigned round = 0; round < 3; round++) {
		struct world past = { .pcap = copy };
		for (size_t at = 0; next_dgram(&past, &at, &d); world_run(p.w, MSEC(200)))
			inject(&p, &d);
		world_run(p.w, SEC(40));
	}
	buf_free(&copy);
	ck_assert_uint_eq(v1_logged(p.b, "respond new phase 1"), 1);
	ck_assert_uint_eq(v1_logged(p.b, "respond new phase 2"), 1);
	ck_assert_uint_eq(v1_logged(p.a, "negotiation failed"), 0);
	ck_assert_uint_eq(v1_logged(p.b, "received INITIAL-CONTACT"), 1);
	ck_assert_uint_eq(v1_ike_of(p.b, p.a)->id, ike);
	ck_assert_uint_eq(v1_child_of(p.b, p.a)->id, child);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* Everything that each end has sent comes back to itself in the other's name. */
START_TEST(reflections_change_nothing)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	struct dgram d;

	say_hello(&p);
	struct buf copy = { 0 };
	ck_assert_int_eq(buf_set(&copy, buf_slice(&p.w->pcap)), IKE_OK);
	struct world past = { .pcap = copy };
	for (size_t at = 0; next_dgram(&past, &at, &d); world_run(p.w, MSEC(200))) {
		struct endpoint e = d.local;
		d.local = d.remote;
		d.remote = e;
		inject(&p, &d);
	}
	world_run(p.w, SEC(40));
	buf_free(&copy);
	ck_assert_uint_eq(v1_logged(p.a, "respond new phase"), 0);
	ck_assert_uint_eq(v1_logged(p.b, "initiate new phase"), 0);
	ck_assert_uint_eq(v1_logged(p.b, "respond new phase 2"), 1);
	ck_assert_uint_eq(v1_logged(p.a, "received INITIAL-CONTACT"), 1);
	ck_assert_uint_eq(v1_logged(p.b, "received INITIAL-CONTACT"), 1);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* The first message of quick mode again, long after other exchanges have come between. */
START_TEST(late_repetitions_change_nothing)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	struct dgram d;

	say_hello(&p);
	struct buf copy = { 0 };
	ck_assert_int_eq(buf_set(&copy, buf_slice(&p.w->pcap)), IKE_OK);
	for (unsigned i = 0; i < 100; i++) {
		struct ike_sa *ike = v1_ike_of(p.a, p.b);
		struct v1_note note = v1_ike_note(ike, V1_N_R_U_THERE, slice_of("1234", 4));
		v1_send_notify(ike, &note);
		world_run(p.w, SEC(1));
	}
	struct world past = { .pcap = copy };
	for (size_t at = 0; next_dgram(&past, &at, &d); world_run(p.w, MSEC(200)))
		inject(&p, &d);
	world_run(p.w, SEC(40));
	buf_free(&copy);
	ck_assert_uint_eq(v1_logged(p.b, "respond new phase 2"), 1);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* An end that cannot answer for want of memory does not repeat something else instead, which the other would answer. */
START_TEST(failures_make_no_storm)
{
	for (long n = 1; n < 260; n++) {
		struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
		fail_alloc_at(n);
		say_hello(&p);
		fail_alloc_at(0);
		world_run(p.w, SEC(20));
		ck_assert_msg(p.w->n_datagrams < 60, "%lu datagrams when allocation %ld failed",
		    (unsigned long)p.w->n_datagrams, n);
		v1_pair_end(&p);
	}
}
END_TEST

/* Damaged copies of every encrypted message arrive before it. */
START_TEST(damage_leaves_no_trace)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	size_t at = 0;
	unsigned damaged = 0;

	v1_packet(&p);
	for (unsigned ms = 0; ms < 2000; ms++) {
		struct dgram d;
		world_run(p.w, MSEC(1));
		while (next_dgram(p.w, &at, &d)) {
			uint8_t bytes[2000];
			size_t n = d.data.n;
			memcpy(bytes, d.data.p, n);
			d.data = slice_of(bytes, n);
			if ((bytes[19] & V1_FLAG_ENCRYPTION) == 0)
				continue;
			for (unsigned k = 0; k < 8; k++) {
				size_t where =
				    IKE_HDR_LEN + world_random(p.w) % ((n - IKE_HDR_LEN) / 2);
				bytes[where] ^= (uint8_t)(1 + world_random(p.w) % 255);
				inject(&p, &d);
				memcpy(bytes, d.data.p, n);
			}
			/* cut, with a header that agrees */
			d.data.n -= 16;
			bytes[26] = (uint8_t)(d.data.n >> 8);
			bytes[27] = (uint8_t)d.data.n;
			if (d.data.n > IKE_HDR_LEN)
				inject(&p, &d);
			damaged++;
		}
	}
	ck_assert_uint_ge(damaged, 7);
	ck_assert_uint_eq(
	    v1_logged(p.a, "negotiation failed") + v1_logged(p.b, "negotiation failed"), 0);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* A message in clear with the cookies of the SA in use; |chain| builds its payloads. */
static void
forge(struct v1_pair *p, uint8_t exchange, uint8_t flags, uint32_t msgid, struct slice body,
    uint8_t first)
{
	const struct ike_sa *ike = v1_ike_of(p->b, p->a);
	struct ike_hdr h = {
		.spi_i = ike_spi_i(ike),
		.spi_r = ike_spi_r(ike),
		.major = 1,
		.exchange = exchange,
		.flags = flags,
		.msgid = msgid,
		.next = first,
		.length = (uint32_t)(IKE_HDR_LEN + body.n),
	};
	struct wr w;

	wr_init(&w, 0);
	put_ike_hdr(&w, &h);
	wr_bytes(&w, body);
	struct dgram d = { .local = ike->local, .remote = ike->remote, .data = buf_slice(&w.buf) };
	inject(p, &d);
	wr_free(&w);
}

START_TEST(nothing_in_clear_is_obeyed)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	struct msg_out m = { 0 };
	uint8_t cookies[16];

	say_hello(&p);
	struct ike_sa *ike = v1_ike_of(p.b, p.a);
	struct child *c = v1_child_of(p.b, p.a);
	v1_cookies(ike, cookies);
	uint8_t spi[4] = { (uint8_t)(c->spi_out >> 24), (uint8_t)(c->spi_out >> 16),
		(uint8_t)(c->spi_out >> 8), (uint8_t)c->spi_out };
	struct pld_delete of_ike = { V1_DOI_IPSEC, V1_PROTO_ISAKMP, 16, 1, slice_of(cookies, 16) };
	struct pld_delete of_child = { V1_DOI_IPSEC, V1_PROTO_ESP, 4, 1, slice_of(spi, 4) };
	chain_begin(&m.chain, 1);
	(void)pld_begin(&m.w, &m.chain, V1_PLD_D);
	put_v1_delete(&m.w, &of_ike);
	pld_end(&m.w, &m.chain);
	(void)pld_begin(&m.w, &m.chain, V1_PLD_D);
	put_v1_delete(&m.w, &of_child);
	pld_end(&m.w, &m.chain);
	struct v1_note note = v1_ike_note(ike, V1_N_INITIAL_CONTACT, slice_of(NULL, 0));
	v1_put_notify(&m, &note);
	ck_assert_int_eq(wr_err(&m.w), IKE_OK);
	forge(&p, V1_XCHG_INFO, 0, 77, buf_slice(&m.w.buf), m.chain.first);
	/* said to be encrypted */
	forge(&p, V1_XCHG_INFO, V1_FLAG_ENCRYPTION, 77, buf_slice(&m.w.buf), m.chain.first);
	forge(&p, V1_XCHG_QUICK, V1_FLAG_ENCRYPTION, 78, buf_slice(&m.w.buf), m.chain.first);
	forge(&p, V1_XCHG_QUICK, 0, 79, buf_slice(&m.w.buf), m.chain.first);
	forge(&p, V1_XCHG_MAIN, 0, 0, buf_slice(&m.w.buf), m.chain.first);
	forge(&p, V1_XCHG_AGGR, 0, 0, buf_slice(&m.w.buf), m.chain.first);
	forge(&p, 77, 0, 1, buf_slice(&m.w.buf), m.chain.first);
	wr_free(&m.w);
	ck_assert(node_logged(p.b, "delete message must be encrypted"));
	ck_assert_uint_eq(p.w->n_datagrams, 11);
	ck_assert_uint_eq(v1_logged(p.b, "received INITIAL-CONTACT"), 1);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* Bytes of all kinds in every field that is read before anything is proved. */
START_TEST(noise_is_dropped)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	uint8_t noise[256];

	say_hello(&p);
	for (unsigned i = 0; i < 3000; i++) {
		size_t n = world_random(p.w) % sizeof(noise);
		for (size_t k = 0; k < n; k++)
			noise[k] = (uint8_t)world_random(p.w);
		static const uint8_t kinds[] = { V1_XCHG_MAIN, V1_XCHG_QUICK, V1_XCHG_INFO,
			V1_XCHG_TRANSACTION };
		forge(&p, kinds[i % 4], i & 4 ? V1_FLAG_ENCRYPTION : 0,
		    i % 4 == 0 ? 0 : world_random(p.w), slice_of(noise, n & ~(size_t)15),
		    (uint8_t)(world_random(p.w) % 16));
	}
	world_run(p.w, SEC(5));
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* First messages of which nothing comes: half-open SAs are counted and go. */
START_TEST(half_open_sas_end)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	struct dgram d;
	size_t at = 0;

	v1_packet(&p);
	world_run(p.w, MSEC(1));
	ck_assert(next_dgram(p.w, &at, &d));
	uint8_t bytes[500];
	memcpy(bytes, d.data.p, d.data.n);
	d.data.p = bytes;
	node_cut(p.a, true);
	for (unsigned i = 0; i < 200; i++) {
		bytes[0] = (uint8_t)i;
		d.remote.port = (uint16_t)(10000 + i);
		inject(&p, &d);
	}
	ck_assert_uint_eq(p.b->daemon->ikes.half_open, 200);
	world_run(p.w, SEC(40));
	ck_assert_uint_eq(p.b->daemon->ikes.half_open, 0);
	ck_assert_ptr_null(ike_next_of_peer(p.b->daemon, &p.a->addr, NULL));
	v1_pair_end(&p);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("v1_hostile");
	TCase *t = tcase_create("others");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, different_keys_are_hinted_at);
	tcase_add_test(t, without_a_key_nothing_is_sent);
	tcase_add_test(t, no_common_phase1_proposal_fails_soon);
	tcase_add_loop_test(
	    t, refused_quick_mode_fails_at_once, 0, sizeof(refusals) / sizeof(refusals[0]));
	tcase_add_test(t, repetitions_change_nothing);
	tcase_add_test(t, failures_make_no_storm);
	tcase_add_test(t, reflections_change_nothing);
	tcase_add_test(t, late_repetitions_change_nothing);
	tcase_add_test(t, damage_leaves_no_trace);
	tcase_add_test(t, nothing_in_clear_is_obeyed);
	tcase_add_test(t, noise_is_dropped);
	tcase_add_test(t, half_open_sas_end);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return v1_run(suite());
}
