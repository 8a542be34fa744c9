/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of others: racoon 0.9.1 and strongSwan 5.9.8, as captured (tests/vectors: pcap) and as they were before
 * encryption (strongswan-5.9.8-inner.txt).  Everything that can be read must come back byte for byte from its decoded
 * form, and print as the .dump file says.  When it prints otherwise, what it printed is in NAME.dump.log.
 */
#include "t_wire.h"

#include "fuzz/recode.h"
#include "wire/const.h"
#include "wire/dump.h"
#include "wire/pld.h"
#include "wire/pld_sa.h"

#include <stdio.h>

struct file {
	uint8_t *p;
	size_t   n;
};

static struct file
read_vector(const char *name)
{
	const char *top = getenv("RINGTAIL_SRCDIR");
	char        path[4096];
	struct file f = { malloc(1 << 20), 0 };
	FILE       *in;

	snprintf(path, sizeof path, "%s/tests/vectors/%s", top != NULL ? top : ".", name);
	in = fopen(path, "rb");
	ck_assert_msg(in != NULL, "cannot open %s", path);
	ck_assert_ptr_nonnull(f.p);
	f.n = fread(f.p, 1, (1 << 20) - 1, in);
	fclose(in);
	f.p[f.n] = 0;
	return f;
}

/* A cursor over a classic little-endian pcap file of Ethernet frames, behind its header. */
static struct rd
open_pcap(const struct file *f)
{
	struct rd r = rd_of(slice_of(f->p, f->n));

	ck_assert_uint_eq(rd_u32(&r), 0xd4c3b2a1);
	rd_skip(&r, 16);
	ck_assert_uint_eq(rd_u32(&r), 0x01000000);
	return r;
}

static uint32_t
swap32(uint32_t v)
{
	return v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24;
}

/* The next UDP payload; |*natt| says whether it was between ports 4500. */
static bool
next_datagram(struct rd *pcap, bool *natt, struct slice *out)
{
	struct rd frame, udp;
	uint32_t  captured;
	uint16_t  port, length;

	if (rd_left(pcap) == 0)
		return false;
	rd_skip(pcap, 8);
	captured = swap32(rd_u32(pcap));
	rd_skip(pcap, 4);
	frame = rd_sub(pcap, captured);
	rd_skip(&frame, 14 + 20);
	port = rd_u16(&frame);
	rd_skip(&frame, 2);
	length = rd_u16(&frame);
	rd_skip(&frame, 2);
	udp = rd_sub(&frame, (size_t)length - 8);
	ck_assert_int_eq(udp.err, IKE_OK);
	ck_assert(port == IKE_PORT || port == IKE_NATT_PORT);
	*natt = port == IKE_NATT_PORT;
	*out = rd_rest(&udp);
	return true;
}

static void
must_come_back(struct slice msg)
{
	struct arena arena = { 0 };
	struct wr    w = { 0 };
	uint8_t     *p = exact(msg);

	OK(recode_message(slice_of(p, msg.n), &arena, &w));
	SAME(buf_slice(&w.buf), msg);
	wr_free(&w);
	arena_free(&arena);
	free(p);
}

static void
must_print(const struct text *t, const char *name)
{
	struct file want = read_vector(name);
	char        path[256];
	FILE       *out;

	ck_assert(!t->cut);
	if (want.n != t->n || memcmp(want.p, t->p, t->n) != 0) {
		snprintf(path, sizeof path, "%s.log", name);
		out = fopen(path, "wb");
		if (out != NULL) {
			fwrite(t->p, 1, t->n, out);
			fclose(out);
		}
		ck_abort_msg("prints otherwise than %s: see %s", name, path);
	}
	free(want.p);
}

static bool
is_encrypted_v1(const struct ike_hdr *h)
{
	return h->major == 1 && (h->flags & V1_FLAG_ENCRYPTION) != 0;
}

/* Every message of |capture|: |clear_want| of them can be read. */
static void
check_capture(const char *capture, const char *dump, unsigned total_want, unsigned clear_want)
{
	struct file    f = read_vector(capture);
	struct rd      r = open_pcap(&f);
	char          *array = malloc(1 << 18);
	struct text    t;
	struct slice   datagram, msg;
	struct ike_hdr h;
	bool           natt;
	unsigned       total = 0, clear = 0;

	ck_assert_ptr_nonnull(array);
	t = text_in(array, 1 << 18);
	for (; next_datagram(&r, &natt, &datagram); total++) {
		ck_assert_int_eq(dgram_classify(natt, datagram, &msg), DGRAM_IKE);
		ck_assert_uint_eq(msg.n, datagram.n - (natt ? NON_ESP_MARKER_LEN : 0));
		OK(get_ike_hdr(msg, &h));
		OK(ike_hdr_check(&h, msg.n));
		dump_message(&t, msg);
		if (is_encrypted_v1(&h))
			continue;
		must_come_back(msg);
		clear++;
	}
	ck_assert_uint_eq(total, total_want);
	ck_assert_uint_eq(clear, clear_want);
	must_print(&t, dump);
	free(array);
	free(f.p);
}

START_TEST(racoon_messages)
{
	check_capture("racoon-0.9.1-main-quick.pcap", "racoon-0.9.1-main-quick.dump", 11, 4);
}
END_TEST

START_TEST(strongswan_messages)
{
	check_capture("strongswan-5.9.8.pcap", "strongswan-5.9.8.dump", 54, 49);
}
END_TEST

/* What shows of a racoon in its first messages, field by field. */
START_TEST(racoon_main_mode_says)
{
	static const size_t vid_lengths[] = { 16, 16, 16, 16 };
	struct file         f = read_vector("racoon-0.9.1-main-quick.pcap");
	struct rd           r = open_pcap(&f);
	struct arena        arena = { 0 };
	struct slice        msg, chain, nonce;
	struct payloads     ps;
	struct v1_sa        sa;
	const struct pld   *p;
	const struct attr  *a;
	uint64_t            number;
	bool                natt;

	ck_assert(next_datagram(&r, &natt, &msg));
	chain = slice_of(msg.p + IKE_HDR_LEN, msg.n - IKE_HDR_LEN);
	OK(payloads_parse(1, V1_PLD_SA, chain, CHAIN_EXACT, &ps));
	ck_assert(ps.seen == (PLD_BIT(PK_SA) | PLD_BIT(PK_VID)));
	OK(get_v1_sa(payload_first(&ps, PK_SA)->body, &arena, &sa));
	ck_assert_uint_eq(sa.nproposal, 1);
	ck_assert_uint_eq(sa.proposal[0].proto, V1_PROTO_ISAKMP);
	a = attr_find(sa.proposal[0].transform[0].attr, sa.proposal[0].transform[0].nattr, V1_OAKLEY_AUTH);
	ck_assert_ptr_nonnull(a);
	OK(attr_number(a, &number));
	ck_assert_uint_eq(number, V1_OAKLEY_AUTH_PSK);
	p = payload_first(&ps, PK_VID);
	for (size_t i = 0; i < COUNT(vid_lengths); i++, p = payload_next(&ps, p)) {
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(p->body.n, vid_lengths[i]);
	}
	ck_assert(next_datagram(&r, &natt, &msg));
	ck_assert(next_datagram(&r, &natt, &msg));
	chain = slice_of(msg.p + IKE_HDR_LEN, msg.n - IKE_HDR_LEN);
	OK(payloads_parse(1, V1_PLD_KE, chain, CHAIN_EXACT, &ps));
	ck_assert(ps.seen == (PLD_BIT(PK_KE) | PLD_BIT(PK_NONCE) | PLD_BIT(PK_NATD)));
	OK(get_nonce(1, payload_first(&ps, PK_NONCE)->body, &nonce));
	ck_assert_uint_eq(nonce.n, 16);
	ck_assert_uint_eq(payload_count(&ps, PK_NATD), 2);
	arena_free(&arena);
	free(f.p);
}
END_TEST

/* One "VERSION FIRST HEX" of the file of inner chains; continuation lines begin with a blank. */
static char *
next_line(char **at)
{
	char *line = *at, *end;

	for (end = line; *end != '\0'; end++) {
		if (end[0] == '\\' && end[1] == '\n')
			end[0] = end[1] = ' ';
		else if (*end == '\n')
			break;
	}
	*at = *end == '\0' ? end : end + 1;
	*end = '\0';
	return line;
}

START_TEST(strongswan_inner_payloads)
{
	struct file  f = read_vector("strongswan-5.9.8-inner.txt");
	char        *at = (char *)f.p, *line, *hex;
	char        *array = malloc(1 << 16);
	struct text  t;
	unsigned     count = 0;

	ck_assert_ptr_nonnull(array);
	t = text_in(array, 1 << 16);
	while (*at != '\0') {
		struct arena    arena = { 0 };
		struct wr       w = { 0 };
		struct payloads ps;
		struct chain    c;
		struct bytes    b;
		unsigned        version, first;

		line = next_line(&at);
		if (*line == '#' && line[1] == ' ' && (line[2] == 'i' || line[2] == 'r') && line[3] == ' ')
			text_addf(&t, "%s\n", line + 2);
		if (*line == '#' || *line == '\0')
			continue;
		version = (unsigned)strtoul(line, &hex, 10);
		first = (unsigned)strtoul(hex, &hex, 10);
		b = unhex(hex);
		dump_payloads(&t, version, (uint8_t)first, bytes_slice(&b), 1);
		OK(payloads_parse(version, (uint8_t)first, bytes_slice(&b), CHAIN_EXACT, &ps));
		chain_begin(&c, version);
		OK(recode_chain(version, &ps, &arena, &w, &c));
		ck_assert_uint_eq(c.first, first);
		SAME(buf_slice(&w.buf), bytes_slice(&b));
		wr_free(&w);
		arena_free(&arena);
		count++;
	}
	ck_assert_uint_eq(count, 22);
	must_print(&t, "strongswan-5.9.8-inner.dump");
	free(array);
	free(f.p);
}
END_TEST

/* T-log: each message of the captures, cut at every length and with every byte broken, prints and does no harm. */
START_TEST(T_log)
{
	static const char *const captures[] = { "racoon-0.9.1-main-quick.pcap", "strongswan-5.9.8.pcap" };
	static char              array[1 << 16];
	struct file              f = read_vector(captures[_i]);
	struct rd                r = open_pcap(&f);
	struct slice             datagram, msg;
	bool                     natt;

	for (unsigned k = 0; next_datagram(&r, &natt, &datagram) && k < 8; k++) {
		(void)dgram_classify(natt, datagram, &msg);
		for (size_t n = 0; n <= msg.n; n++) {
			uint8_t    *p = exact(slice_of(msg.p, n));
			struct text t = text_in(array, sizeof array);

			dump_message(&t, slice_of(p, n));
			ck_assert_uint_gt(t.n, 0);
			if (n >= IKE_HDR_LEN) {
				p[26] = (uint8_t)(n >> 8);
				p[27] = (uint8_t)n;
				dump_message(&t, slice_of(p, n));
			}
			free(p);
		}
		for (size_t i = 0; i < msg.n; i++) {
			uint8_t    *p = exact(msg);
			struct text t = text_in(array, sizeof array);

			p[i] ^= (uint8_t)(0x80 >> (i & 7));
			dump_message(&t, slice_of(p, msg.n));
			ck_assert_uint_gt(t.n, 0);
			free(p);
		}
	}
	free(f.p);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, racoon_messages);
	tcase_add_test(tc, strongswan_messages);
	tcase_add_test(tc, racoon_main_mode_says);
	tcase_add_test(tc, strongswan_inner_payloads);
	tcase_add_loop_test(tc, T_log, 0, 2);
}

int
main(void)
{
	return run_tests("wire_golden", add);
}
