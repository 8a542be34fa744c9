/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: SADB_REGISTER tells the algorithms, but not whether the protocol is there.  So an UPDATE is asked
 * of an SA that does not exist: it goes through all checks of protocol and algorithms first, and ESRCH means that
 * everything is there.
 */
#include "kern/pfkey_priv.h"

#include <errno.h>
#include <linux/pfkeyv2.h>

/* An SPI and addresses (loopback) that nobody uses. */
enum { PROBE_SPI = 0xfffffffeu };

static void
take_algs(void *arg, struct slice msg)
{
	struct pfkey *p = arg;

	if (pfkey_get_algs(msg, &p->algs) != IKE_OK)
		p->count.malformed++;
}

/* One that is registered for nothing in particular only learns. */
ike_err
pfkey_register(struct pfkey *p, bool events)
{
	static const uint8_t protos[] = { PROTO_ESP, PROTO_AH, PROTO_IPCOMP };
	struct pfkey_msg m;

	for (size_t i = 0; i < (events ? sizeof(protos) : 1); i++) {
		TRY(pfkey_put_plain(&m, SADB_REGISTER, events ? protos[i] : PROTO_NONE));
		TRY(pfkey_ask(p, ASK_SA, &m, ++p->sock.seq, NULL, take_algs, p));
	}
	return IKE_OK;
}

struct probe {
	uint8_t proto;
	uint16_t encr, integ, comp;
	uint16_t encr_len, integ_len;
	unsigned feature;
};

/* The first that fits sets its feature; the next of the same protocol is tried only otherwise. */
static const struct probe probes[] = {
	{ PROTO_ESP, ENCR_AES_CBC, INTEG_HMAC_SHA1_96, 0, 16, 20, KERN_ESP },
	{ PROTO_ESP, ENCR_NULL, INTEG_HMAC_SHA1_96, 0, 0, 20, KERN_ESP },
	{ PROTO_AH, 0, INTEG_HMAC_SHA1_96, 0, 0, 20, KERN_AH },
	{ PROTO_AH, 0, INTEG_HMAC_SHA256_96, 0, 0, 32, KERN_AH },
	{ PROTO_IPCOMP, 0, 0, COMP_DEFLATE, 0, 0, KERN_IPCOMP },
};

static bool
is_there(struct pfkey *p, const struct probe *b)
{
	struct sa_spec s = {
		.id = { .proto = b->proto,
		    .spi = b->proto == PROTO_IPCOMP ? 0xfffe : PROBE_SPI,
		    .dst = { .family = 4, .b = { 127, 255, 255, 254 } } },
		.src = { .family = 4, .b = { 127, 255, 255, 253 } },
		.mode = MODE_TRANSPORT,
		.encr = b->encr,
		.integ = b->integ,
		.comp = b->comp,
	};
	struct sa_keys k = { .encr_len = b->encr_len, .integ_len = b->integ_len };
	struct pfkey_msg m;

	/* all bytes different: weak key checks must not decide */
	for (unsigned i = 0; i < b->encr_len; i++)
		k.encr[i] = (uint8_t)(i * 37 + 11);
	for (unsigned i = 0; i < b->integ_len; i++)
		k.integ[i] = (uint8_t)(i * 41 + 7);
	return pfkey_put_sa(&m, SADB_UPDATE, &s, &k, NULL) == IKE_OK &&
	       pfkey_ask(p, ASK_SA_ADD, &m, 0, &s, NULL, NULL) == IKE_E_NOTFOUND;
}

unsigned
pfkey_probe(struct pfkey *p)
{
	unsigned have = 0;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if ((have & probes[i].feature) == 0 && is_there(p, &probes[i]))
			have |= probes[i].feature;
	}
	xfrm_reason_clear(&p->kern);
	return have;
}
