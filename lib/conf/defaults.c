/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds where nothing is said: racoon's values as its code has them, which is not always what its manual
 * says.
 */
#include "conf/direct.h"

#include <string.h>

static const struct conf_ident own_address = { .kind = CONF_ID_ADDRESS, .type = "address" };

void
remote_defaults(struct conf_remote *r)
{
	*r = (struct conf_remote){
		.modes = { CONF_IKEV2, CONF_MAIN },
		.n_modes = 2,
		.my_id = &own_address,
		.verify_cert = true,
		.send_cert = true,
		.send_cr = true,
		.nonce_size = 16,
		.life_sec = 28800,
		.esp_frag = 65535,
		.situation = 1,
		.ike_frag = CONF_OFF,
		.natt = CONF_OFF,
		.rekey = CONF_ON,
		.check = CONF_STRICT,
		.initial_contact = true,
		.dpd = true,
		.dpd_retry = SEC(5),
		.dpd_maxfail = 5,
	};
}

void
sainfo_defaults(struct conf_sainfo *s)
{
	*s = (struct conf_sainfo){ .life_sec = 28800 };
}

void
conf_defaults(struct conf *c)
{
	c->log_level = LOG_L_INFO;
	c->complex_bundle = true;
	c->keep_sas = true;
	c->negotiations = 64;
	c->greet = true;
	c->padding = (struct conf_padding){
		.randomize = true, .exclusive_tail = true, .maximum_length = 20
	};
	c->adminsock.mode = 0600;
	c->timers = (struct conf_timers){ .counter = 5,
		.interval = SEC(10),
		.persend = 1,
		.phase1 = SEC(30),
		.phase2 = SEC(30),
		.natt_keepalive = SEC(20),
		.audit = SEC(60) };
	c->mode_cfg = (struct conf_mode_cfg){ .auth_source = CONF_SRC_SYSTEM,
		.group_source = CONF_SRC_SYSTEM,
		.conf_source = CONF_SRC_LOCAL,
		.accounting = CONF_SRC_NONE,
		.banner = "/etc/motd",
		.pool_size = 255,
		.auth_throttle = 1 };
	c->ldap = (struct conf_ldap){ .version = 3,
		.host = "localhost",
		.port = 389,
		.timeout = 15,
		.attr_user = "cn",
		.attr_addr = "racoon-address",
		.attr_mask = "racoon-netmask",
		.attr_group = "cn",
		.attr_member = "member" };
	c->radius = (struct conf_radius){ .timeout = 3, .retries = 3 };
}
