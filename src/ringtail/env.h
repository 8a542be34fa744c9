/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * env - everything the daemon gets from outside: the seam between the protocol engine and the world.
 *
 * The engine never reads a clock, polls or blocks: time comes with each entry point of daemon.h, everything else through
 * this table.  The real loop fills it with sockets and files, the tests with the simulated world.  All members stay
 * owned by whoever made the env and outlive the daemon.
 */
#ifndef RINGTAIL_ENV_H
#define RINGTAIL_ENV_H

#include "util/addr.h"
#include "util/log.h"

struct buf;
struct conf;
struct crypto;
struct kern;
struct secret;

/* One datagram as it came from, or goes to, a socket. */
struct dgram {
	struct endpoint local;     /* our address and port */
	struct endpoint remote;
	bool            natt;      /* the local port speaks RFC 3948: IKE has a non-ESP marker there */
	struct slice    data;      /* with the marker, if any */
};

struct env {
	void                *arg;
	const struct logger *log;
	struct crypto       *crypto;      /* borrowed; every random byte comes from it */
	struct kern         *kern;        /* borrowed */
	uint16_t             ike_port;    /* 500 unless -p */
	uint16_t             natt_port;   /* 4500 unless -P */
	/* Send; failures are the network's (retransmission takes care), so nothing is returned. */
	void    (*send)(void *arg, const struct dgram *d);
	/* Hand a control message to client |client|; a client that went away is ignored. */
	void    (*ctl_send)(void *arg, uint64_t client, struct slice msg);
	/* Seconds since 1970, for times that people read. */
	int64_t (*wallclock)(void *arg);
	/*
	 * Content of a secret file (psk.txt): borrowed until the next call; |*version_out| changes whenever the content may have.
	 * IKE_E_NOTFOUND, IKE_E_PERM (mode or owner wrong), IKE_E_IO, IKE_E_NOMEM.
	 */
	ike_err (*read_secret)(void *arg, const char *path, struct slice *out, uint64_t *version_out);
	/* Our address towards |remote| (routing).  IKE_E_NOTFOUND. */
	ike_err (*source_addr)(void *arg, const struct addr *remote, struct addr *out);
	/*
	 * Small files of our own that outlast the process, by NAME: "run/NAME" is in the runtime directory and ends with the
	 * machine's uptime, "state/NAME" outlives a reboot.  No secrets go into any.
	 *
	 * file_load: append the content to |out|; IKE_E_NOTFOUND, IKE_E_IO, IKE_E_NOMEM.  file_store: put |text| in its place as a
	 * whole or not at all.  file_append: add |text| at the end; a crash may leave its last line incomplete.  IKE_E_IO (disk full,
	 * folder missing ...), IKE_E_NOMEM.
	 */
	ike_err (*file_load)(void *arg, const char *name, struct buf *out);
	ike_err (*file_store)(void *arg, const char *name, struct slice text);
	ike_err (*file_append)(void *arg, const char *name, struct slice text);
	/*
	 * What the process before us left behind for us with daemon_hand_over(), moved to |out|, once: it is taken out of wherever it
	 * was kept before this returns.  IKE_E_NOTFOUND: nothing.  IKE_E_IO: something that is not what such a thing has to be.
	 * IKE_E_NOMEM.  NULL: there never is.
	 */
	ike_err (*handover_load)(void *arg, struct secret *out);
	/* Of this uptime of the machine; all zero: not known.  What was handed over under another one is not used. */
	uint8_t boot_id[16];
	/*
	 * A secret of ours that outlives a reboot, readable by us alone: |secret| comes filled with random bytes, which are kept under
	 * |name| if nothing is there yet, and leaves with what is there.  IKE_E_PERM: others can read it; IKE_E_FORMAT: it has another
	 * length; IKE_E_IO, IKE_E_NOMEM.
	 */
	ike_err (*keep_secret)(void *arg, const char *name, uint8_t *secret, size_t n);
	/* Ask the loop to end after the present event. */
	void    (*stop)(void *arg);
	/*
	 * Read the configuration again: a snapshot, whose reference becomes the caller's.  All faults are logged, and the first is in
	 * |why|.  IKE_E_SYNTAX, IKE_E_NOMEM ...
	 */
	ike_err (*conf_load)(void *arg, struct conf **out, char *why, size_t cap);
	/* |conf| is in use from now on: follow what it says of logs and files.  May be NULL. */
	void    (*conf_used)(void *arg, struct conf *conf);
};

#endif
