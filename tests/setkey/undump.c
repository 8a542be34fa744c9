/* SPDX-License-Identifier: BSD-3-Clause */
#include "setkey/undump.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 4096, ENTRIES = 20000 };

struct entry {
	char head[LINE], proto[32], mode[32], oa[64], encr[LINE], integ[LINE], comp[64];
	char policy[LINE], ctx[256];
	unsigned doi, alg, spi, reqid, replay;
	unsigned long long lh, ls, bh, bs;
	bool is_sp, larval, socket;
	char *key; /* where lines of a key go on */
};

static void
append(char *to, const char *s)
{
	size_t n = strlen(to);

	snprintf(to + n, LINE - n, "%s", s);
}

/* "aes-cbc  00112233 4455...": the digits without blanks. */
static void
take_key(char *to, const char *s)
{
	size_t n = strlen(to);

	for (; *s != '\0' && n + 1 < LINE; s++)
		if (*s != ' ' && *s != '\n')
			to[n++] = *s;
	to[n] = '\0';
}

static void
take_alg(char *to, const char *option, const char *s)
{
	char name[64];
	int n = 0;

	if (sscanf(s, "%63s%n", name, &n) != 1)
		return;
	snprintf(to, LINE, " %s %s 0x", option, name);
	take_key(to, s + n);
}

static bool
take_sa_line(struct entry *e, const char *s)
{
	unsigned seq, flags;
	char state[32], alg[64], rest[LINE], proto[32], mode[32];
	int n = 0;

	if (sscanf(s, "\t%31s mode=%31s spi=%u(0x%*x) reqid=%u", proto, mode, &e->spi, &e->reqid) == 4) {
		memcpy(e->proto, proto, sizeof(e->proto));
		memcpy(e->mode, mode, sizeof(e->mode));
		return true;
	}
	if (sscanf(s, "\tNAT OA=%63s", e->oa) == 1)
		return true;
	if (strncmp(s, "\tE: ", 4) == 0) {
		take_alg(e->encr, "-E", s + 4);
		e->key = e->encr;
		return true;
	}
	if (strncmp(s, "\tA: ", 4) == 0) {
		take_alg(e->integ, "-A", s + 4);
		e->key = e->integ;
		return true;
	}
	/* without an end of line */
	if (sscanf(s, "\tC: %63s %n", alg, &n) == 1) {
		snprintf(e->comp, sizeof(e->comp), " -C %.50s", alg);
		snprintf(rest, sizeof(rest), "\t%s", s + n);
		s = rest;
	}
	if (sscanf(s, "\tseq=%x replay=%u flags=%x state=%31s", &seq, &e->replay, &flags, state) == 4) {
		e->larval = strcmp(state, "larval") == 0;
		return true;
	}
	if (sscanf(s, "\tdiff: %*u(s)\thard: %llu(s)\tsoft: %llu(s)", &e->lh, &e->ls) == 2)
		return true;
	return sscanf(s, "\tcurrent: %*u(bytes)\thard: %llu(bytes)\tsoft: %llu(bytes)", &e->bh,
		   &e->bs) == 2;
}

static bool
take_ctx_line(struct entry *e, const char *s)
{
	unsigned len;

	return sscanf(s, "\tsecurity context doi: %u", &e->doi) == 1 ||
	       sscanf(s, "\tsecurity context algorithm: %u", &e->alg) == 1 ||
	       sscanf(s, "\tsecurity context length: %u", &len) == 1 ||
	       sscanf(s, "\tsecurity context: %255[^\n]", e->ctx) == 1;
}

/* A policy without a word about its priority has 0, which takes some arithmetic to say. */
static void
take_policy(struct entry *e, const char *s)
{
	char dir[32], action[LINE];
	int n = 0;

	e->is_sp = true;
	if (sscanf(s, "\t%31s %n", dir, &n) != 1)
		return;
	snprintf(action, sizeof(action), "%s", s + n);
	action[strcspn(action, "\n")] = '\0';
	append(e->policy, dir);
	if (strncmp(action, "prio ", 5) != 0)
		append(e->policy, " prio high + 1073741824");
	append(e->policy, " ");
	append(e->policy, action);
}

static bool
take_sp_line(struct entry *e, char *s)
{
	if (strncmp(s, "\tlifetime: ", 11) == 0)
		return true;
	s[strcspn(s, "\n")] = '\0';
	append(e->policy, " ");
	append(e->policy, s + 1);
	return true;
}

static bool
is_direction(const char *s)
{
	char word[32];

	return sscanf(s, "\t%31s", word) == 1 &&
	       (strcmp(word, "in") == 0 || strcmp(word, "out") == 0 || strcmp(word, "fwd") == 0 ||
		   strcmp(word, "in(socket)") == 0 || strcmp(word, "out(socket)") == 0);
}

static bool
take_line(struct entry *e, char *s)
{
	if (s[0] == ' ' && e->key != NULL) {
		take_key(e->key, s);
		return true;
	}
	if (s[0] != '\t') {
		snprintf(e->head, sizeof(e->head), "%s", s);
		e->head[strcspn(e->head, "\n")] = '\0';
		e->socket = strncmp(s, "(per-socket policy)", 19) == 0;
		return e->head[0] != '\0';
	}
	if (strncmp(s, "\tcreated: ", 10) == 0 || strncmp(s, "\tlast: ", 7) == 0 ||
	    strncmp(s, "\tallocated: ", 12) == 0)
		return true;
	if (take_ctx_line(e, s))
		return true;
	if (is_direction(s)) {
		take_policy(e, s);
		return true;
	}
	return e->is_sp ? take_sp_line(e, s) : take_sa_line(e, s);
}

static bool
is_last(const char *s)
{
	return strncmp(s, "\tsadb_seq=", 10) == 0 || strncmp(s, "\tspid=", 6) == 0;
}

static char *
sp_statement(const struct entry *e)
{
	char ctx[320] = "", *s = NULL;

	if (e->ctx[0] != '\0')
		snprintf(ctx, sizeof(ctx), " -ctx %u %u \"%s\"", e->doi, e->alg, e->ctx);
	if (asprintf(&s, "spdadd %s%s -P %s;\n", e->head, ctx, e->policy) < 0)
		return NULL;
	return s;
}

static char *
sa_statement(const struct entry *e)
{
	char ctx[320] = "", life[200] = "", oa[80] = "", *s = NULL;
	bool esp = strncmp(e->proto, "esp", 3) == 0, ah = strcmp(e->proto, "ah") == 0;

	if (e->ctx[0] != '\0')
		snprintf(ctx, sizeof(ctx), " -ctx %u %u \"%s\"", e->doi, e->alg, e->ctx);
	if (e->oa[0] != '\0')
		snprintf(oa, sizeof(oa), " OA %s", e->oa);
	if ((e->lh | e->ls | e->bh | e->bs) != 0)
		snprintf(life, sizeof(life), " -lh %llu -ls %llu -bh %llu -bs %llu", e->lh, e->ls, e->bh,
		    e->bs);
	/* what has no key is not shown */
	if (asprintf(&s, "add %s %s%s %u -m %s -u %u -r %u%s%s%s%s%s;\n", e->head, e->proto, oa, e->spi,
		e->mode, e->reqid, e->replay, life, ctx, esp && e->encr[0] == '\0' ? " -E null" : e->encr,
		ah && e->integ[0] == '\0' ? " -A null" : e->integ, e->comp) < 0)
		return NULL;
	return s;
}

bool
undump(FILE *in, FILE *out)
{
	char **v = calloc(ENTRIES, sizeof(*v)), line[LINE];
	struct entry *e = calloc(1, sizeof(*e));
	size_t n = 0;
	bool ok = v != NULL && e != NULL;

	while (ok && fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, "No S", 4) == 0 || strncmp(line, "\trefcnt=", 8) == 0)
			continue;
		if (!is_last(line)) {
			ok = take_line(e, line);
			if (!ok)
				fprintf(stderr, "no line of a dump: %s", line);
			continue;
		}
		if (!e->larval && !e->socket) {
			v[n] = e->is_sp ? sp_statement(e) : sa_statement(e);
			ok = v[n++] != NULL && n < ENTRIES;
		}
		memset(e, 0, sizeof(*e));
	}
	for (size_t i = n; i-- > 0;) {
		if (v[i] != NULL)
			fputs(v[i], out);
		free(v[i]);
	}
	free(v);
	free(e);
	return ok;
}
