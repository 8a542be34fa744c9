/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE's own packets must not meet the policies they serve: a policy of the socket itself, "bypass", goes before all
 * others, in both directions.
 */
#include "kern/pfkey_priv.h"

#include <errno.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static int
bypass(int fd, uint8_t family, uint8_t dir)
{
	struct sadb_x_policy p = { .sadb_x_policy_len = sizeof(p) / 8,
		.sadb_x_policy_exttype = SADB_X_EXT_POLICY,
		.sadb_x_policy_type = IPSEC_POLICY_BYPASS,
		.sadb_x_policy_dir = dir };

	if (family == 6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_IPSEC_POLICY, &p, sizeof(p));
	return setsockopt(fd, IPPROTO_IP, IP_IPSEC_POLICY, &p, sizeof(p));
}

ike_err
pfkey_socket_prepare(struct kern *k, int fd, uint8_t family, bool encap)
{
	int type = UDP_ENCAP_ESPINUDP;

	xfrm_reason_clear(k);
	if (bypass(fd, family, IPSEC_DIR_INBOUND) != 0 ||
	    bypass(fd, family, IPSEC_DIR_OUTBOUND) != 0)
		return xfrm_refused(k, ASK_SOCKET, errno, "bypass policy of the socket", NULL);
	if (encap && setsockopt(fd, SOL_UDP, UDP_ENCAP, &type, sizeof(type)) != 0)
		return xfrm_refused(k, ASK_SOCKET, errno, "UDP encapsulation of ESP", NULL);
	return IKE_OK;
}
