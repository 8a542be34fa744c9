/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap - see what is on a wire of the lab.
 *
 *	tap NETNS INTERFACE PCAP SUMMARY
 *
 * Captures every frame on INTERFACE inside the network namespace NETNS ("-" for the current one) into PCAP until it
 * gets SIGTERM or SIGINT, then writes SUMMARY: one line for each kind of packet,
 *
 *	KIND SOURCE DESTINATION A B COUNT MARKED
 *
 * KIND is esp, espudp, ah, udp, tcp, icmp, arp, frag or other.  A and B are the ports, for esp and ah the SPI and 0, for icmp the type
 * and 0.  MARKED counts the packets that hold the lab's own payload text readable: traffic that should have been
 * encrypted and was not.  PCAP exists as soon as capturing has begun.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lab.h"

#define ROWS_MAX 4096
#define SNAP 65535

struct row {
	char kind[8];
	char src[INET6_ADDRSTRLEN];
	char dst[INET6_ADDRSTRLEN];
	uint32_t a, b;
	unsigned long count, marked;
};

struct tap {
	int fd;
	FILE *pcap;
	struct row *rows;
	size_t n_rows;
};

static volatile sig_atomic_t stop_wanted;

static void
on_stop(int sig)
{
	(void)sig;
	stop_wanted = 1;
}

static uint32_t
be16(const unsigned char *p)
{
	return ((uint32_t)p[0] << 8) | p[1];
}

static uint32_t
be32(const unsigned char *p)
{
	return (be16(p) << 16) | be16(p + 2);
}

/*
 * Count one packet described by |key|.  A full table is a failure of the test that uses it, not something to hide.
 */
static void
count_row(struct tap *t, const struct row *key, bool marked)
{
	struct row *r;
	size_t i;

	for (i = 0; i < t->n_rows; i++) {
		r = &t->rows[i];
		if (r->a == key->a && r->b == key->b && !strcmp(r->kind, key->kind) &&
		    !strcmp(r->src, key->src) && !strcmp(r->dst, key->dst))
			break;
	}
	if (i == ROWS_MAX) {
		fprintf(stderr, "tap: more than %d kinds of packets\n", ROWS_MAX);
		exit(1);
	}
	r = &t->rows[i];
	if (i == t->n_rows) {
		*r = *key;
		t->n_rows++;
	}
	r->count++;
	if (marked)
		r->marked++;
}

static void
set_kind(struct row *r, const char *kind, uint32_t a, uint32_t b)
{
	snprintf(r->kind, sizeof(r->kind), "%s", kind);
	r->a = a;
	r->b = b;
}

static void
classify_udp(struct row *r, const unsigned char *p, size_t len)
{
	uint32_t sport = be16(p), dport = be16(p + 2);

	/* RFC 3948 section 2.2: on port 4500 four zero bytes mark IKE; anything longer without them is ESP */
	if (len >= 12 && (sport == 4500 || dport == 4500) && be32(p + 8) != 0)
		set_kind(r, "espudp", be32(p + 8), 0);
	else
		set_kind(r, "udp", sport, dport);
}

static void
classify_transport(struct row *r, unsigned proto, const unsigned char *p, size_t len)
{
	set_kind(r, "other", proto, 0);
	if (len < 8)
		return;
	switch (proto) {
	case IPPROTO_ESP:
		set_kind(r, "esp", be32(p), 0);
		break;
	case IPPROTO_AH:
		set_kind(r, "ah", be32(p + 4), 0);
		break;
	case IPPROTO_UDP:
		classify_udp(r, p, len);
		break;
	case IPPROTO_TCP:
		set_kind(r, "tcp", be16(p), be16(p + 2));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		set_kind(r, "icmp", p[0], 0);
		break;
	case IPPROTO_FRAGMENT:
		set_kind(r, "frag", p[0], 0);
		break;
	}
}

static void
classify_ipv4(struct row *r, const unsigned char *p, size_t len)
{
	size_t hl = len >= 20 ? (size_t)(p[0] & 15) * 4 : 0;

	if (hl < 20 || hl > len)
		return;
	inet_ntop(AF_INET, p + 12, r->src, sizeof(r->src));
	inet_ntop(AF_INET, p + 16, r->dst, sizeof(r->dst));
	if (be16(p + 6) & 0x1fff)
		set_kind(r, "frag", p[9], 0);
	else
		classify_transport(r, p[9], p + hl, len - hl);
}

static void
classify_ipv6(struct row *r, const unsigned char *p, size_t len)
{
	if (len < 40)
		return;
	inet_ntop(AF_INET6, p + 8, r->src, sizeof(r->src));
	inet_ntop(AF_INET6, p + 24, r->dst, sizeof(r->dst));
	classify_transport(r, p[6], p + 40, len - 40);
}

static void
take_frame(struct tap *t, const unsigned char *p, size_t len)
{
	struct { uint32_t sec, usec, cap, len; } rec;
	struct row key;
	struct timeval tv;

	gettimeofday(&tv, NULL);
	rec.sec = (uint32_t)tv.tv_sec;
	rec.usec = (uint32_t)tv.tv_usec;
	rec.cap = rec.len = (uint32_t)len;
	fwrite(&rec, sizeof(rec), 1, t->pcap);
	fwrite(p, 1, len, t->pcap);

	memset(&key, 0, sizeof(key));
	strcpy(key.src, "-");
	strcpy(key.dst, "-");
	if (len < 14)
		return;
	set_kind(&key, "other", be16(p + 12), 1);
	if (be16(p + 12) == ETHERTYPE_IP)
		classify_ipv4(&key, p + 14, len - 14);
	else if (be16(p + 12) == ETHERTYPE_IPV6)
		classify_ipv6(&key, p + 14, len - 14);
	else if (be16(p + 12) == ETHERTYPE_ARP)
		set_kind(&key, "arp", 0, 0);
	count_row(t, &key, memmem(p, len, LAB_MARK, strlen(LAB_MARK)) != NULL);
}

static void
drain(struct tap *t)
{
	static unsigned char frame[SNAP];
	ssize_t n;

	while ((n = recv(t->fd, frame, sizeof(frame), MSG_DONTWAIT)) >= 0)
		take_frame(t, frame, (size_t)n);
	if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN) {
		perror("tap: recv");
		exit(1);
	}
}

static void
open_wire(struct tap *t, const char *netns, const char *ifname)
{
	struct packet_mreq mr = { .mr_type = PACKET_MR_PROMISC };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int size = 8 << 20;

	lab_enter(netns);
	t->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	ll.sll_ifindex = (int)if_nametoindex(ifname);
	mr.mr_ifindex = ll.sll_ifindex;
	if (t->fd < 0 || ll.sll_ifindex == 0 || bind(t->fd, (struct sockaddr *)&ll, sizeof(ll)) < 0 ||
	    setsockopt(t->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)) < 0) {
		fprintf(stderr, "tap: %s %s: %s\n", netns, ifname, strerror(errno));
		exit(1);
	}
	if (setsockopt(t->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		perror("tap: SO_RCVBUFFORCE");
}

static void
write_summary(const struct tap *t, const char *path)
{
	char tmp[4096];
	FILE *f;
	size_t i;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "w");
	if (!f) {
		perror(tmp);
		exit(1);
	}
	for (i = 0; i < t->n_rows; i++) {
		const struct row *r = &t->rows[i];

		fprintf(f, "%s %s %s %u %u %lu %lu\n", r->kind, r->src, r->dst, r->a, r->b, r->count, r->marked);
	}
	if (fclose(f) != 0 || rename(tmp, path) < 0) {
		perror(path);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	static const struct { uint32_t magic; uint16_t major, minor; uint32_t zone, sigfigs, snap, link; } head = {
		0xa1b2c3d4, 2, 4, 0, 0, SNAP, 1
	};
	struct sigaction sa = { .sa_handler = on_stop };
	struct tap t = { .fd = -1 };

	if (argc != 5) {
		fprintf(stderr, "usage: tap NETNS INTERFACE PCAP SUMMARY\n");
		return 2;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	t.rows = calloc(ROWS_MAX, sizeof(*t.rows));
	if (!t.rows)
		return 1;
	open_wire(&t, argv[1], argv[2]);
	t.pcap = fopen(argv[3], "w");
	if (!t.pcap || fwrite(&head, sizeof(head), 1, t.pcap) != 1 || fflush(t.pcap) != 0) {
		perror(argv[3]);
		return 1;
	}
	while (!stop_wanted) {
		struct pollfd p = { .fd = t.fd, .events = POLLIN };

		poll(&p, 1, 100);
		drain(&t);
	}
	drain(&t);
	if (fclose(t.pcap) != 0) {
		perror(argv[3]);
		return 1;
	}
	write_summary(&t, argv[4]);
	free(t.rows);
	return 0;
}
