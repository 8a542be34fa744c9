/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inject - do damage to the SAs and policies of a mesh, and see it healed.
 *
 *	inject [-n FAULTS] [-s SEED] [-a MS] [-k KIND]... [-m MODE]... NETNS=ADDRESS=PID...
 *	inject mute PID | inject unmute PID
 *
 * FAULTS times (default 10): one host, one peer, one kind of fault (fault.h; all unless -k says which) and one mode are drawn
 * by a generator that starts from SEED.  PID is the host's daemon.  Modes:
 *
 *	plain	the daemon hears of it as ever
 *	muted	its sockets lose the kernel's reports, and are not told so (mute.h); for one fault
 *	burst	its receive buffer is tiny and it sleeps, so that reports are lost, and it is told so (ENOBUFS)
 *	late	it sleeps for 300 ms: the reports are old when it reads them
 *
 * The mesh must be clean (clean.h) and each host's policies as they were when inject began, no later than MS (default 60000, the
 * daemon's audit period) and one second after the fault, or after the daemon woke up; a stray SA has a grace
 * more.  What looks foreign must still be there.
 * For each fault it prints
 *
 *	fault N HOST KIND MODE gone N changed N up_ms N healed_ms N
 *
 * and in the end
 *
 *	modes plain N muted N burst N late N
 *	injected sa-gone N sa-changed N sa-stray N sa-twin N sp-gone N sp-changed N bursts N
 *	healed N of N up_within_1s N longest_up_ms N longest_ms N
 *
 * up_ms is when everybody could send to everybody again and the policies were right, healed_ms when what was left over was gone.
 * Exit status: 0 if everything was healed, 1 if not; the first fault that is not healed ends the run.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "clean.h"
#include "fault.h"
#include "lab.h"
#include "mute.h"

#define LATE_MS 300
#define WATCH_FOREIGN_MS 300
#define STRAY_GRACE_MS 3000 /* the daemon waits for what might want the SA */
#define NOISE 64

enum mode { PLAIN, MUTED, BURST, LATE, MODES };

static const char *const mode_names[MODES] = { "plain", "muted", "burst", "late" };

struct run {
	struct mesh mesh;
	pid_t pids[HOSTS_MAX];
	struct kpol *want[HOSTS_MAX]; /* the policies as they should be */
	size_t n_want[HOSTS_MAX];
	unsigned kinds[FAULT_KINDS * 8], n_kinds, modes[MODES * 8], n_modes;
	unsigned n_faults, n_healed, n_quick;
	long audit_ms, longest, longest_up;
	uint64_t random;
	struct fault_done sum;
	unsigned by_mode[MODES];
	char why[512];
};

/* The daemon that sleeps just now, 0: none.  It must not sleep for ever because this program had to end. */
static pid_t asleep;

static void
wake_up(void)
{
	if (asleep > 0)
		kill(asleep, SIGCONT);
	asleep = 0;
}

static void
send_to_sleep(pid_t pid)
{
	asleep = pid;
	kill(pid, SIGSTOP);
}

static long
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* xorshift64*: the same faults from the same seed, everywhere */
static unsigned
draw(struct run *r, unsigned below)
{
	r->random ^= r->random >> 12;
	r->random ^= r->random << 25;
	r->random ^= r->random >> 27;
	return (unsigned)((r->random * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static bool
has_policy(const struct kpol *list, size_t n, const struct kpol *p)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!memcmp(&list[i], p, sizeof(*p)))
			return true;
	return false;
}

static bool
policies_right(struct run *r, size_t at)
{
	struct host *h = &r->mesh.hosts[at];
	size_t i;

	kdump_pols(h->k);
	for (i = 0; i < r->n_want[at]; i++)
		if (!has_policy(h->k->pols, h->k->n_pols, &r->want[at][i])) {
			snprintf(r->why, sizeof(r->why), "%s: a policy is missing or changed", h->name);
			return false;
		}
	if (h->k->n_pols != r->n_want[at])
		snprintf(r->why, sizeof(r->why), "%s: %zu policies instead of %zu", h->name, h->k->n_pols, r->n_want[at]);
	return h->k->n_pols == r->n_want[at];
}

/*
 * |up_since| is set to the present time when everybody can send, unless it was set before; NULL: not wanted.
 */
static bool
is_healed(struct run *r, size_t at, long *up_since)
{
	if (!policies_right(r, at))
		return false;
	if (!mesh_is_clean(&r->mesh))
		snprintf(r->why, sizeof(r->why), "%s", r->mesh.why);
	if (up_since && *up_since < 0 && mesh_is_usable(&r->mesh))
		*up_since = now_ms();
	return r->mesh.n_bad == 0;
}

static void
remember_policies(struct run *r)
{
	size_t i;

	for (i = 0; i < r->mesh.n; i++) {
		const struct kdump *k = r->mesh.hosts[i].k;

		kdump_pols(r->mesh.hosts[i].k);
		r->n_want[i] = k->n_pols;
		r->want[i] = calloc(k->n_pols + 1, sizeof(*k->pols));
		if (!r->want[i])
			exit(2);
		memcpy(r->want[i], k->pols, k->n_pols * sizeof(*k->pols));
	}
}

/*
 * How long it took since |since| until the host is healed; -1 when the time is over.  |up| is how long until it was up.
 */
static long
wait_healed(struct run *r, size_t at, enum fault_kind kind, long since, long *up)
{
	bool stray = kind >= FAULT_SA_STRAY && kind <= FAULT_SA_MIGRATE;
	long limit = r->audit_ms + 1000 + (stray ? STRAY_GRACE_MS : 0), up_since = -1, took = -1;

	while (took < 0 && now_ms() - since <= limit) {
		/* by its name it is what it was, so that all looks well */
		if (kind == FAULT_SA_CHANGE && !fault_bystander_fine(kind, &r->mesh.hosts[at]))
			poll(NULL, 0, 10);
		else if (is_healed(r, at, &up_since) && (!stray || fault_bystander_fine(kind, &r->mesh.hosts[at])))
			took = now_ms() - since;
		else
			poll(NULL, 0, 10);
	}
	if (took < 0 && r->mesh.n_bad == 0 && stray)
		snprintf(r->why, sizeof(r->why), "%s: the stray SA is still there", r->mesh.hosts[at].name);
	*up = up_since < 0 ? -1 : up_since - since;
	return took;
}

static bool
do_in_mode(struct run *r, size_t at, size_t peer, enum fault_kind kind, enum mode mode, struct fault_done *done)
{
	struct host *h = &r->mesh.hosts[at];
	unsigned pick = draw(r, 1000);
	pid_t pid = r->pids[at];
	int size = 0;
	bool did;

	if (mode == MUTED)
		mute_on(pid);
	if (mode == BURST)
		size = mute_small_buffer(pid);
	if (mode == BURST || mode == LATE || kind == FAULT_SA_CHANGE)
		send_to_sleep(pid);
	if (mode == BURST)
		fault_noise(h, NOISE);
	did = fault_do(kind, h, &r->mesh.hosts[peer], pick, done);
	if (mode == BURST)
		fault_noise(h, NOISE);
	if (mode == LATE)
		poll(NULL, 0, LATE_MS);
	if (mode == BURST)
		mute_set_buffer(pid, size);
	wake_up();
	if (mode == MUTED)
		mute_off(pid);
	return did;
}

static bool
foreign_stays(struct run *r, size_t at, enum fault_kind kind)
{
	bool there;

	if (kind != FAULT_SA_FOREIGN && kind != FAULT_SP_FOREIGN)
		return true;
	poll(NULL, 0, WATCH_FOREIGN_MS);
	there = fault_bystander_fine(kind, &r->mesh.hosts[at]);
	fault_tidy(kind, &r->mesh.hosts[at]);
	if (!there)
		snprintf(r->why, sizeof(r->why), "%s: what is foreign was removed", r->mesh.hosts[at].name);
	return there;
}

static bool
one_fault(struct run *r, unsigned n)
{
	size_t at = draw(r, (unsigned)r->mesh.n), peer = (at + 1 + draw(r, (unsigned)r->mesh.n - 1)) % r->mesh.n;
	enum fault_kind kind = (enum fault_kind)r->kinds[draw(r, r->n_kinds)];
	enum mode mode = (enum mode)r->modes[draw(r, r->n_modes)];
	struct fault_done done;
	long since, took, up = -1;

	if (!do_in_mode(r, at, peer, kind, mode, &done)) {
		snprintf(r->why, sizeof(r->why), "%s: nothing to do %s to", r->mesh.hosts[at].name, fault_names[kind]);
		return false;
	}
	since = now_ms();
	took = foreign_stays(r, at, kind) ? wait_healed(r, at, kind, since, &up) : -1;
	printf("fault %u %s %s %s gone %u changed %u up_ms %ld healed_ms %ld\n", n, r->mesh.hosts[at].name, fault_names[kind],
	    mode_names[mode], done.sas_gone + done.pols_gone, done.sas_changed + done.pols_changed, up, took);
	fflush(stdout);
	r->by_mode[mode]++;
	r->sum.sas_gone += done.sas_gone;
	r->sum.sas_changed += done.sas_changed;
	r->sum.stray += done.stray;
	r->sum.twins += done.twins;
	r->sum.pols_gone += done.pols_gone;
	r->sum.pols_changed += done.pols_changed;
	if (took < 0)
		return false;
	r->n_healed++;
	r->n_quick += up <= 1000;
	if (took > r->longest)
		r->longest = took;
	if (up > r->longest_up)
		r->longest_up = up;
	return true;
}

static int
inject(struct run *r)
{
	unsigned n;
	bool fine = true;

	remember_policies(r);
	for (n = 0; n < r->mesh.n && fine; n++)
		fine = is_healed(r, n, NULL);
	if (!fine) {
		printf("not healed: before the first fault: %s\n", r->why);
		return 1;
	}
	for (n = 1; n <= r->n_faults && fine; n++)
		fine = one_fault(r, n);
	if (!fine)
		printf("not healed: %s\n", r->why);
	printf("modes plain %u muted %u burst %u late %u\n", r->by_mode[PLAIN], r->by_mode[MUTED], r->by_mode[BURST],
	    r->by_mode[LATE]);
	printf("injected sa-gone %u sa-changed %u sa-stray %u sa-twin %u sp-gone %u sp-changed %u bursts %u\n", r->sum.sas_gone,
	    r->sum.sas_changed, r->sum.stray, r->sum.twins, r->sum.pols_gone, r->sum.pols_changed, r->by_mode[BURST]);
	printf("healed %u of %u up_within_1s %u longest_up_ms %ld longest_ms %ld\n", r->n_healed, r->n_faults, r->n_quick,
	    r->longest_up, r->longest);
	return fine ? 0 : 1;
}

/*
 * Add the index of |word| in |names| to |list|.
 */
static bool
add_word(unsigned *list, unsigned *n, unsigned most, const char *const *names, unsigned n_names, const char *word)
{
	unsigned i;

	for (i = 0; i < n_names && strcmp(names[i], word) != 0; i++)
		;
	if (i == n_names || *n == most)
		return false;
	list[(*n)++] = i;
	return true;
}

static bool
add_host(struct run *r, char *spec)
{
	char *pid = strrchr(spec, '=');

	if (!pid || pid == strchr(spec, '='))
		return false;
	*pid++ = '\0';
	r->pids[r->mesh.n] = (pid_t)atoi(pid);
	return r->pids[r->mesh.n] > 1 && mesh_add(&r->mesh, spec);
}

static bool
options(struct run *r, int argc, char **argv)
{
	unsigned i;
	int c;

	while ((c = getopt(argc, argv, "n:s:a:k:m:")) != -1) {
		if (c == 'n')
			r->n_faults = (unsigned)atoi(optarg);
		else if (c == 's')
			r->random = strtoull(optarg, NULL, 0) * 2 + 1;
		else if (c == 'a')
			r->audit_ms = atol(optarg);
		else if (c == 'k' && !add_word(r->kinds, &r->n_kinds, FAULT_KINDS * 8, fault_names, FAULT_KINDS, optarg))
			return false;
		else if (c == 'm' && !add_word(r->modes, &r->n_modes, MODES * 8, mode_names, MODES, optarg))
			return false;
		else if (c == '?')
			return false;
	}
	for (i = 0; r->n_kinds == 0 && i < FAULT_KINDS; i++)
		r->kinds[i] = i;
	r->n_kinds = r->n_kinds ? r->n_kinds : FAULT_KINDS;
	for (i = 0; r->n_modes == 0 && i < MODES; i++)
		r->modes[i] = i;
	r->n_modes = r->n_modes ? r->n_modes : MODES;
	for (; optind < argc; optind++)
		if (!add_host(r, argv[optind]))
			return false;
	return r->mesh.n >= 2;
}

int
main(int argc, char **argv)
{
	static struct run r = { .n_faults = 10, .audit_ms = 60000, .random = 3 };

	if (argc == 3 && !strcmp(argv[1], "mute")) {
		mute_on((pid_t)atoi(argv[2]));
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "unmute")) {
		mute_off((pid_t)atoi(argv[2]));
		return 0;
	}
	if (!options(&r, argc, argv)) {
		fprintf(stderr, "usage: inject [-n FAULTS] [-s SEED] [-a MS] [-k KIND]... [-m MODE]... NETNS=ADDRESS=PID...\n"
				"       inject mute PID | inject unmute PID\n");
		return 2;
	}
	atexit(wake_up);
	return inject(&r);
}
