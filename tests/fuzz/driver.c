/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * driver - a main() that makes a plain test of any fuzz target.
 *
 *	f_target [-r COUNT SEED] [FILE|DIRECTORY]...
 *
 * runs the target on every file given, in every directory given, and then on COUNT mutations of them, which depend on
 * nothing but SEED and the files' contents.  Without arguments: on the target's own corpus, which is the directory
 * tests/fuzz/corpus/NAME below $RINGTAIL_SRCDIR for a target called f_NAME, with 10,000 mutations.  A target
 * reports by ending the program; then the input is in the file "crash-f_NAME" and its number on standard error.
 */
#include "fuzz/driver.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX ((size_t)1 << 16)
#define FILES_MAX 4096
#define DEFAULT_COUNT 10000
#define DEFAULT_SEED 1

struct input {
	uint8_t *p;
	size_t   n;
};

struct corpus {
	struct input v[FILES_MAX];
	size_t       n;
};

static struct corpus corpus;
static struct input  current;
static const char   *self;

static void
fail(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", self, what, strerror(errno));
	exit(1);
}

static void
keep_input(int sig)
{
	char  name[256];
	FILE *f;

	snprintf(name, sizeof name, "crash-%s", self);
	f = fopen(name, "wb");
	if (f != NULL) {
		fwrite(current.p, 1, current.n, f);
		fclose(f);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Sanitizers, too, end with a signal, so that the input is kept. */
const char *
__asan_default_options(void);
const char *
__asan_default_options(void)
{
	return "abort_on_error=1";
}

const char *
__ubsan_default_options(void);
const char *
__ubsan_default_options(void)
{
	return "abort_on_error=1";
}

/* The target gets memory of exactly the input's size, so that reading behind it is seen. */
static void
run(const uint8_t *p, size_t n)
{
	current.p = malloc(n > 0 ? n : 1);
	if (current.p == NULL)
		fail("malloc");
	current.n = n;
	if (n > 0)
		memcpy(current.p, p, n);
	LLVMFuzzerTestOneInput(current.p, n);
	free(current.p);
	current.p = NULL;
}

static void
add_file(const char *path)
{
	FILE         *f = fopen(path, "rb");
	struct input *in = &corpus.v[corpus.n];

	if (f == NULL)
		fail(path);
	if (corpus.n == FILES_MAX) {
		errno = ENOSPC;
		fail(path);
	}
	in->p = malloc(INPUT_MAX);
	if (in->p == NULL)
		fail("malloc");
	in->n = fread(in->p, 1, INPUT_MAX, f);
	fclose(f);
	corpus.n++;
}

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
add_path(const char *path)
{
	char            name[4096];
	struct stat     st;
	struct dirent **list;
	int             n;

	if (stat(path, &st) != 0)
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &list, visible, alphasort);
	if (n < 0)
		fail(path);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name);
		add_file(name);
		free(list[i]);
	}
	free(list);
}

/* SplitMix64 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static size_t
below(uint64_t *state, size_t n)
{
	return n == 0 ? 0 : (size_t)(next_random(state) % n);
}

/* Values that lengths and counts are wrong with. */
static const uint8_t odd_bytes[] = { 0, 1, 2, 3, 4, 7, 8, 15, 16, 127, 128, 253, 254, 255 };

/* Make |n| bytes of room (or none) at |at| by moving the tail, or take them out. */
static void
splice(struct input *in, size_t at, size_t drop, const uint8_t *add, size_t n)
{
	if (drop > in->n - at)
		drop = in->n - at;
	if (in->n - drop + n > INPUT_MAX)
		return;
	memmove(in->p + at + n, in->p + at + drop, in->n - at - drop);
	memcpy(in->p + at, add, n);
	in->n = in->n - drop + n;
}

static void
mutate(struct input *in, uint64_t *state)
{
	const struct input *other = &corpus.v[below(state, corpus.n)];
	uint8_t             bytes[16];
	size_t              at = below(state, in->n), from = below(state, other->n), n;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)next_random(state);
	switch (below(state, 8)) {
	case 0:
		splice(in, at, 1, bytes, 1);
		break;
	case 1:
		splice(in, at, 1, &odd_bytes[below(state, sizeof odd_bytes)], 1);
		break;
	case 2:
		if (in->n > 0)
			in->p[at] ^= (uint8_t)(1u << below(state, 8));
		break;
	case 3:
		splice(in, at, 0, bytes, 1 + below(state, sizeof bytes));
		break;
	case 4:
		splice(in, at, 1 + below(state, 32), bytes, 0);
		break;
	case 5:
		in->n = at;
		break;
	case 6:
		n = below(state, other->n - from + 1);
		splice(in, at, below(state, n + 1), other->p + from, n);
		break;
	default:
		splice(in, at, 2, (uint8_t[]){ 0, odd_bytes[below(state, sizeof odd_bytes)] }, 2);
		break;
	}
}

static void
run_mutations(unsigned long count, uint64_t state)
{
	struct input in = { malloc(INPUT_MAX), 0 };

	if (in.p == NULL)
		fail("malloc");
	for (unsigned long i = 0; i < count && corpus.n > 0; i++) {
		const struct input *seed = &corpus.v[below(&state, corpus.n)];

		memcpy(in.p, seed->p, seed->n);
		in.n = seed->n;
		for (size_t j = 1 + below(&state, 6); j > 0; j--)
			mutate(&in, &state);
		run(in.p, in.n);
	}
	free(in.p);
}

static void
add_own_corpus(void)
{
	const char *top = getenv("RINGTAIL_SRCDIR");
	char        path[4096];

	snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".", self + strlen("f_"));
	add_path(path);
}

static unsigned long
number(const char *s)
{
	char         *end;
	unsigned long v;

	errno = EINVAL;
	if (s == NULL)
		fail("-r needs COUNT and SEED");
	v = strtoul(s, &end, 10);
	if (end == s || *end != '\0') {
		errno = EINVAL;
		fail(s);
	}
	return v;
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? 0 : DEFAULT_COUNT, seed = DEFAULT_SEED;

	self = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	if (strncmp(self, "f_", 2) != 0) {
		errno = EINVAL;
		fail("the name of a fuzz target begins with f_");
	}
	signal(SIGABRT, keep_input);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-r") == 0) {
			count = number(i + 1 < argc ? argv[i + 1] : NULL);
			seed = number(i + 2 < argc ? argv[i + 2] : NULL);
			i += 2;
		} else {
			add_path(argv[i]);
		}
	}
	if (argc == 1)
		add_own_corpus();
	if (corpus.n == 0) {
		errno = ENOENT;
		fail("nothing to run");
	}
	for (size_t i = 0; i < corpus.n; i++)
		run(corpus.v[i].p, corpus.v[i].n);
	run_mutations(count, seed);
	printf("%s: %zu files, %lu mutations\n", self, corpus.n, count);
	for (size_t i = 0; i < corpus.n; i++)
		free(corpus.v[i].p);
	return 0;
}
