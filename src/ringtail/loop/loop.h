/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop - the real world around the daemon: libevent, sockets, signals, files.  The only folder that names libevent.
 *
 * struct loop owns everything it opens.  Each piece (UDP sockets, control clients, kernel, addresses, signals, the one timer)
 * turns what happens into an entry point of daemon.h and then sets the timer to daemon_deadline().
 */
#ifndef RINGTAIL_LOOP_LOOP_H
#define RINGTAIL_LOOP_LOOP_H

#include "ringtail/daemon.h"
#include "util/list.h"

#include <stdio.h>
#include <sys/stat.h>

struct conf;
struct event;
struct event_base;
struct evconnlistener;
struct kern;
struct rtnl;

struct loop_options {
	const char *conf_path;
	const char *log_path;        /* NULL: syslog, or standard output in the foreground */
	bool        foreground;
	unsigned    debug;           /* levels above the configuration's */
	uint16_t    ike_port, natt_port;
	bool        with_origin;     /* -L: reserved by racoon for source positions; accepted */
};

/* Where log records go. */
struct log_out {
	const char *path;
	FILE       *file;
	struct stat seen;
	bool        to_stdout, to_syslog;
	bool        to_stderr;       /* errors and warnings, too: whoever starts us in the background is still there to read them */
	ike_time    checked;
};

/* A file of secrets, read again only when it changed. */
struct secret_cache {
	char         *path;
	struct stat   seen;
	struct secret text;
	uint64_t      version;
};

struct udp_socket {
	struct list     link;
	struct loop    *loop;
	struct event   *ev;
	int             fd;
	struct endpoint at;
	bool            natt;
};

/* The longest name of a descriptor in the service manager's store, with its NUL. */
#define FDSTORE_NAME 256
struct held_fd;

struct ctl_server {
	struct evconnlistener *listener;
	struct list            clients;
	unsigned               n_clients;
	uint64_t               next_id;
	char                  *path;
};

struct loop {
	struct loop_options  opt;
	struct event_base   *base;
	struct daemon       *daemon;
	struct conf         *conf;
	struct crypto       *crypto;
	struct kern         *kern;
	struct rtnl         *rtnl;
	struct event        *timer, *kern_ev, *rtnl_ev;
	struct event        *signals[6];
	struct list          sockets;         /* struct udp_socket */
	struct ctl_server    ctl;
	struct log_out       log_out;
	struct logger        logger;
	struct log_limit     send_log, file_log;
	bool                 bind_failed;     /* some address could not be bound */
	struct secret_cache  secrets;
	char                *pid_path;
	int                  notify_fd;       /* to the service manager, -1: there is none */
	struct event        *watchdog, *leave;
	ike_time             leave_by;        /* asked to end, and waiting for a good moment until then; 0: not */
	struct held_fd      *held;            /* what the manager kept for us */
	size_t               n_held;
	int                  status;          /* exit status */
};

/* Monotonic time that goes on during suspend. */
ike_time loop_now(void);

/*
 * Everything up to a running daemon: reads the configuration, opens the kernel, sockets and the control socket.  Failures are logged;
 * loop_free() is due in any case.
 */
MUST_USE ike_err loop_open(struct loop *l, const struct loop_options *opt);

/* Serve until told to stop; returns the exit status. */
int loop_run(struct loop *l);

/* Close and free all; the kernel's SAs stay as they are. */
void loop_free(struct loop *l);

/* Set the timer to what the daemon waits for: after each entry point. */
void loop_rearm(struct loop *l);

/* udp.c: follow one local address (from rtnl.c).  IKE_E_IO: it cannot be bound, which has been logged. */
MUST_USE ike_err udp_open_addr(struct loop *l, const struct addr *a);
/* At start, once all addresses are known: is there anything to listen on, and all that strict_address wants?  IKE_E_IO. */
MUST_USE ike_err udp_check(struct loop *l);
void             udp_close_addr(struct loop *l, const struct addr *a);
void             udp_close_all(struct loop *l);
void             udp_send(void *arg, const struct dgram *d);
ike_err          udp_source_addr(void *arg, const struct addr *remote, struct addr *out);

/* unixsock.c */
MUST_USE ike_err unixsock_open(struct loop *l);
void             unixsock_close(struct loop *l);
void             unixsock_send(void *arg, uint64_t client, struct slice msg);

/* signals.c */
MUST_USE ike_err signals_open(struct loop *l);
void             signals_close(struct loop *l);

/* files.c */
struct conf_reader;
/* The file of pre-shared keys, if its owner and mode are right: IKE_E_NOTFOUND, IKE_E_PERM, IKE_E_RANGE, IKE_E_IO, IKE_E_NOMEM. */
MUST_USE ike_err files_load_secret(const char *path, struct secret *out);
void    files_reader(struct conf_reader *out);
ike_err files_read_secret(void *arg, const char *path, struct slice *out, uint64_t *version_out);
void    files_forget(struct loop *l);
MUST_USE ike_err pidfile_write(struct loop *l);
void             pidfile_remove(struct loop *l);

/* state_files.c: all of |s|, however often the kernel takes less; IKE_E_IO.  The others: see env.h. */
MUST_USE ike_err write_all(int fd, struct slice s);
ike_err state_file_load(void *arg, const char *name, struct buf *out);
ike_err state_file_store(void *arg, const char *name, struct slice text);
ike_err state_secret(void *arg, const char *name, uint8_t *secret, size_t n);
ike_err state_file_append(void *arg, const char *name, struct slice text);

/* notify.c: the service manager.  Nothing happens if there is none. */
void    notify_open(struct loop *l);
void    notify_close(struct loop *l);
/* Lines of |text|, with |fd| unless it is -1.  IKE_E_NOTFOUND: no manager; IKE_E_IO, which has been logged. */
ike_err notify_send(const struct loop *l, const char *text, int fd);
/* Wait until all that was sent has been done.  IKE_E_NOTFOUND, IKE_E_IO, IKE_E_TIMEOUT. */
MUST_USE ike_err notify_barrier(const struct loop *l);
void             notify_ready(struct loop *l);
void             notify_reloading(const struct loop *l);
void             notify_reloaded(const struct loop *l, bool ok);

/* fdstore.c: descriptors that outlast the process.  fdstore_open() comes first of all, before any descriptor is opened. */
void fdstore_open(struct loop *l);
void fdstore_close(struct loop *l);
/* All that is wanted has been taken: the rest goes. */
void fdstore_settle(struct loop *l);
/* The socket that is bound to |at| (listens at |path|); -1: there is none. */
int  fdstore_take_udp(struct loop *l, const struct endpoint *at, bool natt);
int  fdstore_take_control(struct loop *l, const char *path);
/* Keep |fd| under |name|, or do not keep it any more. */
void    fdstore_keep(struct loop *l, int fd, const char *name);
void    fdstore_keep_control(struct loop *l, int fd);
ike_err fdstore_drop(struct loop *l, const char *name);
void    fdstore_udp_name(const struct endpoint *at, bool natt, char out[FDSTORE_NAME]);
/* Hand the daemon's state to the next process; possible if there is a manager and SAs are to be kept. */
bool             fdstore_can_hand_over(const struct loop *l);
MUST_USE ike_err fdstore_hand_over(struct loop *l);
/* See env.h. */
ike_err fdstore_load(void *arg, struct secret *out);
void    fdstore_boot_id(uint8_t out[16]);

/* logout.c */
void log_open(struct loop *l);
void log_close(struct loop *l);
void log_reopen(struct loop *l);
void log_write(void *arg, const struct log_record *r);
/* The file and the level that the configuration and the command line say: after l->conf has changed. */
void log_follow_conf(struct loop *l);

#endif
