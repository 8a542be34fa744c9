/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How it works: a section starts as a copy of its parent, or of the defaults.  What is behind the copy's
 * pointers is constant and may be shared; the section's own lists are collected in struct remote_bind and
 * replace the parent's as a whole at the end.  So nothing a child says reaches its parent.
 */
#include "conf/remote_bind.h"

#include <string.h>

struct target {
	const char *name;
	bool named;
	struct endpoint peer;
};

static const uint8_t no_seed[16];

static bool
same_name(const struct hnode *n, const void *key)
{
	return strcmp(container_of((struct hnode *)n, struct named, node)->r->name, key) == 0;
}

static struct named *
find_named(struct bind *b, const char *name)
{
	if (b->names.eq == NULL)
		htab_init(&b->names, no_seed, same_name);
	struct hnode *n = htab_find(&b->names, htab_hash(&b->names, slice_str(name)), name);
	return n == NULL ? NULL : container_of(n, struct named, node);
}

/* The latest section of a name is the one that is found. */
static void
add_named(struct bind *b, struct conf_remote *r)
{
	struct named *old = find_named(b, r->name), *n = bind_alloc(b, sizeof(*n));

	if (n == NULL)
		return;
	n->r = r;
	if (old != NULL)
		htab_remove(&b->names, &old->node);
	if (htab_insert(&b->names, &n->node, htab_hash(&b->names, slice_str(r->name))) != IKE_OK)
		b->src.nomem = true;
}

static const char *
address_name(struct args *a, const struct endpoint *e)
{
	struct addr_buf text;

	return word_copy(
	    a, slice_str(e->port == 500 ? addr_text(&e->addr, &text) : endpoint_text(e, &text)));
}

/* "name", anonymous [[port]] or ADDR [[port]]. */
static bool
arg_target(struct args *a, struct target *out)
{
	struct target t = { .peer.port = 500 };
	const struct token *tok = arg_peek(a);

	if (tok == NULL) {
		arg_error(
		    a, NULL, NULL, "'remote' needs a name in quotes, an address or 'anonymous'");
		return false;
	}
	if (tok->kind == TOK_STRING) {
		t.named = true;
		t.peer.port = 0;
		if (tok->s.n == 0) {
			arg_error(a, tok, NULL, "the name of a remote section is empty");
			return false;
		}
		if (!arg_string(a, "a name", &t.name))
			return false;
	} else if (arg_word_is(a, "anonymous")) {
		t.peer.port = 0;
		t.name = "anonymous";
		if (!arg_port(a, &t.peer.port))
			return false;
	} else {
		if (!arg_addr(a, &t.peer.addr, NULL) || !arg_port(a, &t.peer.port))
			return false;
		if ((t.name = address_name(a, &t.peer)) == NULL)
			return false;
	}
	*out = t;
	return true;
}

static void
no_parent(struct args *a, const struct token *t, const struct target *parent)
{
	struct name_best best = { NULL, 0 };
	struct bind *b = a->b;

	for (struct hnode *n = htab_first(&b->names); n != NULL; n = htab_after(&b->names, n)) {
		const char *candidate = container_of(n, struct named, node)->r->name;
		/* The hash order is arbitrary: take the first of the alphabet among equally close ones. */
		struct name_best one = { NULL, 0 };
		name_closer(parent->name, candidate, &one);
		if (one.name != NULL &&
		    (best.name == NULL || one.distance < best.distance ||
			(one.distance == best.distance && strcmp(one.name, best.name) < 0)))
			best = one;
	}
	struct tok_buf name;
	char hint[120];
	struct text text = text_in(hint, sizeof(hint));
	if (best.name != NULL) {
		text_add(&text, "did you mean '");
		text_peer(&text, slice_str(best.name));
		text_add(&text, "'?");
	}
	arg_error(a, t, best.name == NULL ? "a parent must come before its heirs" : hint,
	    "there is no remote section %s to inherit from", tok_text(t, &name));
}

/* The header: the section's own target and its starting values. */
static bool
header(struct args *a, struct remote_bind *rb, bool *inherits)
{
	struct target self, parent;
	const struct token *t = arg_peek(a);
	struct tok_buf name;
	struct named *n;

	if (!arg_target(a, &self))
		return false;
	if (self.named && (n = find_named(a->b, self.name)) != NULL) {
		arg_error(a, t, NULL, "remote section %s exists already, in line %u of %s",
		    tok_text(t, &name), n->r->line, n->r->file);
		return false;
	}
	*inherits = arg_word_is(a, "inherit");
	remote_defaults(&rb->r);
	if (*inherits) {
		t = arg_peek(a);
		if (!arg_target(a, &parent))
			return false;
		if ((n = find_named(a->b, parent.name)) == NULL) {
			no_parent(a, t, &parent);
			return false;
		}
		rb->r = *n->r;
	}
	if (!self.named || !*inherits)
		rb->r.peer = self.peer;
	rb->r.name = self.name;
	rb->r.named = self.named;
	rb->r.file = a->st->file;
	rb->r.line = a->st->tok[0].line;
	return true;
}

static void
finish(struct bind *b, struct remote_bind *rb)
{
	struct conf_remote *r = bind_alloc(b, sizeof(*r));

	if (r == NULL ||
	    !bind_grow(b, (void **)&b->remotes, b->n_remotes, &b->cap_remotes, sizeof(*b->remotes)))
		return;
	if (rb->n_ids > 0) {
		rb->r.peers_ids = rb->ids;
		rb->r.n_peers_ids = rb->n_ids;
	}
	if (rb->n_certs > 0) {
		rb->r.peer_certs = rb->certs;
		rb->r.n_peer_certs = rb->n_certs;
	}
	if (rb->n_blocks > 0) {
		rb->r.blocks = rb->blocks;
		rb->r.n_blocks = rb->n_blocks;
	}
	rb->r.index = (uint32_t)b->n_remotes;
	*r = rb->r;
	b->remotes[b->n_remotes++] = r;
	add_named(b, r);
}

static void
bind_remote(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind rb = { .own_modes = false };
	bool inherits;
	struct addr addr;

	(void)obj;
	if (!header(a, &rb, &inherits) || a->at != a->st->n)
		return;
	if (!a->st->block && !inherits) {
		arg_error(a, &a->st->tok[0], NULL, "'remote' needs a block { }");
		return;
	}
	direct_block(a->b, d->sub, a->st->kids, &rb);
	if (rb.r.named && rb.r.peer.addr.family == 0 && addr_parse(rb.r.name, &addr) == IKE_OK)
		arg_warn(a, &a->st->tok[1], "leave out the quotes",
		    "a name in quotes is no address: without remote_address the section is for "
		    "anybody");
	finish(a->b, &rb);
}

static void
print_remote(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;
	struct addr_buf text;
	char port[16];
	struct text t = text_in(port, sizeof(port));

	if (r->peer.port != (r->peer.addr.family == 0 ? 0 : 500))
		text_addf(&t, " [%u]", (unsigned)r->peer.port);
	if (r->named)
		pr_line(p, "%s \"%s\" {", d->name, r->name);
	else if (r->peer.addr.family == 0)
		pr_line(p, "%s anonymous%s {", d->name, port);
	else
		pr_line(p, "%s %s%s {", d->name, addr_text(&r->peer.addr, &text), port);
	p->indent++;
	pr_table(p, d->sub, r, def);
	p->indent--;
	pr_line(p, "}");
}

const struct dir_type dir_remote_type = { "\"NAME\"|ADDRESS|anonymous [inherit PARENT]",
	bind_remote, print_remote };
