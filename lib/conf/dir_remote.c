/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of `remote`; the header and the section as a whole are in remote_head.c, the argument readers in
 * remote_args.c.
 */
#include "conf/remote_bind.h"

#define AT(field) offsetof(struct conf_remote, field)

static const struct dir_word situation_words[] = { { "identity_only", 1, NULL },
	{ "secrecy", 2, "is kept, but only identity_only works" },
	{ "integrity", 4, "is kept, but only identity_only works" }, { NULL, 0, NULL } };
static const struct dir_word level_words[] = { { "on", CONF_ON, NULL }, { "off", CONF_OFF, NULL },
	{ "force", CONF_FORCE, NULL }, { NULL, 0, NULL } };
static const struct dir_word check_words[] = { { "obey", CONF_OBEY, NULL },
	{ "strict", CONF_STRICT, NULL }, { "claim", CONF_CLAIM, NULL },
	{ "exact", CONF_EXACT, NULL }, { NULL, 0, NULL } };
static const struct dir_word genpol_words[] = { { "off", CONF_GENPOL_OFF, NULL },
	{ "require", CONF_GENPOL_REQUIRE, NULL }, { "on", CONF_GENPOL_REQUIRE, NULL },
	{ "unique", CONF_GENPOL_UNIQUE, NULL }, { NULL, 0, NULL } };

#define BYTE_NOTE "is not supported: a lifetime is given in time only"

static const struct directive lifetime_rows[] = {
	{ ROW("time", dir_life, AT(life_sec)), .min = 1 },
	{ ROW("byte", dir_none, 0), .flags = DIR_REFUSED, .note = BYTE_NOTE },
};

DIR_TABLE(dir_lifetime, "lifetime of remote", lifetime_rows);

#define APPLE(word, why)                                                                         \
	{                                                                                        \
		ROW(word, dir_none, 0), .flags = DIR_IGNORED | DIR_MANY, .note = "Apple's; " why \
	}

static const struct directive rows[] = {
	{ ROW("remote_address", remote_address, 0), .flags = DIR_MANY },
	{ ROW("exchange_mode", remote_modes, 0), .flags = DIR_MANY },
	{ ROW("doi", remote_doi, 0) },
	{ ROW("situation", dir_words, AT(situation)), .words = situation_words },
	{ ROW("my_identifier", remote_my_id, 0) },
	{ ROW("identifier", remote_my_id, 0), .flags = DIR_ALIAS, .note = "write 'my_identifier'" },
	{ ROW("xauth_login", dir_string, AT(xauth_login)) },
	{ ROW("peers_identifier", remote_peers_id, 0), .flags = DIR_MANY },
	{ ROW("verify_identifier", dir_switch, AT(verify_identifier)) },
	{ ROW("certificate_type", remote_cert, 0) },
	{ ROW("peers_certfile", remote_peer_cert, 0), .flags = DIR_MANY },
	{ ROW("ca_type", remote_ca, 0) },
	{ ROW("verify_cert", dir_switch, AT(verify_cert)) },
	{ ROW("send_cert", dir_switch, AT(send_cert)) },
	{ ROW("send_cr", dir_switch, AT(send_cr)) },
	{ ROW("match_empty_cr", dir_switch, AT(match_empty_cr)) },
	/* RFC 2409 section 5: "the length of nonce payload MUST be between 8 and 256 bytes inclusive" */
	{ ROW("nonce_size", dir_number, AT(nonce_size)), .min = 8, .max = 256 },
	{ ROW("dh_group", dir_none, 0), .flags = DIR_REFUSED,
	    .note = "cannot be defined here: it belongs to proposal" },
	{ ROW("passive", dir_switch, AT(passive)) },
	{ ROW("ike_frag", dir_words, AT(ike_frag)), .words = level_words },
	{ ROW("esp_frag", dir_number, AT(esp_frag)), .max = 65535 },
	{ ROW("script", remote_script, 0), .flags = DIR_MANY },
	{ ROW("mode_cfg", dir_switch, AT(mode_cfg)) },
	{ ROW("weak_phase1_check", dir_switch, AT(weak_phase1_check)) },
	{ ROW("generate_policy", dir_words, AT(genpol)), .words = genpol_words },
	{ ROW("support_proxy", dir_switch, AT(support_proxy)) },
	{ ROW("support_mip6", dir_switch, AT(support_proxy)), .flags = DIR_ALIAS,
	    .note = "write 'support_proxy'" },
	{ ROW("initial_contact", dir_switch, AT(initial_contact)) },
	{ ROW("nat_traversal", dir_words, AT(natt)), .words = level_words },
	{ ROW("dpd", dir_switch, AT(dpd)) },
	{ ROW("dpd_delay", dir_seconds, AT(dpd_delay)) },
	{ ROW("dpd_retry", dir_seconds, AT(dpd_retry)), .min = 1 },
	{ ROW("dpd_maxfail", dir_number, AT(dpd_maxfail)), .min = 1, .max = 1000 },
	{ ROW("rekey", dir_words, AT(rekey)), .words = level_words },
	{ ROW("ph1id", dir_number, AT(ph1id)) },
	{ ROW("lifetime", dir_sub, 0), .sub = &dir_lifetime },
	{ ROW("proposal_check", dir_words, AT(check)), .words = check_words },
	{ ROW("proposal", remote_proposal, 0), .flags = DIR_BLOCK | DIR_MANY,
	    .sub = &dir_proposal },
	{ ROW("vendor_id", dir_none, 0), .flags = DIR_IGNORED,
	    .note = "obsolete; vendor IDs are sent as needed" },
	APPLE("dpd_algorithm", "dpd_delay, dpd_retry and dpd_maxfail decide"),
	APPLE("shared_secret", "put the key into the file of 'path pre_shared_key'"),
	APPLE("in_keychain", "there is no keychain"),
	APPLE("open_dir_auth_group", "use auth_groups in mode_cfg"),
	APPLE("certificate_verification", "certificates are verified with OpenSSL"),
	APPLE("nat_traversal_multi_user", "several peers behind one NAT need no switch"),
	APPLE("nat_traversal_keepalive", "use natt_keepalive in timer"),
	APPLE("disconnect_on_idle", "idle peers stay connected"),
};

DIR_TABLE(dir_remote, "remote", rows);
