/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conf - the configuration as the engine reads it: racoon's language, resolved into one immutable snapshot.
 *
 * conf_parse() reads text through an injected reader and gives a snapshot, or all errors at once.  Nothing in
 * a snapshot changes afterwards; it is counted by references and everything in it (sections, names,
 * proposals) lives until the last one is given back.  A reload is a new snapshot.  Not for threads.
 *
 * The language is ringtail.conf(5).
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "conf/diag.h"
#include "conf/remote.h"
#include "conf/sainfo.h"
#include "sadb/sp.h"
#include "util/log.h"

#include <sys/types.h>

struct text;

struct conf_listen_addr {
	struct endpoint at;
	const char *ifname; /* of ADDR%IFNAME, NULL: none */
	bool natt;          /* isakmp_natt: UDP encapsulation on this socket */
};

struct conf_listen {
	const struct conf_listen_addr *v;
	size_t n;    /* 0: every local address */
	bool strict; /* strict_address: each must bind at start */
};

struct conf_adminsock {
	bool disabled;
	const char *path;          /* NULL: the built-in place */
	const char *owner, *group; /* names or numbers; NULL: those of the process */
	uint32_t mode;             /* 0600 unless given */
};

struct conf_timers {
	uint32_t counter;        /* retransmissions after the first transmission */
	ike_time interval;       /* between transmissions */
	uint32_t persend;        /* copies per transmission */
	ike_time phase1;         /* how long a child negotiation waits for its IKE SA */
	ike_time phase2;         /* limit of one child negotiation */
	ike_time natt_keepalive; /* 0: none */
	ike_time audit;          /* between comparisons of model and kernel, 0: none */
};

struct conf_padding {
	bool randomize, randomize_length, strict_check, exclusive_tail;
	uint32_t maximum_length;
};

struct conf_privsep {
	const char *user, *group; /* names or numbers; NULL: no separation */
	const char *chroot;
};

enum conf_source {
	CONF_SRC_NONE,
	CONF_SRC_SYSTEM,
	CONF_SRC_LOCAL,
	CONF_SRC_RADIUS,
	CONF_SRC_PAM,
	CONF_SRC_LDAP
};

#define CONF_DNS_MAX  3
#define CONF_WINS_MAX 4

struct conf_addr_list {
	struct addr v[CONF_WINS_MAX];
	uint8_t n;
};

struct conf_strings {
	const char *const *v;
	size_t n;
};

struct conf_mode_cfg {
	int auth_source, group_source, conf_source, accounting; /* enum conf_source */
	struct conf_strings auth_groups;
	struct addr network4, netmask4; /* family 0: none */
	uint32_t pool_size;
	struct conf_addr_list dns4, wins4;
	const char *default_domain;
	int split_kind; /* 0 none, 1 include, 2 local_lan */
	const struct prefix *split;
	size_t n_split;
	struct conf_strings split_dns;
	const char *banner;
	uint32_t pfs_group;
	bool save_passwd;
	uint32_t auth_throttle;
};

struct conf_ldap {
	bool present;
	uint32_t version, port, timeout, debug;
	const char *uri, *host, *base, *bind_dn, *bind_pw;
	const char *attr_user, *attr_addr, *attr_mask, *attr_group, *attr_member;
	bool subtree, tls;
};

#define CONF_RADIUS_MAX 5

struct conf_radius_server {
	const char *host, *secret;
	uint32_t port; /* 0: from services */
};

struct conf_radius {
	bool present;
	struct conf_radius_server auth[CONF_RADIUS_MAX], acct[CONF_RADIUS_MAX];
	uint8_t n_auth, n_acct;
	uint32_t timeout, retries;
};

/* kernel_interface: how the daemon talks to the kernel. */
enum conf_kernel { CONF_KERNEL_AUTO, CONF_KERNEL_XFRM, CONF_KERNEL_PFKEY };

/* A policy that a file of `policy_file` wants in the kernel. */
struct conf_policy {
	struct sp_spec spec; /* a template's reqid 0 was left open */
	const char *file;
	unsigned line;
	uint32_t index; /* position in conf.policies */
	bool twin; /* not written: the forward policy that goes with the inbound one there */
	bool gone; /* private to the parser: deleted further down */
	struct conf_policy *next; /* private to conf_policy_find() */
};

struct conf_policy_table {
	struct conf_policy **head;
	size_t buckets, n;
};

struct conf {
	const char *path_include, *path_psk, *path_cert, *path_script, *path_backupsa,
	    *path_pidfile, *path_logfile, *path_runtime, *path_state;
	const char *psk_file; /* where `path pre_shared_key` stands, NULL: nowhere */
	unsigned psk_line;
	int log_level;         /* enum log_level */
	uint32_t pfkey_buffer; /* kB of kernel socket buffer, 0: the back end's default */
	int kernel_interface;  /* enum conf_kernel */
	int gss_id_enc;        /* 0 utf-16le, 1 latin1 */
	bool complex_bundle;
	bool keep_sas; /* the end of the process leaves SAs and policies in the kernel */
	uint32_t negotiations; /* of ours at a time, counted by peers */
	bool greet;            /* at start: those with whom we had SAs */
	struct conf_padding padding;
	struct conf_listen listen;
	struct conf_adminsock adminsock;
	struct conf_timers timers;
	struct conf_privsep privsep;
	struct conf_mode_cfg mode_cfg;
	struct conf_ldap ldap;
	struct conf_radius radius;
	const struct conf_remote *const *remotes; /* in the order of the file */
	size_t n_remotes;
	const struct conf_sainfo *const *sainfos; /* in the order of lookup */
	size_t n_sainfos;
	struct conf_strings policy_patterns; /* of `policy_file`, relative ones completed */
	struct conf_strings policy_files;    /* that were read for them, in order */
	const struct conf_policy *const *policies; /* as wanted in the end, in the order of the files */
	size_t n_policies;
	struct conf_policy_table policy_table; /* private to lib/conf */
	uint64_t digest; /* of the names and contents of all files read: equal means nothing has changed */
	const struct conf_index *index; /* private to lib/conf */
	unsigned refs;
	struct arena mem;
};

/*
 * How the parser reaches files.  read: append the content of |path| to |out|; any error is reported at the
 * directive that named the file.  glob: call |fn| for each existing path that matches |pattern| (tilde
 * expanded, sorted) and hand on its first error; IKE_E_NOTFOUND if nothing matches.
 */
typedef ike_err
conf_path_fn(void *arg, const char *path);

struct conf_reader {
	void *arg;
	ike_err (*read)(void *arg, const char *path, struct buf *out);
	ike_err (*glob)(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg);
};

/*
 * Read, check and resolve the configuration whose main file (or pattern) is |path|.  Every error and warning
 * found goes to |diags|, also when the result is success.
 *
 *   IKE_E_SYNTAX   at least one error; diags->errors counts them
 *   IKE_E_NOMEM    out of memory; |diags| may be incomplete
 */
MUST_USE ike_err
conf_parse(const struct conf_reader *reader, const char *path, struct conf_diags *diags,
    struct conf **out);

/* One more reference; returns |c|. */
struct conf *
conf_ref(struct conf *c);

/* Give a reference back; the last one frees the snapshot.  NULL is ignored. */
void
conf_unref(struct conf *c);

/* Does a section authenticate by pre-shared keys? */
bool
conf_needs_psk(const struct conf *c);

/* The policy wanted with this direction and selector; NULL: none. */
const struct conf_policy *
conf_policy_find(const struct conf *c, const struct sp_id *id);

/* Do |a| and |b| ask the same of the kernel?  The index, counters and times of use are the kernel's and do not count. */
bool
conf_policy_same(const struct sp_spec *a, const struct sp_spec *b);

/* In setkey's language: "spdadd 192.0.2.1/32 192.0.2.2/32 any -P out prio def ipsec esp/transport//require;". */
void
conf_policy_text(const struct sp_spec *sp, struct text *t);

enum conf_print_flags {
	CONF_PRINT_BRIEF = 1,   /* leave out what is at its default */
	CONF_PRINT_SECRETS = 2, /* bind_pw and RADIUS secrets in clear, else "*" */
};

/*
 * Append the snapshot as canonical text to |out|: with flags CONF_PRINT_SECRETS alone, a text that parses to the same
 * snapshot.  IKE_E_NOMEM.
 */
MUST_USE ike_err
conf_print(const struct conf *c, unsigned flags, struct buf *out);

/* The same for one section. */
MUST_USE ike_err
conf_print_remote(const struct conf_remote *r, unsigned flags, struct buf *out);
MUST_USE ike_err
conf_print_sainfo(const struct conf_sainfo *s, unsigned flags, struct buf *out);

#endif
