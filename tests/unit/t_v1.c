/* SPDX-License-Identifier: BSD-3-Clause */
/* IKEv1 between two daemons that mean well: main mode, quick mode, deletes, renewal. */
#include "unit/v1_pair.h"

#include "sadb/sadb.h"

#include <string.h>

static void
say_hello(struct v1_pair *p)
{
	v1_packet(p);
	world_run(p->w, SEC(2));
}

START_TEST(tables_hold_together)
{
	for (size_t i = 0; i < v1_n_types; i++) {
		const struct exch_type *t = v1_types[i];
		ck_assert_uint_eq(t->major, 1);
		ck_assert_uint_gt(t->nsteps, 0);
		for (unsigned k = 0; k < t->nsteps; k++) {
			const struct step *s = &t->steps[k];
			ck_assert_uint_eq(s->n, k + 1);
			ck_assert_int_eq(s->from, k % 2 == 0 ? INITIATOR : RESPONDER);
			ck_assert_uint_eq(s->need & s->may, 0);
			ck_assert(s->build != NULL && s->process != NULL);
			/* what has a HASH in front needs it, and nothing in clear has to */
			ck_assert(s->prot != CRYPT_HASH || (s->need & P(HASH)) != 0);
			ck_assert(s->prot != CLEAR || (s->need & P(HASH)) == 0);
		}
	}
	ck_assert_ptr_eq(v1_ops.for_intent(INTENT_IKE_CREATE), &v1_main);
	ck_assert_ptr_eq(v1_ops.for_intent(INTENT_CHILD_CREATE), &v1_quick);
	ck_assert_ptr_null(v1_ops.for_intent(INTENT_CHILD_REKEY));
	ck_assert_ptr_null(v1_ops.for_intent(INTENT_IKE_REKEY));
	ck_assert_ptr_null(v1_ops.for_intent(INTENT_NONE));
}
END_TEST

/* What racoon 0.9.1 sent for the talk's configuration: tests/vectors/racoon-0.9.1-main-quick.pcap, first frame, SA payload. */
static const uint8_t racoon_sa[] = {
	0x00,
	0x00,
	0x00,
	0x01,
	0x00,
	0x00,
	0x00,
	0x01,
	0x00,
	0x00,
	0x00,
	0x30,
	0x01,
	0x01,
	0x00,
	0x01,
	0x00,
	0x00,
	0x00,
	0x28,
	0x01,
	0x01,
	0x00,
	0x00,
	0x80,
	0x0b,
	0x00,
	0x01,
	0x00,
	0x0c,
	0x00,
	0x04,
	0x00,
	0x01,
	0x51,
	0x80,
	0x80,
	0x01,
	0x00,
	0x07,
	0x80,
	0x0e,
	0x00,
	0x80,
	0x80,
	0x03,
	0x00,
	0x01,
	0x80,
	0x02,
	0x00,
	0x04,
	0x80,
	0x04,
	0x00,
	0x0f,
};

START_TEST(first_message_offers_what_racoon_offers)
{
	static const char conf[] = V1_REMOTE("lifetime time 24 hours;\n",
	    "dh_group modp3072; encryption_algorithm aes; hash_algorithm sha256;\n")
	    V1_SAINFO("lifetime time 8 hours;\n");
	struct v1_pair p = v1_pair_of(conf, conf);

	v1_packet(&p);
	world_run(p.w, MSEC(1));
	ck_assert(memmem(p.w->pcap.p, p.w->pcap.n, racoon_sa, sizeof(racoon_sa)) != NULL);
	v1_pair_end(&p);
}
END_TEST

START_TEST(first_packet_brings_everything_up)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	static const char *const said_by_a[] = {
		"initiate new phase 1 negotiation: 192.0.2.1[500]<=>192.0.2.2[500]",
		"begin Identity Protection mode.",
		"received Vendor ID: DPD",
		"ISAKMP-SA established 192.0.2.1[500]-192.0.2.2[500] spi:",
		"initiate new phase 2 negotiation: 192.0.2.1[500]<=>192.0.2.2[500]",
		"received INITIAL-CONTACT",
		"IPsec-SA established: ESP/Transport 192.0.2.2[500]->192.0.2.1[500] spi=",
		"IPsec-SA established: ESP/Transport 192.0.2.1[500]->192.0.2.2[500] spi=",
	};

	say_hello(&p);
	for (size_t i = 0; i < sizeof(said_by_a) / sizeof(said_by_a[0]); i++)
		ck_assert_msg(node_logged(p.a, said_by_a[i]), "not logged: %s", said_by_a[i]);
	ck_assert(
	    node_logged(p.b, "respond new phase 1 negotiation: 192.0.2.2[500]<=>192.0.2.1[500]"));
	ck_assert(
	    node_logged(p.b, "respond new phase 2 negotiation: 192.0.2.2[500]<=>192.0.2.1[500]"));
	/* six of main mode, three of quick mode, INITIAL-CONTACT of each */
	ck_assert_uint_eq(p.w->n_datagrams, 11);
	ck_assert(v1_ike_of(p.a, p.b)->dpd_peer);
	ck_assert_uint_eq(v1_ike_of(p.a, p.b)->suite.life_sec, 86400);
	ck_assert_uint_eq(v1_child_of(p.b, p.a)->life_sec, 28800);
	ck_assert_ptr_null(v1_ike_of(p.a, p.b)->v1->psk.p);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

struct variant {
	const char *conf;
	uint8_t mode, proto;
};

#define WITH(encr, hash, group) \
	V1_REMOTE(              \
	    "", "encryption_algorithm " encr "; hash_algorithm " hash "; dh_group " group ";\n")

static const struct variant variants[] = {
	{ WITH("3des", "md5", "modp1024") V1_SAINFO(""), 0, 0 },
	{ WITH("blowfish", "sha1", "modp1024") V1_SAINFO(""), 0, 0 },
	{ WITH("cast128", "sha1", "modp1536") V1_SAINFO(""), 0, 0 },
	{ WITH("camellia 256", "sha384", "ecp384") V1_SAINFO(""), 0, 0 },
	{ WITH("aes 256", "sha512", "modp2048") V1_SAINFO("pfs_group modp1024;"), 0, 0 },
	{ WITH("des", "sha256", "ecp256") V1_SAINFO("pfs_group ecp256;"), MODE_TUNNEL, 0 },
	{ V1_PLAIN V1_SAINFO(""), MODE_TRANSPORT, PROTO_AH },
	{ V1_PLAIN "sainfo anonymous { encryption_algorithm aes_gcm; authentication_algorithm "
		   "hmac_sha256; compression_algorithm deflate; }\n",
	    0, 0 },
	/* padding {} in its other forms */
	{ "padding { randomize off; randomize_length on; maximum_length 60; strict_check on; "
	  "exclusive_tail on; }\n" V1_CONF,
	    0, 0 },
	{ "padding { randomize on; randomize_length on; maximum_length 250; strict_check on; "
	  "exclusive_tail off; }\n" V1_CONF,
	    0, 0 },
	/* identities and nonces of other forms */
	{ V1_REMOTE("my_identifier fqdn \"host.example.net\"; nonce_size 256; support_proxy on; "
		    "dpd off;\n",
	      V1_ALGS) V1_SAINFO(""),
	    0, 0 },
	{ V1_REMOTE("nonce_size 8; proposal_check obey; initial_contact off;\n", V1_ALGS)
		V1_SAINFO(""),
	    0, 0 },
};

START_TEST(algorithms_and_forms)
{
	const struct variant *v = &variants[_i];
	struct v1_pair p =
	    v1_pair_with((struct world_options){ .seed = 3 }, v->conf, v->conf, V1_PSK);
	struct policy_options po = { .mode = v->mode, .ipsec = v->proto };

	world_protect(p.a, p.b, &po);
	say_hello(&p);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

START_TEST(selectors_with_a_port_are_negotiated)
{
	struct v1_pair p =
	    v1_pair_with((struct world_options){ .seed = 5 }, V1_CONF, V1_CONF, V1_PSK);
	struct policy_options one = { .proto = 6, .port = 8140, .reqid = 1 },
			      two = { .proto = 6, .port = 443, .reqid = 2 };

	world_protect(p.a, p.b, &one);
	world_protect(p.a, p.b, &two);
	node_send(p.a, p.b, 6, 3000, 8140);
	node_send(p.a, p.b, 6, 3000, 443);
	world_run(p.w, SEC(2));
	/* both at once, on one ISAKMP SA */
	ck_assert_uint_eq(v1_logged(p.a, "initiate new phase 1 negotiation"), 1);
	ck_assert_uint_eq(v1_logged(p.a, "initiate new phase 2 negotiation"), 2);
	ck_assert_uint_eq(node_pairs(p.a, p.b), 2);
	ck_assert_uint_eq(node_pairs(p.b, p.a), 2);
	v1_pair_end(&p);
}
END_TEST

START_TEST(both_at_once_make_one_pair)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);

	v1_packet(&p);
	node_send(p.b, p.a, 17, 2000, 1000);
	world_run(p.w, SEC(3));
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

START_TEST(loss_and_duplicates_do_not_matter)
{
	struct world_options o = {
		.seed = (uint64_t)_i + 1, .loss = 25, .duplicate = 50, .jitter = MSEC(40)
	};
	struct v1_pair p = v1_pair_with(o, V1_CONF, V1_CONF, V1_PSK);
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	ck_assert(world_flows(p.a, p.b, SEC(300)));
	p.w->opt.loss = p.w->opt.duplicate = 0;
	world_run(p.w, SEC(200));
	ck_assert(world_flows(p.a, p.b, SEC(5)));
	ck_assert_uint_eq(node_pairs(p.a, p.b), 1);
	ck_assert_uint_eq(node_pairs(p.b, p.a), 1);
	v1_pair_end(&p);
}
END_TEST

/* The third message of quick mode gets lost: the responder repeats its second, the initiator its third; then they compare their pairs. */
START_TEST(lost_third_message_is_repeated)
{
	struct world_options o = { .seed = 7, .drop_nth = 11 };
	struct v1_pair p = v1_pair_with(o, V1_CONF, V1_CONF, V1_PSK);
	struct policy_options po = { 0 };

	world_protect(p.a, p.b, &po);
	say_hello(&p);
	ck_assert_uint_eq(p.w->n_datagrams, 13 + 4);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* The initiator never comes back with it: the responder takes its half back. */
START_TEST(missing_third_message_rolls_back)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);

	v1_packet(&p);
	while (!node_logged(p.b, "respond new phase 2"))
		world_run(p.w, MSEC(5));
	node_cut(p.a, true);
	world_run(p.w, SEC(120));
	ck_assert(node_logged(p.b, "phase2 negotiation failed"));
	ck_assert_uint_eq(simkern_sa_count(p.b->kern), 0);
	ck_assert_uint_eq(node_pairs(p.b, p.a), 0);
	v1_pair_end(&p);
}
END_TEST

START_TEST(terminated_peer_takes_its_children_along)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);

	say_hello(&p);
	node_close(p.b);
	world_run(p.w, SEC(1));
	ck_assert_uint_eq(node_pairs(p.a, p.b), 0);
	ck_assert_uint_eq(node_ikes(p.a, p.b), 0);
	ck_assert_uint_eq(simkern_sa_count(p.a->kern), 0);
	ck_assert(node_logged(p.a, "purged IPsec-SA proto_id=ESP spi="));
	ck_assert(node_logged(p.a, "ISAKMP-SA deleted 192.0.2.1[500]-192.0.2.2[500] spi:"));
	v1_pair_end(&p);
}
END_TEST

/* IPsec SAs outlive the ISAKMP SA, and are renewed on a new one. */
START_TEST(children_outlive_the_isakmp_sa)
{
	static const char conf[] = V1_PLAIN V1_SAINFO("lifetime time 60 seconds;\n");
	struct v1_pair p = v1_pair_of(conf, conf);

	say_hello(&p);
	ike_sa_delete(v1_ike_of(p.a, p.b));
	daemon_tick(p.a->daemon, p.w->now);
	world_run(p.w, SEC(1));
	ck_assert_uint_eq(node_ikes(p.a, p.b), 0);
	ck_assert_uint_eq(node_ikes(p.b, p.a), 0);
	ck_assert_uint_eq(node_pairs(p.a, p.b), 1);
	ck_assert_uint_eq(node_pairs(p.b, p.a), 1);
	ck_assert(world_flows(p.a, p.b, 0));
	for (unsigned i = 0; i < 70; i++)
		ck_assert(world_flows(p.a, p.b, 0));
	ck_assert_uint_eq(v1_logged(p.a, "ISAKMP-SA established"), 2);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

START_TEST(child_delete_goes_to_the_right_child)
{
	struct v1_pair p =
	    v1_pair_with((struct world_options){ .seed = 5 }, V1_CONF, V1_CONF, V1_PSK);
	struct policy_options one = { .proto = 6, .port = 8140, .reqid = 1 },
			      two = { .proto = 6, .port = 443, .reqid = 2 };

	world_protect(p.a, p.b, &one);
	world_protect(p.a, p.b, &two);
	node_send(p.a, p.b, 6, 3000, 8140);
	node_send(p.a, p.b, 6, 3000, 443);
	world_run(p.w, SEC(2));
	struct child *c = v1_child_of(p.a, p.b);
	uint32_t in = c->spi_in, out = c->spi_out;
	child_delete(c, true);
	daemon_tick(p.a->daemon, p.w->now);
	world_run(p.w, SEC(3));
	ck_assert_uint_eq(node_pairs(p.a, p.b), 1);
	ck_assert_uint_eq(node_pairs(p.b, p.a), 1);
	ck_assert_ptr_null(child_find_in(p.b->daemon, PROTO_ESP, out, &p.b->addr));
	ck_assert_ptr_null(child_find_out(p.b->daemon, PROTO_ESP, in, &p.a->addr));
	v1_pair_end(&p);
}
END_TEST

/* A phase 1 of a minute is renewed in time; both ends agree on which one is in use, and the old one goes. */
START_TEST(phase1_is_renewed)
{
	static const char conf[] = V1_REMOTE("lifetime time 60 seconds; rekey force;\n", V1_ALGS)
	    V1_SAINFO("lifetime time 8 hours;\n");
	struct v1_pair p = v1_pair_of(conf, conf);

	say_hello(&p);
	for (unsigned i = 0; i < 150; i++)
		ck_assert(world_flows(p.a, p.b, 0));
	ck_assert_uint_ge(v1_logged(p.a, "ISAKMP-SA established"), 3);
	/* only the initiator renews */
	ck_assert_uint_eq(v1_logged(p.b, "initiate new phase 1"), 0);
	ck_assert_uint_eq(v1_logged(p.a, "IPsec-SA established"), 2);
	ck_assert_uint_eq(v1_logged(p.a, "received INITIAL-CONTACT"), 1);
	ck_assert_ptr_eq(v1_child_of(p.a, p.b)->conf, p.a->conf);
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

START_TEST(responder_lifetime_is_told_and_taken)
{
	static const char conf_a[] =
	    V1_REMOTE("proposal_check claim;\n", V1_ALGS) V1_SAINFO("lifetime time 8 hours;\n");
	static const char conf_b[] =
	    V1_REMOTE("proposal_check claim;\n", V1_ALGS) V1_SAINFO("lifetime time 10 minutes;\n");
	struct v1_pair p = v1_pair_of(conf_a, conf_b);

	say_hello(&p);
	ck_assert_uint_eq(v1_child_of(p.b, p.a)->life_sec, 600);
	ck_assert_uint_eq(v1_child_of(p.a, p.b)->life_sec, 600);
	ck_assert(node_logged(p.a, "received RESPONDER-LIFETIME: 600 s"));
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* A host that lost everything says so; what the other had from before goes. */
START_TEST(initial_contact_clears_the_former_life)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);

	say_hello(&p);
	struct child *old = v1_child_of(p.b, p.a);
	uint64_t old_id = old->id, old_ike = v1_ike_of(p.b, p.a)->id;
	node_stop(p.a, false);
	struct kern *k = simkern_other(p.a->kern);
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_NONE), IKE_OK);
	ck_assert_int_eq(node_start(p.a), IKE_OK);
	v1_packet(&p);
	world_run(p.w, SEC(3));
	ck_assert_uint_eq(v1_logged(p.b, "received INITIAL-CONTACT"), 2);
	ck_assert_ptr_null(child_get(p.b->daemon, old_id));
	ck_assert_ptr_null(ike_sa_get(p.b->daemon, old_ike));
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

/* Without a word from a peer that has lost its state: a quick mode that nobody answers ends our trust in the ISAKMP SA. */
START_TEST(silent_peer_gets_a_new_phase1)
{
	static const char conf[] =
	    "greet off;\n" V1_REMOTE("initial_contact off;\n", V1_ALGS) V1_SAINFO("lifetime time 8 hours;\n");
	struct v1_pair p = v1_pair_of(conf, conf);

	say_hello(&p);
	node_stop(p.b, false);
	struct kern *k = simkern_other(p.b->kern);
	ck_assert_int_eq(k->ops->sa_flush(k, PROTO_NONE), IKE_OK);
	ck_assert_int_eq(node_start(p.b), IKE_OK);
	child_drop(v1_child_of(p.a, p.b));
	daemon_tick(p.a->daemon, p.w->now);
	/* only this end has anything to send */
	for (unsigned i = 0; i < 120 && node_pairs(p.a, p.b) == 0; i++) {
		v1_packet(&p);
		world_run(p.w, SEC(1));
	}
	/* b says in clear that it does not know the cookies, which makes a ask, and begin anew when nobody answers */
	ck_assert(node_logged(p.a, "a new IKE SA is made beside the old one"));
	v1_assert_up(&p);
	v1_pair_end(&p);
}
END_TEST

START_TEST(liveness_question_is_answered)
{
	struct v1_pair p = v1_pair_of(V1_CONF, V1_CONF);
	static const uint8_t seq[4] = { 1, 2, 3, 4 };

	say_hello(&p);
	struct ike_sa *ike = v1_ike_of(p.a, p.b);
	struct v1_note note = v1_ike_note(ike, V1_N_R_U_THERE, slice_of(seq, sizeof(seq)));
	v1_send_notify(ike, &note);
	daemon_tick(p.a->daemon, p.w->now);
	world_run(p.w, SEC(1));
	ck_assert(node_logged(p.b, "notification R-U-THERE received in informational exchange."));
	ck_assert(
	    node_logged(p.a, "notification R-U-THERE-ACK received in informational exchange."));
	v1_pair_end(&p);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s = suite_create("v1");
	TCase *t = tcase_create("friends");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, tables_hold_together);
	tcase_add_test(t, first_message_offers_what_racoon_offers);
	tcase_add_test(t, first_packet_brings_everything_up);
	tcase_add_loop_test(t, algorithms_and_forms, 0, sizeof(variants) / sizeof(variants[0]));
	tcase_add_test(t, selectors_with_a_port_are_negotiated);
	tcase_add_test(t, both_at_once_make_one_pair);
	tcase_add_loop_test(t, loss_and_duplicates_do_not_matter, 0, 12);
	tcase_add_test(t, lost_third_message_is_repeated);
	tcase_add_test(t, missing_third_message_rolls_back);
	tcase_add_test(t, terminated_peer_takes_its_children_along);
	tcase_add_test(t, children_outlive_the_isakmp_sa);
	tcase_add_test(t, child_delete_goes_to_the_right_child);
	tcase_add_test(t, phase1_is_renewed);
	tcase_add_test(t, responder_lifetime_is_told_and_taken);
	tcase_add_test(t, initial_contact_clears_the_former_life);
	tcase_add_test(t, silent_peer_gets_a_new_phase1);
	tcase_add_test(t, liveness_question_is_answered);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return v1_run(suite());
}
