/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * direct - the directive table engine: which word may stand where, with which arguments, and what it sets.
 *
 * Each kind of block is a struct dir_table; each directive a row: a name, a type that reads and prints its
 * argument, and the place of the value in the block's struct.  The engine finds the row, reports unknown,
 * misplaced, repeated and run-together directives, and lets the type do the rest.  The same rows print the
 * snapshot, and tests compare them with the manual page and the fixtures.
 *
 * Private to lib/conf and its tests.
 */
#ifndef CONF_DIRECT_H
#define CONF_DIRECT_H

#include "conf/conf.h"
#include "conf/tree.h"
#include "util/htab.h"
#include "util/list.h"

#include <stddef.h>

#define DIR_MAX 72 /* rows of a table */

struct bind;
struct args;
struct directive;
struct printer;

typedef void
dir_bind_fn(struct args *a, const struct directive *d, void *obj);
/* |def| is the same struct with its default values. */
typedef void
dir_print_fn(struct printer *p, const struct directive *d, const void *obj, const void *def);

struct dir_type {
	const char *
	    form; /* of the arguments, for messages: "on|off"; NULL where the message names the words */
	dir_bind_fn *bind;
	dir_print_fn *print; /* NULL: never printed */
};

struct dir_word {
	const char *word;
	int value;
	const char *note; /* warned about when used, NULL: fine */
};

enum dir_flags {
	DIR_BLOCK = 1,    /* a { } must follow the arguments */
	DIR_MAYBLOCK = 2, /* a { } or a ';' */
	DIR_MANY = 4,     /* may be repeated without a warning */
	DIR_ALIAS = 8, /* other spelling: |note|, if any, is the hint of a warning; not printed */
	DIR_IGNORED = 16, /* known, without effect: |note| is a warning */
	DIR_REFUSED = 32, /* known, always an error: |note| */
};

struct dir_table {
	const char *name; /* "remote" */
	const struct directive *v;
	size_t n;
};

struct directive {
	const char *name;
	const struct dir_type *type;
	size_t off;
	unsigned flags;
	const char *note;
	const struct dir_word *words; /* ended by a NULL word */
	uint32_t min, max;            /* of numbers; max 0: unbounded */
	const struct dir_table *sub;  /* of blocks and two-word directives */
};

#define ROW(word, kind, at) .name = word, .type = &kind, .off = at
#define DIR_TABLE(var, title, rows) \
	const struct dir_table var = { title, rows, sizeof(rows) / sizeof((rows)[0]) }

extern const struct dir_table dir_top, dir_path, dir_padding, dir_listen, dir_timer, dir_privsep,
    dir_remote, dir_proposal, dir_lifetime, dir_proposal_lifetime, dir_sainfo, dir_sainfo_lifetime,
    dir_mode_cfg, dir_ldap, dir_radius;

/* All of them, ended by NULL. */
extern const struct dir_table *const dir_tables[];

/* A remote section as parsed, findable by name for inheritance. */
struct named {
	struct hnode node;
	struct conf_remote *r;
};

#define CONF_INCLUDE_DEPTH 10
#define CONF_FILES_MAX     4096

/* The state of one parse. */
struct bind {
	struct source src;
	struct conf *conf;
	const struct conf_reader *reader;
	struct htab names; /* struct named */
	struct conf_remote **remotes;
	size_t n_remotes, cap_remotes;
	struct conf_sainfo **sainfos;
	size_t n_sainfos, cap_sainfos;
	struct conf_policy **policies; /* also those that are gone again */
	size_t n_policies, cap_policies;
	const char **policy_files, **policy_patterns;
	size_t n_policy_files, cap_policy_files, n_policy_patterns, cap_policy_patterns;
	unsigned depth, files;
	const char *main_file;
};

/* The arguments of a statement under way. */
struct args {
	struct bind *b;
	const struct stmt *st;
	const struct dir_table *table;
	const struct directive *d;
	size_t at;
	bool bad; /* an error was reported: the rest is not looked at */
};

/* Bind the statements |kids| by |t| into |obj|. */
void
direct_block(struct bind *b, const struct dir_table *t, const struct stmt *kids, void *obj);

/* Bind one statement; |seen| has a place for each row of |t|, NULL: repeats are fine. */
void
direct_statement(
    struct bind *b, const struct dir_table *t, const struct stmt *st, void *obj, uint8_t *seen);

const struct directive *
direct_find(const struct dir_table *t, struct slice name);

/* --- arguments: args.c */

/* The next token, NULL at the end; a known directive at the start of a line counts as the end. */
const struct token *
arg_peek(const struct args *a);
const struct token *
arg_next(struct args *a);
/* Is the next token of |kind| (and, arg_word_is, the word |w|)? then take it. */
bool
arg_is(struct args *a, enum tok_kind kind);
bool
arg_word_is(struct args *a, const char *w);

struct place
arg_place(const struct args *a, const struct token *t); /* NULL: behind the last token */
void
arg_error(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void
arg_warn(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void
arg_lenient(struct args *a, const struct token *t, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Readers: true and *out, or false with the error reported.  |what| names the value in messages. */
bool
arg_number(struct args *a, const char *what, uint32_t min, uint32_t max, uint32_t *out);
bool
arg_seconds(struct args *a, uint32_t *out);
bool
arg_switch(struct args *a, bool *out);
bool
arg_string(struct args *a, const char *what, const char **out);
bool
arg_words(struct args *a, const struct dir_word *w, int *out);
bool
arg_addr(struct args *a, struct addr *out, const char **ifname_out); /* word or string */
bool
arg_port(struct args *a, uint16_t *out); /* optional [n]; true and unchanged without */
bool
arg_prefix_len(
    struct args *a, const struct addr *addr, uint8_t *out); /* optional /n; full length without */
bool
arg_alg(struct args *a, enum alg_kind kind, struct prop_alg *out);
bool
arg_algs(struct args *a, enum alg_kind kind, struct prop_algs *out); /* comma list, appended */
bool
arg_ident(struct args *a, const struct conf_ident **out);
/* The value part of an identifier whose type word was |type|. */
bool
arg_ident_value(struct args *a, const struct token *type, const struct conf_ident **out);

/* Words, and which of them a string is; NULL-safe helpers of the readers. */
const char *
word_copy(struct args *a, struct slice s);
/* Is it a word as templates leave them when a value was not filled in; |capitals|: IPADDRESS, too. */
bool
word_is_placeholder(struct slice s, bool capitals);
bool
word_number(struct slice s, uint32_t *out);

/* Report a word that is none of |w|. */
void
arg_unknown(struct args *a, const struct token *t, const char *what, const char *suggestion);

/* --- generic types: types.c */

extern const struct dir_type dir_switch;  /* bool */
extern const struct dir_type dir_number;  /* uint32_t, min and max */
extern const struct dir_type dir_seconds; /* ike_time; number without a unit */
extern const struct dir_type dir_time;    /* ike_time; number and unit */
extern const struct dir_type dir_life;    /* uint32_t seconds; number and unit */
extern const struct dir_type dir_string;  /* const char * */
extern const struct dir_type dir_secret;  /* const char *, printed only on demand */
extern const struct dir_type dir_words;   /* int, by |words| */
extern const struct dir_type dir_flag;    /* bool; no argument */
extern const struct dir_type dir_addr4;   /* struct addr, IPv4 */
extern const struct dir_type dir_sub;     /* the next word is a row of |sub|, same object */
extern const struct dir_type dir_block;   /* { } of |sub| at |off| */
extern const struct dir_type dir_remote_type, dir_sainfo_type;
extern const struct dir_type dir_present; /* a block whose struct starts with `bool present` */
extern const struct dir_type dir_policy_file;
extern const struct dir_type dir_none;    /* for DIR_IGNORED and DIR_REFUSED */

/* --- memory */

void *
bind_alloc(struct bind *b, size_t n); /* zeroed; NULL sets nomem */
/* Room for one more in an arena array of |size| members, doubled as needed; false sets nomem. */
bool
bind_grow(struct bind *b, void **v, size_t n, size_t *cap, size_t size);

/* --- printing: conf_print.c */

struct printer {
	struct buf *out;
	unsigned flags;
	unsigned indent;
	ike_err err; /* sticky */
};

void
pr_line(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void
pr_begin(struct printer *p); /* indentation */
void
pr_add(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void
pr_table(struct printer *p, const struct dir_table *t, const void *obj, const void *def);
void
pr_block(struct printer *p, const char *head, const struct dir_table *t, const void *obj,
    const void *def);
bool
pr_wanted(const struct printer *p, bool is_default);
void
pr_algs(struct printer *p, const char *name, const struct prop_algs *l);
void
pr_ident(struct printer *p, const char *directive, const struct conf_ident *id);
void
pr_prop(struct printer *p, const char *what, const struct prop *prop);

/* --- the steps: load.c, resolve.c, index.c */

void
top_include(struct args *a, const struct directive *d, void *obj);
/* |pattern| beside the file of the statement, unless it is absolute. */
const char *
beside_file(struct args *a, const char *pattern);
/* Read |path| for the statement |a| into |out|; false: reported.  What was read counts for the digest. */
bool
load_text(struct args *a, const char *path, struct buf *out);
void
conf_digest_add(struct conf *c, const char *path, struct slice text);
/* One more file for |a|; false: too many, reported. */
bool
load_count(struct bind *b, struct args *from);

/* policy_table.c: policies by direction and selector. */
bool
policy_table_add(struct bind *b, struct conf_policy *p);
void
policy_table_remove(struct conf_policy_table *t, struct conf_policy *p);
struct conf_policy *
policy_table_find(const struct conf_policy_table *t, const struct sp_id *id);
/* policy_file.c: hand the wanted ones over to the snapshot. */
void
policies_finish(struct bind *b);
void
remote_defaults(struct conf_remote *r);
void
sainfo_defaults(struct conf_sainfo *s);
void
conf_defaults(struct conf *c);
void
resolve_conf(struct bind *b);
void
resolve_props(struct bind *b, struct conf_remote *r);
void
index_build(struct bind *b); /* sorts and indexes; sets the lists of the snapshot */

#endif
