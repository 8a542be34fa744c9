/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE's own packets must not meet the policies they serve: a policy of the socket itself, "allow" without templates,
 * goes before all others, in both directions.
 */
#include "kern/xfrm_priv.h"

#include <errno.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static int
bypass(int fd, uint8_t family, uint8_t dir)
{
	struct xfrm_userpolicy_info p;

	memset(&p, 0, sizeof(p));
	p.sel.family = family == 6 ? AF_INET6 : AF_INET;
	p.lft.soft_byte_limit = p.lft.hard_byte_limit = XFRM_INF;
	p.lft.soft_packet_limit = p.lft.hard_packet_limit = XFRM_INF;
	p.dir = dir;
	p.action = XFRM_POLICY_ALLOW;
	p.share = XFRM_SHARE_ANY;
	if (family == 6)
		return setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, &p, sizeof(p));
	return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &p, sizeof(p));
}

ike_err
xfrm_socket_prepare(struct kern *k, int fd, uint8_t family, bool encap)
{
	int type = UDP_ENCAP_ESPINUDP;

	xfrm_reason_clear(k);
	if (bypass(fd, family, XFRM_POLICY_IN) != 0 || bypass(fd, family, XFRM_POLICY_OUT) != 0)
		return xfrm_refused(k, ASK_SOCKET, errno, "bypass policy of the socket", NULL);
	if (encap && setsockopt(fd, SOL_UDP, UDP_ENCAP, &type, sizeof(type)) != 0)
		return xfrm_refused(k, ASK_SOCKET, errno, "UDP encapsulation of ESP", NULL);
	return IKE_OK;
}
