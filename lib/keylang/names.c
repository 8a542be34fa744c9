/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Well-known names (IANA), so that a file loads the same with and without /etc/services and /etc/protocols.
 */
#include "keylang/stmt.h"

#include <string.h>

static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "ftp-data", 20 },
	{ "ftp", 21 },
	{ "ssh", 22 },
	{ "telnet", 23 },
	{ "smtp", 25 },
	{ "domain", 53 },
	{ "bootps", 67 },
	{ "bootpc", 68 },
	{ "tftp", 69 },
	{ "http", 80 },
	{ "www", 80 },
	{ "kerberos", 88 },
	{ "pop3", 110 },
	{ "sunrpc", 111 },
	{ "ntp", 123 },
	{ "imap2", 143 },
	{ "imap", 143 },
	{ "snmp", 161 },
	{ "snmp-trap", 162 },
	{ "snmptrap", 162 },
	{ "bgp", 179 },
	{ "ldap", 389 },
	{ "https", 443 },
	{ "isakmp", 500 },
	{ "syslog", 514 },
	{ "router", 520 },
	{ "route", 520 },
	{ "dhcpv6-client", 546 },
	{ "dhcpv6-server", 547 },
	{ "ldaps", 636 },
	{ "imaps", 993 },
	{ "pop3s", 995 },
	{ "l2tp", 1701 },
	{ "l2f", 1701 },
	{ "radius", 1812 },
	{ "nfs", 2049 },
	{ "mysql", 3306 },
	{ "ipsec-nat-t", 4500 },
	{ "postgresql", 5432 },
};

/* The first name of a number is the one it prints as. */
static const struct {
	const char *name;
	uint8_t proto;
} protocols[] = {
	{ "icmp", 1 },
	{ "igmp", 2 },
	{ "ipencap", 4 },
	{ "ip4", 4 },
	{ "tcp", 6 },
	{ "egp", 8 },
	{ "udp", 17 },
	{ "ipv6", 41 },
	{ "ip6", 41 },
	{ "gre", 47 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "ipv6-icmp", 58 },
	{ "icmp6", 58 },
	{ "icmpv6", 58 },
	{ "eigrp", 88 },
	{ "ospf", 89 },
	{ "ipip", 94 },
	{ "etherip", 97 },
	{ "pim", 103 },
	{ "ipcomp", 108 },
	{ "vrrp", 112 },
	{ "l2tp", 115 },
	{ "sctp", 132 },
	{ "mobility-header", 135 },
	{ "mh", 135 },
	{ "udplite", 136 },
};

bool
setkey_known_service(const char *name, uint16_t *port_out)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (strcmp(services[i].name, name) == 0) {
			*port_out = services[i].port;
			return true;
		}
	}
	return false;
}

bool
setkey_known_protocol(const char *name, uint8_t *proto_out)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strcmp(protocols[i].name, name) == 0) {
			*proto_out = protocols[i].proto;
			return true;
		}
	}
	return false;
}

const char *
setkey_known_protocol_name(uint8_t proto)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].proto == proto)
			return protocols[i].name;
	return NULL;
}
