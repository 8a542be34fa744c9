/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * traffic - send packets between network namespaces and count what comes back.
 *
 *	traffic [-r RATE | -R RATE] [-d MS] [-1] [-g MS] [-w NETNS]... [-W MS] FLOW...
 *	FLOW = udp|tcp|icmp,NAME-NETNS,ADDRESS,NAME-NETNS,ADDRESS,PORT
 *
 * One process holds both ends of every flow: a socket keeps the namespace it was made in.  The second end echoes, the
 * first counts.  A TCP flow connects once and then sends messages over the connection.  Every flow sends RATE messages
 * a second (default 10) for MS milliseconds (default 2000), or with -1 until it got its first answer; with -R the flows take
 * turns and send RATE messages a second together.  SIGTERM ends the sending early.  Then the last answers are awaited for -g
 * milliseconds (default 500).  For each flow one line is printed:
 *
 *	PROTO FROM TO PORT sent N back N first_ms N lost N gap_ms N mark_ms N bad_ms N
 *
 * first_ms is the time from the first message (for TCP: from connect()) to the first answer, -1 when there was none;
 * lost counts the messages without an answer that were sent once the first answer was there; gap_ms is the longest
 * time between two answers.  The last two count from the last SIGUSR1, or from the beginning: mark_ms is the time until the
 * first answer to a message sent after it, bad_ms the time until the last message was sent that got no answer; -1 for none.
 *
 * -w counts the security associations of a namespace every -W milliseconds (default 100), and prints for each pair of addresses
 *
 *	sa NETNS SOURCE DESTINATION max N spis N
 *
 * the most that were there at one time, and how many different ones in all.  Larval SAs (without keys) do not count.
 *
 * Exit status: 0 if every flow was answered, 1 if not, 2 when it could not run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab.h"
#include "sawatch.h"

#define FLOWS_MAX 512
#define CONNS_MAX 128
#define WATCHES_MAX 64
#define SEQ_MAX 65536

enum proto { UDP, TCP, ICMP };

static const char *const proto_names[] = { "udp", "tcp", "icmp" };

struct message {
	uint8_t icmp[8]; /* ICMP echo header; unused otherwise */
	char mark[32];
	uint32_t flow, seq;
};

struct flow {
	enum proto proto;
	char from[64], to[64];
	struct sockaddr_storage src, dst;
	socklen_t addr_len;
	int port;
	int client;
	bool begun;
	long start, first, last, gap; /* ms */
	uint32_t sent, back, first_seq;
	size_t part_len; /* bytes of a message that TCP has delivered so far */
	struct message part;
	bool *answered; /* by sequence number */
	long *sent_at;  /* likewise, ms */
	long marked;    /* ms from the mark to the first answer behind it, -1 for none */
};

/*
 * The far end of all flows to one address and port.
 */
struct server {
	enum proto proto;
	const char *netns; /* of the first flow that goes there */
	struct sockaddr_storage addr;
	int fd;
	int conns[CONNS_MAX]; /* TCP: what was accepted */
	size_t n_conns;
};

struct plan {
	struct flow flows[FLOWS_MAX];
	size_t n_flows;
	struct server servers[FLOWS_MAX];
	size_t n_servers;
	struct sawatch *watches[WATCHES_MAX];
	size_t n_watches;
	int home; /* the namespace we came from */
	int epoll;
	long rate, total_rate, duration, grace, watch_period;
	long mark;             /* the time of the last SIGUSR1, or of the beginning */
	uint64_t turns;        /* with -R: messages sent by all flows */
	bool once;
};

/* what an epoll event is about: a flow's near end, or a server, by its index */
enum { NEAR_END = 0, FAR_END = 1 };

static volatile sig_atomic_t stop_wanted, mark_wanted;

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		mark_wanted = 1;
	else
		stop_wanted = 1;
}

static void
die(const char *what)
{
	fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
socket_in(const char *netns, int home, int family, int type, int proto)
{
	int fd;

	lab_enter(netns);
	fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	if (fd < 0)
		die("socket");
	if (setns(home, CLONE_NEWNET) < 0)
		die("setns");
	return fd;
}

static void
watch_fd(struct plan *p, int fd, unsigned end, size_t index)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = (uint64_t)end << 32 | index };

	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("epoll_ctl");
}

static void
parse_addr(const char *text, struct sockaddr_storage *ss, socklen_t *len, int port)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM }, *ai;

	if (getaddrinfo(text, NULL, &hints, &ai) != 0) {
		fprintf(stderr, "traffic: bad address %s\n", text);
		exit(2);
	}
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	*len = ai->ai_addrlen;
	if (ss->ss_family == AF_INET)
		((struct sockaddr_in *)ss)->sin_port = htons((uint16_t)port);
	else
		((struct sockaddr_in6 *)ss)->sin6_port = htons((uint16_t)port);
	freeaddrinfo(ai);
}

/*
 * Read "proto,netns,address,netns,address,port" into |f|.
 */
static void
parse_flow(struct flow *f, const char *text)
{
	char *copy = strdup(text), *save = NULL, *field[6];
	size_t i;

	for (i = 0; copy && i < 6; i++) {
		field[i] = strtok_r(i == 0 ? copy : NULL, ",", &save);
		if (!field[i])
			break;
	}
	if (i < 6) {
		fprintf(stderr, "traffic: bad flow %s\n", text);
		exit(2);
	}
	for (i = 0; i < 3 && strcmp(field[0], proto_names[i]) != 0; i++)
		;
	if (i == 3) {
		fprintf(stderr, "traffic: unknown protocol in %s\n", text);
		exit(2);
	}
	f->proto = (enum proto)i;
	snprintf(f->from, sizeof(f->from), "%s", field[1]);
	snprintf(f->to, sizeof(f->to), "%s", field[3]);
	f->port = atoi(field[5]);
	parse_addr(field[2], &f->src, &f->addr_len, 0);
	parse_addr(field[4], &f->dst, &f->addr_len, f->proto == ICMP ? 0 : f->port);
	free(copy);
}

static void
open_server(struct plan *p, const struct flow *f)
{
	struct server *s;
	size_t i;
	int one = 1;

	for (i = 0; i < p->n_servers; i++) {
		s = &p->servers[i];
		if (s->proto == f->proto && !strcmp(s->netns, f->to) && !memcmp(&s->addr, &f->dst, f->addr_len))
			return;
	}
	s = &p->servers[p->n_servers++];
	s->proto = f->proto;
	s->addr = f->dst;
	s->netns = f->to;
	s->fd = socket_in(f->to, p->home, f->dst.ss_family, f->proto == TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
	if (setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(s->fd, (struct sockaddr *)&f->dst, f->addr_len) < 0)
		die("bind of the far end");
	if (f->proto == TCP && listen(s->fd, CONNS_MAX) < 0)
		die("listen");
	watch_fd(p, s->fd, FAR_END, p->n_servers - 1);
}

/*
 * Make the near end, and the far one unless another flow goes there, too.
 */
static void
open_flow(struct plan *p, struct flow *f)
{
	int type = f->proto == UDP ? SOCK_DGRAM : f->proto == TCP ? SOCK_STREAM : SOCK_RAW;

	f->first = f->marked = -1;
	f->answered = calloc(SEQ_MAX, sizeof(*f->answered));
	f->sent_at = calloc(SEQ_MAX, sizeof(*f->sent_at));
	if (!f->answered || !f->sent_at)
		die("calloc");
	f->client = socket_in(f->from, p->home, f->src.ss_family, type, f->proto == ICMP ? IPPROTO_ICMP : 0);
	if (bind(f->client, (struct sockaddr *)&f->src, f->addr_len) < 0)
		die("bind of the near end");
	/* a TCP socket that does not connect yet would report a hang-up for ever */
	if (f->proto != TCP)
		watch_fd(p, f->client, NEAR_END, (size_t)(f - p->flows));
	if (f->proto != ICMP)
		open_server(p, f);
}

static uint16_t
icmp_checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += ((uint32_t)p[i] << 8) | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static void
send_one(struct plan *p, uint32_t index, long now)
{
	struct flow *f = &p->flows[index];
	struct message m;
	uint16_t sum;
	ssize_t n;

	if (!f->begun)
		f->start = now;
	if (f->proto == TCP && !f->begun) {
		if (connect(f->client, (struct sockaddr *)&f->dst, f->addr_len) < 0 && errno != EINPROGRESS)
			die("connect");
		watch_fd(p, f->client, NEAR_END, index);
	}
	f->begun = true;
	if (f->sent == SEQ_MAX)
		return;
	memset(&m, 0, sizeof(m));
	strcpy(m.mark, LAB_MARK);
	m.flow = index;
	m.seq = f->sent;
	if (f->proto == ICMP) {
		m.icmp[0] = 8; /* echo request */
		sum = icmp_checksum(&m, sizeof(m));
		memcpy(m.icmp + 2, &sum, 2);
	}
	/* not connect()ed: that would look for a route, and so for SAs, before the first packet */
	if (f->proto == TCP)
		n = send(f->client, &m, sizeof(m), MSG_NOSIGNAL);
	else
		n = sendto(f->client, &m, sizeof(m), 0, (struct sockaddr *)&f->dst, f->addr_len);
	/* a TCP connection that is not up yet sends nothing; everything else that is refused counts as lost */
	if (f->proto == TCP && n != (ssize_t)sizeof(m)) {
		if (n >= 0 || (errno != EAGAIN && errno != ENOTCONN))
			die("send over TCP");
		return;
	}
	f->sent_at[f->sent++] = now;
}

static void
take_answer(struct plan *p, uint32_t index, const struct message *m, long now)
{
	struct flow *f = &p->flows[index];

	if (strcmp(m->mark, LAB_MARK) != 0 || m->flow != index || m->seq >= f->sent || f->answered[m->seq])
		return;
	f->answered[m->seq] = true;
	f->back++;
	if (f->first < 0) {
		f->first = now - f->start;
		f->first_seq = m->seq;
	} else if (now - f->last > f->gap) {
		f->gap = now - f->last;
	}
	f->last = now;
	if (f->marked < 0 && f->sent_at[m->seq] >= p->mark)
		f->marked = now - p->mark;
}

static void
read_tcp(struct plan *p, uint32_t index, long now)
{
	struct flow *f = &p->flows[index];
	ssize_t n;

	while ((n = recv(f->client, (char *)&f->part + f->part_len, sizeof(f->part) - f->part_len, 0)) > 0) {
		f->part_len += (size_t)n;
		if (f->part_len < sizeof(f->part))
			continue;
		take_answer(p, index, &f->part, now);
		f->part_len = 0;
	}
}

static void
read_near(struct plan *p, uint32_t index, long now)
{
	const struct flow *f = &p->flows[index];
	uint8_t packet[256];
	struct message m;
	ssize_t n;
	size_t skip = f->proto == ICMP && f->src.ss_family == AF_INET ? 20 : 0;

	if (f->proto == TCP) {
		read_tcp(p, index, now);
		return;
	}
	while ((n = recv(f->client, packet, sizeof(packet), 0)) >= 0) {
		if ((size_t)n != skip + sizeof(m))
			continue;
		memcpy(&m, packet + skip, sizeof(m));
		if (f->proto != ICMP || m.icmp[0] == 0)
			take_answer(p, index, &m, now);
	}
}

static void
echo_udp(const struct server *s)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char data[4096];
	ssize_t n;

	while ((n = recvfrom(s->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len)) >= 0) {
		sendto(s->fd, data, (size_t)n, 0, (struct sockaddr *)&from, len);
		len = sizeof(from);
	}
}

static void
echo_tcp(struct plan *p, struct server *s)
{
	char data[4096];
	ssize_t n;
	size_t i;
	int fd;

	while (s->n_conns < CONNS_MAX && (fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		s->conns[s->n_conns++] = fd;
		watch_fd(p, fd, FAR_END, (size_t)(s - p->servers));
	}
	for (i = 0; i < s->n_conns; i++)
		while ((n = recv(s->conns[i], data, sizeof(data), 0)) > 0)
			if (send(s->conns[i], data, (size_t)n, MSG_NOSIGNAL) < 0)
				break;
}

/*
 * Wait until |until| at the latest, and serve whatever arrives.
 */
static void
serve(struct plan *p, long until)
{
	struct epoll_event events[64];
	long wait = until - now_ms();
	struct server *s;
	uint32_t index;
	int i, n;

	n = epoll_wait(p->epoll, events, 64, wait > 0 ? (int)wait : 0);
	for (i = 0; i < n; i++) {
		index = (uint32_t)events[i].data.u64;
		s = &p->servers[index];
		if (events[i].data.u64 >> 32 == NEAR_END)
			read_near(p, index, now_ms());
		else if (s->proto == TCP)
			echo_tcp(p, s);
		else
			echo_udp(s);
	}
}

static bool
all_answered(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n_flows; i++)
		if (p->flows[i].first < 0)
			return false;
	return true;
}

/*
 * Send what is due, and say when there will be something again.
 */
static long
send_due(struct plan *p, long start, long next, long now)
{
	uint32_t i;

	if (p->total_rate > 0) {
		for (; p->turns * 1000 < (uint64_t)(now - start) * (uint64_t)p->total_rate; p->turns++)
			send_one(p, (uint32_t)(p->turns % p->n_flows), now);
		return start + (long)(p->turns * 1000 / (uint64_t)p->total_rate) + 1;
	}
	if (now < next)
		return next;
	for (i = 0; i < p->n_flows; i++)
		if (!p->once || p->flows[i].first < 0)
			send_one(p, i, now);
	return next + 1000 / p->rate;
}

static void
set_mark(struct plan *p, long now)
{
	size_t i;

	mark_wanted = 0;
	p->mark = now;
	for (i = 0; i < p->n_flows; i++)
		p->flows[i].marked = -1;
}

static void
run(struct plan *p)
{
	long start = now_ms(), next_send = start, next_watch = start, end = start + p->duration, now;
	size_t i;

	set_mark(p, start);
	while ((now = now_ms()) < end + p->grace) {
		bool sending = now < end && !(p->once && all_answered(p));

		if (mark_wanted)
			set_mark(p, now);
		if (sending && stop_wanted) {
			end = now;
			sending = false;
		}
		if (!sending && now < end)
			break;
		if (sending)
			next_send = send_due(p, start, next_send, now);
		if (p->n_watches > 0 && now >= next_watch) {
			for (i = 0; i < p->n_watches; i++)
				sawatch_look(p->watches[i]);
			next_watch = now + p->watch_period;
		}
		serve(p, sending && next_send < now + 50 ? next_send : now + 50);
	}
}

static int
report(const struct plan *p)
{
	size_t i;
	uint32_t s, lost;
	long bad;

	for (i = 0; i < p->n_flows; i++) {
		const struct flow *f = &p->flows[i];

		for (lost = 0, s = f->first_seq; f->first >= 0 && s < f->sent; s++)
			lost += !f->answered[s];
		for (bad = -1, s = 0; s < f->sent; s++)
			if (!f->answered[s] && f->sent_at[s] >= p->mark)
				bad = f->sent_at[s] - p->mark;
		printf("%s %s %s %d sent %u back %u first_ms %ld lost %u gap_ms %ld mark_ms %ld bad_ms %ld\n",
		    proto_names[f->proto], f->from, f->to, f->port, f->sent, f->back, f->first, lost, f->gap, f->marked, bad);
	}
	for (i = 0; i < p->n_watches; i++)
		sawatch_report(p->watches[i]);
	return all_answered(p) ? 0 : 1;
}

static long
number(const char *text)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (*end != '\0' || v <= 0) {
		fprintf(stderr, "traffic: not a positive number: %s\n", text);
		exit(2);
	}
	return v;
}

static void
options(struct plan *p, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "r:R:d:g:w:W:1")) != -1) {
		if (c == 'r') {
			p->rate = number(optarg);
		} else if (c == 'R') {
			p->total_rate = number(optarg);
		} else if (c == 'W') {
			p->watch_period = number(optarg);
		} else if (c == 'd') {
			p->duration = number(optarg);
		} else if (c == 'g') {
			p->grace = number(optarg);
		} else if (c == '1') {
			p->once = true;
		} else if (c == 'w' && p->n_watches < WATCHES_MAX) {
			p->watches[p->n_watches++] = sawatch_new(optarg);
		} else {
			fprintf(stderr, "usage: traffic [-r RATE | -R RATE] [-d MS] [-1] [-g MS] [-w NETNS]... [-W MS] FLOW...\n");
			exit(2);
		}
	}
	for (; optind < argc; optind++) {
		if (p->n_flows == FLOWS_MAX) {
			fprintf(stderr, "traffic: more than %d flows\n", FLOWS_MAX);
			exit(2);
		}
		parse_flow(&p->flows[p->n_flows], argv[optind]);
		open_flow(p, &p->flows[p->n_flows]);
		p->n_flows++;
	}
}

int
main(int argc, char **argv)
{
	static struct plan p = { .rate = 10, .duration = 2000, .grace = 500, .watch_period = 100 };
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	p.home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	p.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p.home < 0 || p.epoll < 0)
		die("/proc/self/ns/net or epoll");
	options(&p, argc, argv);
	if (p.n_flows == 0 || p.rate > 1000 || p.duration * p.rate / 1000 >= SEQ_MAX) {
		fprintf(stderr, "traffic: at most 1000 messages a second and %d in all\n", SEQ_MAX);
		return 2;
	}
	run(&p);
	return report(&p);
}
