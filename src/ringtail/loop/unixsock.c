/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket: framed messages (ctl/frame.h) on a Unix stream socket.  Who may speak is said by the socket's owner and
 * mode (`adminsock`); how many and how much is limited here, so that no client can harm IKE.
 */
#include "conf/conf.h"
#include "ctl/frame.h"
#include "ringtail/loop/loop.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef RINGTAIL_SOCKET
#define RINGTAIL_SOCKET "/var/run/ringtail/ringtail.sock"
#endif

#define CLIENTS_MAX 256
#define BACKLOG 16
/* A client that does not read what it asked for is cut off. */
#define BACKLOG_MAX ((size_t)CTL_ANSWER_MAX)

struct ctl_client {
	struct list         link;
	struct loop        *loop;
	uint64_t            id;
	struct bufferevent *bev;
	bool                closing;     /* cut off: to be freed soon */
};

static void
free_client(struct ctl_client *c, bool tell)
{
	struct loop *l = c->loop;
	uint64_t id = c->id;

	list_del(&c->link);
	l->ctl.n_clients--;
	bufferevent_free(c->bev);
	free(c);
	if (tell && l->daemon != NULL)
		daemon_control_closed(l->daemon, id, loop_now());
}

static struct ctl_client *
find_client(struct loop *l, uint64_t id)
{
	LIST_FOR(it, &l->ctl.clients) {
		struct ctl_client *c = container_of(it, struct ctl_client, link);
		if (c->id == id)
			return c;
	}
	return NULL;
}

static uint32_t
frame_length(struct evbuffer *in)
{
	uint8_t head[CTL_FRAME_HEAD];

	(void)evbuffer_copyout(in, head, sizeof(head));
	return (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct ctl_client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	struct loop *l = c->loop;
	uint64_t id = c->id;

	while (find_client(l, id) != NULL && evbuffer_get_length(in) >= CTL_FRAME_HEAD) {
		uint32_t n = frame_length(in);
		if (n > CTL_REQUEST_MAX) {
			free_client(c, true);
			return;
		}
		if (evbuffer_get_length(in) < CTL_FRAME_HEAD + n)
			break;
		(void)evbuffer_drain(in, CTL_FRAME_HEAD);
		const uint8_t *p = evbuffer_pullup(in, (ev_ssize_t)n);
		daemon_control(l->daemon, id, slice_of(p, p == NULL ? 0 : n), loop_now());
		if (find_client(l, id) != NULL)
			(void)evbuffer_drain(in, n);
	}
	loop_rearm(l);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		free_client(arg, true);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct loop *l = arg;
	struct ctl_client *c;

	(void)listener;
	(void)sa;
	(void)len;
	if (l->ctl.n_clients >= CLIENTS_MAX || (c = calloc(1, sizeof(*c))) == NULL) {
		(void)close(fd);
		return;
	}
	c->loop = l;
	c->id = ++l->ctl.next_id;
	c->bev = bufferevent_socket_new(l->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		free(c);
		(void)close(fd);
		return;
	}
	list_add_tail(&l->ctl.clients, &c->link);
	l->ctl.n_clients++;
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

void
unixsock_send(void *arg, uint64_t client, struct slice msg)
{
	struct loop *l = arg;
	struct ctl_client *c = find_client(l, client);
	uint8_t head[CTL_FRAME_HEAD] = { (uint8_t)(msg.n >> 24), (uint8_t)(msg.n >> 16), (uint8_t)(msg.n >> 8), (uint8_t)msg.n };

	if (c == NULL || c->closing || msg.n > CTL_ANSWER_MAX)
		return;
	struct evbuffer *out = bufferevent_get_output(c->bev);
	if (evbuffer_get_length(out) > BACKLOG_MAX || evbuffer_add(out, head, sizeof(head)) != 0 ||
	    evbuffer_add(out, msg.p, msg.n) != 0) {
		log_put(&l->logger, LOG_L_WARNING, NULL, "control client %llu does not read its answers and is cut off",
		    (unsigned long long)client);
		/* not here, within the daemon */
		c->closing = true;
		bufferevent_trigger_event(c->bev, BEV_EVENT_ERROR, BEV_TRIG_DEFER_CALLBACKS);
	}
}

/* A name or a number. */
static uid_t
uid_of(const char *s)
{
	const struct passwd *pw = getpwnam(s);

	return pw != NULL ? pw->pw_uid : (uid_t)strtoul(s, NULL, 10);
}

static gid_t
gid_of(const char *s)
{
	const struct group *gr = getgrnam(s);

	return gr != NULL ? gr->gr_gid : (gid_t)strtoul(s, NULL, 10);
}

static void
set_owner(struct loop *l, const struct conf_adminsock *as, const char *path)
{
	uid_t uid = as->owner != NULL ? uid_of(as->owner) : (uid_t)-1;
	gid_t gid = as->group != NULL ? gid_of(as->group) : (gid_t)-1;

	if (chown(path, uid, gid) != 0 || chmod(path, (mode_t)as->mode) != 0)
		log_put(&l->logger, LOG_L_ERROR, NULL, "cannot set owner and mode of %s: %s", path, strerror(errno));
}

static void
make_parent(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL || slash == dir)
		return;
	*slash = '\0';
	(void)mkdir(dir, 0750);
}

/* At the socket that the service manager kept for us, or a new one, which it is to keep. */
static void
listen_at(struct loop *l, const struct sockaddr_un *sun)
{
	const unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;

	int fd = fdstore_take_control(l, sun->sun_path);
	if (fd >= 0) {
		l->ctl.listener = evconnlistener_new(l->base, on_accept, l, flags, BACKLOG, fd);
		if (l->ctl.listener != NULL)
			return;
		(void)close(fd);
	}
	(void)unlink(sun->sun_path);
	mode_t old = umask(0177);
	l->ctl.listener = evconnlistener_new_bind(l->base, on_accept, l, flags, BACKLOG, (const struct sockaddr *)sun, sizeof(*sun));
	(void)umask(old);
	if (l->ctl.listener != NULL)
		fdstore_keep_control(l, evconnlistener_get_fd(l->ctl.listener));
}

ike_err
unixsock_open(struct loop *l)
{
	const struct conf_adminsock *as = &l->conf->adminsock;
	const char *path = as->path != NULL ? as->path : RINGTAIL_SOCKET;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	list_init(&l->ctl.clients);
	if (as->disabled)
		return IKE_OK;
	if (strlen(path) >= sizeof(sun.sun_path)) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "the path of the control socket is too long: %s", path);
		return IKE_E_RANGE;
	}
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	make_parent(path);
	listen_at(l, &sun);
	if (l->ctl.listener == NULL) {
		log_put(&l->logger, LOG_L_ERROR, NULL, "cannot open the control socket %s: %s", path, strerror(errno));
		return IKE_E_IO;
	}
	l->ctl.path = strdup(path);
	set_owner(l, as, path);
	return IKE_OK;
}

/* The loop has ended: what the socket takes at once is all that a client still gets, the answer to its `shutdown` above all. */
static void
send_rest(struct ctl_client *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	/* a bufferevent lets nobody else take from its output */
	(void)evbuffer_unfreeze(out, 1);
	while (evbuffer_get_length(out) > 0 && evbuffer_write(out, bufferevent_getfd(c->bev)) > 0)
		;
}

void
unixsock_close(struct loop *l)
{
	if (l->ctl.clients.next != NULL)
		LIST_FOR_SAFE(it, &l->ctl.clients) {
			struct ctl_client *c = container_of(it, struct ctl_client, link);
			send_rest(c);
			free_client(c, false);
		}
	if (l->ctl.listener != NULL)
		evconnlistener_free(l->ctl.listener);
	l->ctl.listener = NULL;
	/* one that the service manager keeps goes on being connected to by its name */
	if (l->ctl.path != NULL && l->notify_fd < 0)
		(void)unlink(l->ctl.path);
	free(l->ctl.path);
	l->ctl.path = NULL;
}
