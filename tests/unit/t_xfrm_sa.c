/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SAs as messages: golden bytes, round trips through every algorithm, what is refused, and an SA made anew elsewhere.
 */
#include "kern/xfrm_msg.h"
#include "unit/xfrm_vectors.h"

#include <check.h>
#include <linux/xfrm.h>
#include <string.h>

static struct addr
ip(const char *s)
{
	struct addr a;

	ck_assert_int_eq(addr_parse(s, &a), IKE_OK);
	return a;
}

static struct sa_spec
esp_spec(void)
{
	return (struct sa_spec){
		.id = { .proto = PROTO_ESP, .spi = 0x1001, .dst = ip("192.0.2.2") },
		.src = ip("192.0.2.1"),
		.mode = MODE_TRANSPORT,
		.encr = ENCR_AES_CBC,
		.encr_bits = 128,
		.integ = INTEG_HMAC_SHA1_96,
	};
}

static struct sa_keys
keys_of(uint16_t encr_len, uint16_t integ_len)
{
	struct sa_keys k = { .encr_len = encr_len, .integ_len = integ_len };

	for (unsigned i = 0; i < sizeof(k.encr); i++)
		k.encr[i] = (uint8_t)(i + 1);
	for (unsigned i = 0; i < sizeof(k.integ); i++)
		k.integ[i] = (uint8_t)(i + 0x81);
	return k;
}

static uint16_t
u16_at(struct slice s, size_t off)
{
	uint16_t v;

	memcpy(&v, s.p + off, sizeof(v));
	return v;
}

static uint32_t
u32_at(struct slice s, size_t off)
{
	uint32_t v;

	memcpy(&v, s.p + off, sizeof(v));
	return v;
}

/* Where attribute |type| of a message with |fixed| bytes in front is; 0: nowhere. */
static size_t
attr_at(struct slice s, size_t fixed, unsigned type)
{
	for (size_t off = 16 + fixed; off + 4 <= s.n; off += (u16_at(s, off) + 3u) & ~3u)
		if (u16_at(s, off + 2) == type)
			return off;
	return 0;
}

#define SA_FIXED 224

/* The same SA as `ip xfrm state add` would make it; numbers in network order are written as bytes. */
START_TEST(golden_esp)
{
	static const uint8_t sha1_96[] = {
		/* nla_len, nla_type 20 */ 0x60,
		0,
		20,
		0,
		'h',
		'm',
		'a',
		'c',
		'(',
		's',
		'h',
		'a',
		'1',
		')',
	};
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);
	struct xfrm_msg m;
	struct slice b;

	s.reqid = 7;
	s.seq = 0x55;
	s.replay_window = 32;
	s.life = (struct sa_life){ .soft_sec = 2880, .hard_sec = 3600, .hard_bytes = 1000 };
	s.flags = SA_NOECN | SA_NOPMTUDISC;
	ck_assert_int_eq(xfrm_put_sa(&m, XFRM_MSG_NEWSA, &s, &k, NULL), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(sizeof(struct xfrm_usersa_info), SA_FIXED);
	/* header, fixed part, 96 bytes of authentication, 88 of encryption */
	ck_assert_uint_eq(b.n, 16 + SA_FIXED + 96 + 88);
	ck_assert_uint_eq(u16_at(b, 4), 16);
	/* selector: empty but for what the kernel fills in itself */
	for (size_t i = 16; i < 16 + 56; i++)
		ck_assert_uint_eq(b.p[i], 0);
	ck_assert_mem_eq(
	    b.p + 72, ((uint8_t[]){ 192, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }), 16);
	ck_assert_mem_eq(b.p + 88, ((uint8_t[]){ 0, 0, 0x10, 0x01, 50 }), 5);
	ck_assert_mem_eq(b.p + 96, ((uint8_t[]){ 192, 0, 2, 1 }), 4);
	/* limits: soft bytes none, hard bytes 1000, packets none */
	ck_assert_mem_eq(b.p + 112, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	ck_assert_mem_eq(b.p + 120, "\xe8\x03\0\0\0\0\0\0", 8);
	ck_assert_mem_eq(
	    b.p + 128, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16);
	ck_assert_uint_eq(u32_at(b, 144), 2880);
	ck_assert_uint_eq(u32_at(b, 152), 3600);
	/* seq, reqid, family, mode, window, flags */
	ck_assert_uint_eq(u32_at(b, 16 + 204), 0x55);
	ck_assert_uint_eq(u32_at(b, 16 + 208), 7);
	ck_assert_uint_eq(u16_at(b, 16 + 212), 2);
	ck_assert_mem_eq(b.p + 16 + 214, ((uint8_t[]){ 0, 32, 1 | 4 }), 3);
	ck_assert_mem_eq(b.p + 16 + SA_FIXED, sha1_96, sizeof(sha1_96));
	ck_assert_uint_eq(u32_at(b, 16 + SA_FIXED + 4 + 64), 160);
	ck_assert_uint_eq(u32_at(b, 16 + SA_FIXED + 4 + 68), 96);
	ck_assert_uint_eq(b.p[16 + SA_FIXED + 4 + 72], 0x81);
	ck_assert_uint_eq(u16_at(b, 16 + SA_FIXED + 96), 88);
	ck_assert_uint_eq(u16_at(b, 16 + SA_FIXED + 98), XFRMA_ALG_CRYPT);
	ck_assert_str_eq((const char *)b.p + 16 + SA_FIXED + 100, "cbc(aes)");
	xfrm_msg_wipe(&m);
	for (size_t i = 0; i < sizeof(m.b); i++)
		ck_assert_uint_eq(m.b[i], 0);
}
END_TEST

static void
check_same(const struct sa_spec *a, const struct sa_spec *b)
{
	ck_assert(sa_id_equal(&a->id, &b->id));
	ck_assert(addr_equal(&a->src, &b->src));
	ck_assert_uint_eq(a->reqid, b->reqid);
	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert_uint_eq(a->encr, b->encr);
	ck_assert_uint_eq(a->integ, b->integ);
	ck_assert_uint_eq(a->comp, b->comp);
	ck_assert_uint_eq(a->replay_window, b->replay_window);
	ck_assert_uint_eq(a->flags, b->flags);
	ck_assert_mem_eq(&a->life, &b->life, sizeof(a->life));
	ck_assert(sa_selector_equal(&a->sel, &b->sel));
	ck_assert_uint_eq(a->encap_sport, b->encap_sport);
	ck_assert_uint_eq(a->encap_dport, b->encap_dport);
	ck_assert(addr_equal(&a->encap_oa, &b->encap_oa));
	ck_assert_uint_eq(a->mark, b->mark);
	ck_assert_uint_eq(a->mark_mask, b->mark_mask);
	ck_assert_uint_eq(a->if_id, b->if_id);
}

static void
round_trip(const struct sa_spec *s, const struct sa_keys *k, const struct sa_label *label)
{
	struct xfrm_msg m;
	struct kern_sa back;

	ck_assert_int_eq(xfrm_put_sa(&m, XFRM_MSG_NEWSA, s, k, label), IKE_OK);
	ck_assert_int_eq(xfrm_get_sa(xfrm_msg_slice(&m), &back), IKE_OK);
	check_same(s, &back.spec);
	ck_assert_uint_eq(back.keys.encr_len, k->encr_len);
	ck_assert_uint_eq(back.keys.integ_len, k->integ_len);
	ck_assert_mem_eq(back.keys.encr, k->encr, k->encr_len);
	ck_assert_mem_eq(back.keys.integ, k->integ, k->integ_len);
	ck_assert_str_eq(back.label.ctx, label != NULL ? label->ctx : "");
	ck_assert_uint_eq(back.spec.mode, s->mode == MODE_ANY ? MODE_TRANSPORT : s->mode);
}

START_TEST(every_cipher)
{
	size_t n;
	const struct alg *v = alg_all(&n);
	unsigned tried = 0;

	for (size_t i = 0; i < n; i++) {
		bool aead = (v[i].flags & ALG_AEAD) != 0;
		struct sa_spec s = esp_spec();

		if (v[i].kind != ALG_ENCR || v[i].xfrm == NULL)
			continue;
		s.encr = (uint16_t)v[i].id;
		s.integ = aead ? ALG_ID_NONE : INTEG_HMAC_SHA256_128;
		for (unsigned bits = v[i].key_min; bits <= v[i].key_max; bits += v[i].key_step) {
			struct sa_keys k =
			    keys_of((uint16_t)(bits / 8 + (v[i].key_max != 0 ? v[i].salt : 0u)),
				aead ? 0 : 32);

			s.encr_bits = (uint16_t)bits;
			round_trip(&s, &k, NULL);
			tried++;
			if (v[i].key_step == 0)
				break;
		}
	}
	ck_assert_uint_gt(tried, 40);
}
END_TEST

START_TEST(every_integrity)
{
	size_t n;
	const struct alg *v = alg_all(&n);
	unsigned tried = 0;

	for (size_t i = 0; i < n; i++) {
		struct sa_spec s = esp_spec();
		struct sa_keys k = keys_of(0, (uint16_t)(v[i].key_default / 8));
		struct xfrm_msg m;
		struct slice b;
		size_t at;

		if (v[i].kind != ALG_INTEG || v[i].xfrm == NULL || v[i].id == INTEG_NONE)
			continue;
		s.id.proto = PROTO_AH;
		s.encr = ALG_ID_NONE;
		s.encr_bits = 0;
		s.integ = (uint16_t)v[i].id;
		round_trip(&s, &k, NULL);
		ck_assert_int_eq(xfrm_put_sa(&m, XFRM_MSG_UPDSA, &s, &k, NULL), IKE_OK);
		b = xfrm_msg_slice(&m);
		at = attr_at(b, SA_FIXED, XFRMA_ALG_AUTH_TRUNC);
		ck_assert_uint_ne(at, 0);
		ck_assert_uint_eq(u32_at(b, at + 4 + 68), v[i].icv * 8u);
		tried++;
	}
	ck_assert_uint_ge(tried, 8);
}
END_TEST

/* RFC 4868 has 128 bits of HMAC-SHA-256, manual keys on Linux 96: the message tells them apart. */
START_TEST(sha256_truncations)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 32);

	s.integ = INTEG_HMAC_SHA256_96;
	round_trip(&s, &k, NULL);
	s.integ = INTEG_HMAC_SHA256_128;
	round_trip(&s, &k, NULL);
}
END_TEST

START_TEST(everything_else)
{
	struct sa_label label = { .ctx = "system_u:object_r:ipsec_t:s0", .doi = 1, .alg = 1 };
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);

	s.mode = MODE_TUNNEL;
	s.flags = SA_NOECN | SA_DECAP_DSCP | SA_NOPMTUDISC | SA_WILDRECV | SA_AF_UNSPEC;
	s.life = (struct sa_life){ 1, 2, 3, 4, 5, 6 };
	s.sel.src = (struct prefix){ ip("10.1.0.0"), 16 };
	s.sel.dst = (struct prefix){ ip("10.2.0.0"), 24 };
	s.sel.proto = 1;
	s.sel.sport_set = true;
	s.sel.dport = 9;
	s.sel.dport_set = true;
	s.encap_sport = 4500;
	s.encap_dport = 1024;
	s.encap_oa = ip("10.0.0.9");
	s.mark = 1;
	s.mark_mask = 0xff;
	s.if_id = 42;
	s.replay_window = 32;
	round_trip(&s, &k, &label);
	s.id.dst = ip("2001:db8::2");
	s.src = ip("2001:db8::1");
	s.encap_oa = ip("2001:db8::99");
	round_trip(&s, &k, NULL);
}
END_TEST

START_TEST(ipcomp)
{
	struct sa_spec s = { .id = { .proto = PROTO_IPCOMP, .spi = 0x1005, .dst = ip("192.0.2.2") },
		.src = ip("192.0.2.1"),
		.mode = MODE_TRANSPORT,
		.comp = COMP_DEFLATE };
	struct sa_keys k = { .encr_len = 0 };

	round_trip(&s, &k, NULL);
	s.mode = MODE_ANY;
	round_trip(&s, &k, NULL);
}
END_TEST

/* Windows up to 32 packets are a byte of the fixed part; more, or ESN, an attribute. */
START_TEST(windows)
{
	static const uint32_t sizes[] = { 0, 1, 32, 33, 64, 1024, XFRM_WINDOW_MAX };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (unsigned esn = 0; esn < 2; esn++) {
			struct sa_spec s = esp_spec();
			struct sa_keys k = keys_of(16, 20);
			struct xfrm_msg m;
			struct slice b;
			size_t at;
			uint32_t want = esn != 0 && sizes[i] == 0 ? 32 : sizes[i];
			struct kern_sa back;

			s.replay_window = sizes[i];
			s.flags = esn != 0 ? SA_ESN : 0;
			ck_assert_int_eq(xfrm_put_sa(&m, XFRM_MSG_NEWSA, &s, &k, NULL), IKE_OK);
			b = xfrm_msg_slice(&m);
			at = attr_at(b, SA_FIXED, XFRMA_REPLAY_ESN_VAL);
			ck_assert((at != 0) == (esn != 0 || want > 32));
			ck_assert_uint_eq(b.p[16 + 215], at != 0 ? 0 : want);
			if (at != 0) {
				/* as many words as the window needs */
				ck_assert_uint_eq(u32_at(b, at + 4), (want + 31) / 32);
				ck_assert_uint_eq(u16_at(b, at), 4 + 24 + (want + 31) / 32 * 4);
			}
			ck_assert_int_eq(xfrm_get_sa(b, &back), IKE_OK);
			ck_assert_uint_eq(back.spec.replay_window, want);
		}
	}
}
END_TEST

static ike_err
put(const struct sa_spec *s, const struct sa_keys *k)
{
	struct xfrm_msg m;

	return xfrm_put_sa(&m, XFRM_MSG_NEWSA, s, k, NULL);
}

START_TEST(refused)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(16, 20);

	ck_assert_int_eq(put(&s, &k), IKE_OK);
	s.replay_window = XFRM_WINDOW_MAX + 1;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	s = esp_spec();
	s.id.dst.family = 0;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	s = esp_spec();
	s.src = ip("2001:db8::1");
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	s = esp_spec();
	s.sel.src = (struct prefix){ ip("10.0.0.0"), 33 };
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	s = esp_spec();
	s.sel.src = (struct prefix){ ip("10.0.0.0"), 8 };
	s.sel.dst = (struct prefix){ ip("2001:db8::"), 32 };
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	s = esp_spec();
	s.id.proto = PROTO_IKE;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
	s = esp_spec();
	s.encr = ENCR_IDEA;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
	s.encr = INTEG_HMAC_MD5_96;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
	s.encr = 0x7fff;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
	s = esp_spec();
	s.integ = INTEG_KPDK;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
	s = esp_spec();
	s.comp = COMP_OUI;
	ck_assert_int_eq(put(&s, &k), IKE_E_UNSUPPORTED);
}
END_TEST

START_TEST(refused_keys)
{
	struct sa_spec s = esp_spec();
	struct sa_keys k = keys_of(15, 20);

	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k.encr_len = 32;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE); /* 128 bits were promised */
	s.encr_bits = 0;
	ck_assert_int_eq(put(&s, &k), IKE_OK);
	k.encr_len = 0;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k.encr_len = UINT16_MAX;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k = keys_of(16, 19);
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k.integ_len = 0;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k.integ_len = UINT16_MAX;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k = keys_of(16, 20);
	s.encr = ENCR_NULL;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	/* AES-GCM: the salt counts */
	s.encr = ENCR_AES_GCM_16;
	s.integ = ALG_ID_NONE;
	ck_assert_int_eq(put(&s, &k), IKE_E_RANGE);
	k.encr_len = 20;
	ck_assert_int_eq(put(&s, &k), IKE_OK);
}
END_TEST

START_TEST(ids)
{
	struct sa_id id = { .proto = PROTO_ESP, .spi = 0x01020304, .dst = ip("2001:db8::2") };
	struct addr src = ip("2001:db8::1"), other = ip("192.0.2.1");
	struct xfrm_msg m;
	struct slice b;

	ck_assert_int_eq(xfrm_put_sa_id(&m, XFRM_MSG_DELSA, &id, NULL), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(b.n, 16 + sizeof(struct xfrm_usersa_id));
	ck_assert_uint_eq(u16_at(b, 4), 17);
	ck_assert_mem_eq(b.p + 16, id.dst.b, 16);
	ck_assert_mem_eq(b.p + 32, ((uint8_t[]){ 1, 2, 3, 4, 10, 0, 50 }), 7);
	ck_assert_int_eq(xfrm_put_sa_id(&m, XFRM_MSG_GETSA, &id, &src), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(b.n, 16 + sizeof(struct xfrm_usersa_id) + 20);
	ck_assert_mem_eq(b.p + b.n - 16, src.b, 16);
	/* a source of another family names nothing */
	ck_assert_int_eq(xfrm_put_sa_id(&m, XFRM_MSG_GETSA, &id, &other), IKE_OK);
	ck_assert_uint_eq(xfrm_msg_slice(&m).n, 16 + sizeof(struct xfrm_usersa_id));
	id.proto = PROTO_NONE;
	ck_assert_int_eq(xfrm_put_sa_id(&m, XFRM_MSG_GETSA, &id, NULL), IKE_E_UNSUPPORTED);
}
END_TEST

START_TEST(reserve_and_flush)
{
	struct xfrm_spi_request r = {
		.id = { .proto = PROTO_AH, .spi = 99, .dst = ip("192.0.2.2") },
		.src = ip("192.0.2.1"),
		.mode = MODE_TUNNEL,
		.reqid = 3,
		.seq = 8,
		.min = 0x100,
		.max = 0x1ff,
	};
	struct xfrm_msg m;
	struct slice b;

	ck_assert_int_eq(xfrm_put_allocspi(&m, &r), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(b.n, 16 + sizeof(struct xfrm_userspi_info));
	ck_assert_uint_eq(u16_at(b, 4), XFRM_MSG_ALLOCSPI);
	/* the SPI is what is asked for */
	ck_assert_uint_eq(u32_at(b, 88), 0);
	ck_assert_uint_eq(u32_at(b, 16 + 204), 8);
	ck_assert_uint_eq(u32_at(b, b.n - 8), 0x100);
	ck_assert_uint_eq(u32_at(b, b.n - 4), 0x1ff);
	ck_assert_int_eq(xfrm_put_flushsa(&m, PROTO_NONE), IKE_OK);
	ck_assert_uint_eq(xfrm_msg_slice(&m).p[16], 255);
	ck_assert_int_eq(xfrm_put_flushsa(&m, PROTO_IPCOMP), IKE_OK);
	ck_assert_uint_eq(xfrm_msg_slice(&m).p[16], 108);
	ck_assert_int_eq(xfrm_put_flushsa(&m, PROTO_IKE), IKE_E_UNSUPPORTED);
}
END_TEST

/* What a kernel said of an SA with everything, between new addresses: the rest is carried over. */
START_TEST(moved)
{
	struct endpoint src = { ip("198.51.100.1"), 4500 }, dst = { ip("198.51.100.2"), 7000 };
	struct endpoint six = { ip("2001:db8::2"), 0 };
	struct vector v;
	struct xfrm_msg m;
	struct kern_sa old, new;
	struct slice b;

	vector_find("linux-6.1", "dump-sa-esn", 0, &v);
	ck_assert_int_eq(xfrm_get_sa(slice_of(v.b, v.n), &old), IKE_OK);
	ck_assert_int_eq(xfrm_put_sa_moved(&m, slice_of(v.b, v.n), &src, &dst), IKE_OK);
	b = xfrm_msg_slice(&m);
	ck_assert_uint_eq(u16_at(b, 4), XFRM_MSG_NEWSA);
	ck_assert_uint_ne(attr_at(b, SA_FIXED, XFRMA_LTIME_VAL), 0);
	ck_assert_int_eq(xfrm_get_sa(b, &new), IKE_OK);
	ck_assert(addr_equal(&new.spec.src, &src.addr));
	ck_assert(addr_equal(&new.spec.id.dst, &dst.addr));
	ck_assert_uint_eq(new.spec.encap_sport, 4500);
	ck_assert_uint_eq(new.spec.encap_dport, 7000);
	ck_assert_mem_eq(&new.keys, &old.keys, sizeof(old.keys));
	ck_assert_mem_eq(&new.usage, &old.usage, sizeof(old.usage));
	new.spec.src = old.spec.src;
	new.spec.id.dst = old.spec.id.dst;
	new.spec.encap_dport = old.spec.encap_dport;
	check_same(&old.spec, &new.spec);
	ck_assert_int_eq(xfrm_put_sa_moved(&m, slice_of(v.b, v.n), &src, &six), IKE_E_RANGE);
	ck_assert_int_eq(xfrm_put_sa_moved(&m, slice_of(v.b, 100), &src, &dst), IKE_E_SHORT);
}
END_TEST

START_TEST(states)
{
	struct kern_sa sa = { .usage = { .add_time = 1000, .bytes = 50, .packets = 5 } };

	ck_assert_int_eq(kern_sa_state(&sa, 5000), KERN_SA_MATURE);
	sa.spec.life.soft_sec = 100;
	ck_assert_int_eq(kern_sa_state(&sa, 1099), KERN_SA_MATURE);
	ck_assert_int_eq(kern_sa_state(&sa, 1100), KERN_SA_DYING);
	sa.spec.life.hard_sec = 200;
	ck_assert_int_eq(kern_sa_state(&sa, 1200), KERN_SA_DEAD);
	/* the clock was set back */
	ck_assert_int_eq(kern_sa_state(&sa, 10), KERN_SA_MATURE);
	sa.spec.life = (struct sa_life){ .soft_bytes = 50 };
	ck_assert_int_eq(kern_sa_state(&sa, 1000), KERN_SA_DYING);
	sa.spec.life = (struct sa_life){ .hard_packets = 5 };
	ck_assert_int_eq(kern_sa_state(&sa, 1000), KERN_SA_DEAD);
	sa.larval = true;
	ck_assert_int_eq(kern_sa_state(&sa, 1000), KERN_SA_LARVAL);
	ck_assert_str_eq(kern_sa_state_name(KERN_SA_DYING), "dying");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("xfrm_sa");
	TCase *t = tcase_create("codec");
	SRunner *r = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, golden_esp);
	tcase_add_test(t, every_cipher);
	tcase_add_test(t, every_integrity);
	tcase_add_test(t, sha256_truncations);
	tcase_add_test(t, everything_else);
	tcase_add_test(t, ipcomp);
	tcase_add_test(t, windows);
	tcase_add_test(t, refused);
	tcase_add_test(t, refused_keys);
	tcase_add_test(t, ids);
	tcase_add_test(t, reserve_and_flush);
	tcase_add_test(t, moved);
	tcase_add_test(t, states);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
