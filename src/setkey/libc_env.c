/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/print.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static bool
known(const struct addr *list, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&list[i], a))
			return true;
	return false;
}

static size_t
libc_host(void *arg, const char *name, uint8_t family, bool numeric, struct addr *out, size_t max)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *res;
	struct endpoint e;
	size_t n = 0;

	(void)arg;
	hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
	hints.ai_flags = numeric ? AI_NUMERICHOST : 0;
	if (getaddrinfo(name, NULL, &hints, &res) != 0)
		return 0;
	for (const struct addrinfo *ai = res; ai != NULL && n < max; ai = ai->ai_next)
		if (endpoint_from_sockaddr(ai->ai_addr, ai->ai_addrlen, &e) == IKE_OK &&
		    !known(out, n, &e.addr))
			out[n++] = e.addr;
	freeaddrinfo(res);
	return n;
}

static bool
libc_service(void *arg, const char *name, uint16_t *port_out)
{
	const struct servent *s = getservbyname(name, NULL);

	(void)arg;
	if (s == NULL)
		return false;
	*port_out = ntohs((uint16_t)s->s_port);
	return true;
}

static bool
libc_protocol(void *arg, const char *name, uint8_t *proto_out)
{
	const struct protoent *p = getprotobyname(name);

	(void)arg;
	if (p == NULL || p->p_proto < 0 || p->p_proto > UINT8_MAX)
		return false;
	*proto_out = (uint8_t)p->p_proto;
	return true;
}

static const char *
libc_protocol_name(void *arg, uint8_t proto)
{
	const struct protoent *p = getprotobynumber(proto);

	(void)arg;
	return p != NULL ? p->p_name : NULL;
}

static void
libc_warn(void *arg, unsigned line, const char *text)
{
	(void)arg;
	(void)fprintf(stderr, "line %u: warning: %s\n", line, text);
}

const struct setkey_env setkey_libc_env = {
	.host = libc_host,
	.service = libc_service,
	.protocol = libc_protocol,
	.protocol_name = libc_protocol_name,
	.warn = libc_warn,
};
