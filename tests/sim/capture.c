/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture of the simulated world (raw IP packets, pcap) and the keys that open it: lines of Wireshark's
 * ikev2_decryption_table and ikev1_decryption_table.
 */
#include "ringtail/v1/v1.h"
#include "ringtail/v2/v2.h"
#include "sim/world.h"

#include <stdio.h>
#include <string.h>

#define LINKTYPE_RAW 101

static void
le32(struct buf *b, uint32_t v)
{
	uint8_t x[4] = { (uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	if (buf_append(b, slice_of(x, 4)) != IKE_OK)
		b->n = b->n;
}

static void
put(struct buf *b, struct slice s)
{
	/* a capture that is cut for want of memory is still a capture */
	if (buf_append(b, s) != IKE_OK)
		return;
}

static size_t
ip_header(const struct dgram *d, size_t udp, uint8_t *p)
{
	struct slice src = addr_bytes(&d->local.addr), dst = addr_bytes(&d->remote.addr);

	memset(p, 0, 40);
	if (src.n == 16) {
		p[0] = 0x60;
		p[4] = (uint8_t)(udp >> 8);
		p[5] = (uint8_t)udp;
		p[6] = 17;
		p[7] = 64;
		memcpy(p + 8, src.p, 16);
		memcpy(p + 24, dst.p, 16);
		return 40;
	}
	size_t total = udp + 20;
	p[0] = 0x45;
	p[2] = (uint8_t)(total >> 8);
	p[3] = (uint8_t)total;
	p[8] = 64;
	p[9] = 17;
	memcpy(p + 12, src.p, 4);
	memcpy(p + 16, dst.p, 4);
	return 20;
}

void
capture_dgram(struct world *w, const struct dgram *d)
{
	uint8_t head[40], udp[8] = { 0 }, marker[4] = { 0 };
	size_t mark = d->natt ? 4 : 0, len = 8 + mark + d->data.n, ip = ip_header(d, len, head);

	if (w->pcap.n == 0) {
		static const uint32_t magic[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, LINKTYPE_RAW };
		for (size_t i = 0; i < 6; i++)
			le32(&w->pcap, magic[i]);
	}
	udp[0] = (uint8_t)(d->local.port >> 8);
	udp[1] = (uint8_t)d->local.port;
	udp[2] = (uint8_t)(d->remote.port >> 8);
	udp[3] = (uint8_t)d->remote.port;
	udp[4] = (uint8_t)(len >> 8);
	udp[5] = (uint8_t)len;
	le32(&w->pcap, SIMKERN_EPOCH + (uint32_t)(w->now / SEC(1)));
	le32(&w->pcap, (uint32_t)(w->now % SEC(1) / 1000));
	le32(&w->pcap, (uint32_t)(ip + len));
	le32(&w->pcap, (uint32_t)(ip + len));
	put(&w->pcap, slice_of(head, ip));
	put(&w->pcap, slice_of(udp, 8));
	put(&w->pcap, slice_of(marker, mark));
	put(&w->pcap, d->data);
}

static const char *
wireshark_encr(const struct suite *s)
{
	static char name[64];
	const struct alg *a = alg_get(s->encr.id);

	if (a->id == ENCR_AES_CBC)
		(void)snprintf(name, sizeof(name), "AES-CBC-%u [RFC3602]", s->encr.bits);
	else if (a->id == ENCR_AES_GCM_16)
		(void)snprintf(name, sizeof(name), "AES-GCM-%u with 16 octet ICV [RFC5282]", s->encr.bits);
	else
		(void)snprintf(name, sizeof(name), "%s", a->name);
	return name;
}

static const char *
wireshark_integ(const struct suite *s)
{
	switch (s->integ.id) {
	case INTEG_HMAC_SHA1_96:
		return "HMAC_SHA1_96 [RFC2404]";
	case INTEG_HMAC_SHA256_128:
		return "HMAC_SHA2_256_128 [RFC4868]";
	case INTEG_HMAC_SHA384_192:
		return "HMAC_SHA2_384_192 [RFC4868]";
	case INTEG_HMAC_SHA512_256:
		return "HMAC_SHA2_512_256 [RFC4868]";
	default:
		return "NONE [RFC4306]";
	}
}

static void
v2_keys_of(struct node *n, const struct ike_sa *ike)
{
	char line[1200];
	struct text t = text_in(line, sizeof(line));
	const struct v2_keys *k = &ike->v2->keys;

	if (k->all.n == 0)
		return;
	text_addf(&t, "%016llx,%016llx,", (unsigned long long)ike_spi_i(ike), (unsigned long long)ike_spi_r(ike));
	text_hex(&t, v2_sk_e(k, true));
	text_char(&t, ',');
	text_hex(&t, v2_sk_e(k, false));
	text_addf(&t, ",\"%s\",", wireshark_encr(&ike->suite));
	text_hex(&t, v2_sk_a(k, true));
	text_char(&t, ',');
	text_hex(&t, v2_sk_a(k, false));
	text_addf(&t, ",\"%s\"\n", wireshark_integ(&ike->suite));
	put(&n->w->keys, slice_str(line));
}

/* "initiator cookie,key of the cipher" */
static void
v1_keys_of(struct node *n, const struct ike_sa *ike)
{
	char line[200];
	struct text t = text_in(line, sizeof(line));

	if (ike->v1->key.n == 0)
		return;
	text_addf(&t, "%016llx,", (unsigned long long)ike_spi_i(ike));
	text_hex(&t, secret_slice(&ike->v1->key));
	text_char(&t, '\n');
	put(&n->w->v1_keys, slice_str(line));
}

static void
keys_of(struct node *n, const struct ike_sa *ike)
{
	if (ike->v2 != NULL)
		v2_keys_of(n, ike);
	else if (ike->v1 != NULL)
		v1_keys_of(n, ike);
}

void
capture_keys(struct node *n)
{
	while (n->daemon != NULL && n->seen_event < n->daemon->events.last) {
		const struct event *ev = events_get(&n->daemon->events, ++n->seen_event);
		const struct ike_sa *ike = ev == NULL || ev->kind != EV_IKE_UP ? NULL : ike_sa_get(n->daemon, ev->ike_id);
		if (ike != NULL && !n->w->opt.no_pcap)
			keys_of(n, ike);
	}
}

/* Negotiations that never got far enough to be told as up. */
void
capture_unfinished(struct node *n)
{
	const struct ike_sa *ike;
	uint32_t it = 0;

	while (n->daemon != NULL && (ike = slot_each(&n->daemon->ikes.ids, &it)) != NULL)
		if (ike->state == IKE_CONNECTING)
			keys_of(n, ike);
}

static void
leave(const char *name, const char *what, struct slice s)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "failed-%s.%s", name, what);
	for (char *p = path; *p != '\0'; p++)
		if (*p == ' ' || *p == '/')
			*p = '_';
	f = fopen(path, "w");
	if (f == NULL)
		return;
	if (s.n > 0)
		(void)fwrite(s.p, 1, s.n, f);
	(void)fclose(f);
}

void
world_leave(struct world *w, const char *name)
{
	for (unsigned i = 0; i < w->n_nodes; i++)
		capture_unfinished(&w->node[i]);
	leave(name, "pcap", buf_slice(&w->pcap));
	leave(name, "ikev2_decryption_table", buf_slice(&w->keys));
	leave(name, "ikev1_decryption_table", buf_slice(&w->v1_keys));
	for (unsigned i = 0; i < w->n_nodes; i++) {
		char what[80];
		(void)snprintf(what, sizeof(what), "%s.log", w->node[i].name);
		leave(name, what, buf_slice(&w->node[i].log));
	}
}
