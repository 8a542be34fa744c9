/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf/remote_bind.h"

#include <string.h>

static void
bind_address(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind *rb = obj;
	struct endpoint peer = { .port = 500 };

	(void)d;
	if (!rb->r.named) {
		arg_error(a, &a->st->tok[0], NULL,
		    "'remote_address' is for named sections: the header has the address already");
		return;
	}
	if (rb->own_address) {
		arg_error(a, &a->st->tok[0], NULL, "'remote_address' is given already");
		return;
	}
	if (!arg_addr(a, &peer.addr, NULL) || !arg_port(a, &peer.port))
		return;
	rb->r.peer = peer;
	rb->own_address = true;
}

static void
print_address(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;
	struct addr_buf text;

	(void)def;
	if (r->named && r->peer.addr.family != 0)
		pr_line(p, "%s %s [%u];", d->name, addr_text(&r->peer.addr, &text),
		    (unsigned)r->peer.port);
}

const struct dir_type remote_address = { "ADDRESS [[PORT]]", bind_address, print_address };

static const struct dir_word mode_words[] = { { "main", CONF_MAIN, NULL },
	{ "aggressive", CONF_AGGRESSIVE, NULL }, { "base", CONF_BASE, NULL },
	{ "ikev2", CONF_IKEV2, NULL }, { NULL, 0, NULL } };

static void
bind_modes(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind *rb = obj;
	struct tok_buf name;

	(void)d;
	if (!rb->own_modes)
		rb->r.n_modes = 0;
	rb->own_modes = true;
	do {
		const struct token *t = arg_peek(a);
		int mode;
		if (!arg_words(a, mode_words, &mode))
			return;
		if (conf_remote_speaks(&rb->r, (enum conf_mode)mode))
			arg_warn(
			    a, t, NULL, "exchange mode %s is listed twice", tok_text(t, &name));
		else
			rb->r.modes[rb->r.n_modes++] = (enum conf_mode)mode;
	} while (arg_is(a, TOK_COMMA) || (arg_peek(a) != NULL && arg_peek(a)->kind == TOK_WORD));
}

static void
print_modes(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;
	bool same = r->n_modes == 2 && r->modes[0] == CONF_IKEV2 && r->modes[1] == CONF_MAIN;

	(void)def;
	if (!pr_wanted(p, same))
		return;
	pr_begin(p);
	pr_add(p, "%s ", d->name);
	for (uint8_t i = 0; i < r->n_modes; i++)
		pr_add(p, "%s%s", i == 0 ? "" : ", ", conf_mode_name(r->modes[i]));
	pr_add(p, ";\n");
}

const struct dir_type remote_modes = { "main|aggressive|base|ikev2, ...", bind_modes, print_modes };

static void
bind_doi(struct args *a, const struct directive *d, void *obj)
{
	static const struct dir_word doi_words[] = { { "ipsec_doi", 1, NULL }, { NULL, 0, NULL } };
	int doi;

	(void)d;
	(void)obj;
	arg_words(a, doi_words, &doi);
}

const struct dir_type remote_doi = { "ipsec_doi", bind_doi, NULL };

static void
bind_my_id(struct args *a, const struct directive *d, void *obj)
{
	(void)d;
	arg_ident(a, &((struct remote_bind *)obj)->r.my_id);
}

static void
print_my_id(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	if (pr_wanted(p, r->my_id->kind == CONF_ID_ADDRESS))
		pr_ident(p, d->name, r->my_id);
}

const struct dir_type remote_my_id = { "TYPE [tag|file] [VALUE]", bind_my_id, print_my_id };

static void
bind_peers_id(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind *rb = obj;
	const struct conf_ident *id;

	(void)d;
	if (arg_ident(a, &id) &&
	    bind_grow(a->b, (void **)&rb->ids, rb->n_ids, &rb->cap_ids, sizeof(*rb->ids)))
		rb->ids[rb->n_ids++] = id;
}

static void
print_peers_id(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	for (size_t i = 0; i < r->n_peers_ids; i++)
		pr_ident(p, d->name, r->peers_ids[i]);
}

const struct dir_type remote_peers_id = { "TYPE [tag|file] [VALUE]", bind_peers_id,
	print_peers_id };

static const struct dir_word cert_words[] = { { "x509", CONF_CERT_X509, NULL },
	{ "plain_rsa", CONF_CERT_PLAIN_RSA, NULL }, { NULL, 0, NULL } };

/* A file as printed: in full if that says it all, else as written, since it will be joined to its directory again. */
static const char *
shown(const char *file, const char *given)
{
	return file[0] == '/' ? file : given;
}

static void
bind_cert(struct args *a, const struct directive *d, void *obj)
{
	struct conf_remote *r = &((struct remote_bind *)obj)->r;
	const char *cert = NULL, *key;
	int kind;

	(void)d;
	if (!arg_words(a, cert_words, &kind))
		return;
	const struct token *t = arg_peek(a);
	if (t != NULL && tok_is(t, "in_keychain")) {
		arg_error(a, t, "write certificate_type x509 \"certificate\" \"key\"",
		    "there is no keychain here");
		return;
	}
	if (kind == CONF_CERT_X509 && !arg_string(a, "the certificate file", &cert))
		return;
	if (!arg_string(a, "the private key file", &key))
		return;
	r->cert_kind = (enum conf_cert_kind)kind;
	r->cert_file = cert;
	r->key_file = key;
	if (kind == CONF_CERT_PLAIN_RSA)
		r->send_cert = r->send_cr = r->verify_cert = false;
}

static void
print_cert(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	if (r->cert_kind == CONF_CERT_X509)
		pr_line(p, "%s x509 \"%s\" \"%s\";", d->name, shown(r->cert_file, r->given[0]),
		    shown(r->key_file, r->given[1]));
	if (r->cert_kind != CONF_CERT_PLAIN_RSA)
		return;
	pr_line(p, "%s plain_rsa \"%s\";", d->name, shown(r->key_file, r->given[1]));
	/* It turns these off, so that what is on must be said behind it, also where defaults are left out. */
	if ((p->flags & CONF_PRINT_BRIEF) == 0)
		return;
	if (r->verify_cert)
		pr_line(p, "verify_cert on;");
	if (r->send_cert)
		pr_line(p, "send_cert on;");
	if (r->send_cr)
		pr_line(p, "send_cr on;");
}

const struct dir_type remote_cert = { "x509 \"CERT\" \"KEY\" or plain_rsa \"KEY\"", bind_cert,
	print_cert };

static const struct dir_word peer_cert_words[] = { { "x509", CONF_CERT_X509, NULL },
	{ "plain_rsa", CONF_CERT_PLAIN_RSA, NULL }, { "dnssec", CONF_CERT_DNSSEC, NULL },
	{ NULL, 0, NULL } };

static void
bind_peer_cert(struct args *a, const struct directive *d, void *obj)
{
	struct remote_bind *rb = obj;
	struct conf_peer_cert pc = { .kind = CONF_CERT_X509 };
	const struct token *t = arg_peek(a);
	int kind = CONF_CERT_X509;

	(void)d;
	if (t != NULL && t->kind == TOK_STRING)
		arg_warn(a, t, "write peers_certfile x509 \"file\"",
		    "the type of the certificate is missing, x509 is taken");
	else if (!arg_words(a, peer_cert_words, &kind))
		return;
	pc.kind = (enum conf_cert_kind)kind;
	if (kind != CONF_CERT_DNSSEC && !arg_string(a, "the certificate file", &pc.file))
		return;
	if (bind_grow(a->b, (void **)&rb->certs, rb->n_certs, &rb->cap_certs, sizeof(*rb->certs)))
		rb->certs[rb->n_certs++] = pc;
}

static void
print_peer_cert(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	for (size_t i = 0; i < r->n_peer_certs; i++) {
		const struct conf_peer_cert *pc = &r->peer_certs[i];
		if (pc->kind == CONF_CERT_DNSSEC)
			pr_line(p, "%s dnssec;", d->name);
		else
			pr_line(p, "%s %s \"%s\";", d->name,
			    pc->kind == CONF_CERT_X509 ? "x509" : "plain_rsa",
			    shown(pc->file, pc->given));
	}
}

const struct dir_type remote_peer_cert = { "x509|plain_rsa \"FILE\" or dnssec", bind_peer_cert,
	print_peer_cert };

static void
bind_ca(struct args *a, const struct directive *d, void *obj)
{
	static const struct dir_word x509[] = { { "x509", CONF_CERT_X509, NULL },
		{ NULL, 0, NULL } };
	int kind;

	(void)d;
	if (arg_words(a, x509, &kind))
		arg_string(a, "the certificate file", &((struct remote_bind *)obj)->r.ca_file);
}

static void
print_ca(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	if (r->ca_file != NULL)
		pr_line(p, "%s x509 \"%s\";", d->name, shown(r->ca_file, r->given[2]));
}

const struct dir_type remote_ca = { "x509 \"FILE\"", bind_ca, print_ca };

static const struct dir_word script_words[] = { { "phase1_up", CONF_PHASE1_UP, NULL },
	{ "phase1_down", CONF_PHASE1_DOWN, NULL }, { "phase1_dead", CONF_PHASE1_DEAD, NULL },
	{ NULL, 0, NULL } };

static void
bind_script(struct args *a, const struct directive *d, void *obj)
{
	const char *file;
	int event;

	(void)d;
	if (arg_string(a, "the program's file", &file) && arg_words(a, script_words, &event))
		((struct remote_bind *)obj)->r.script[event] = file;
}

static void
print_script(struct printer *p, const struct directive *d, const void *obj, const void *def)
{
	const struct conf_remote *r = obj;

	(void)def;
	for (const struct dir_word *w = script_words; w->word != NULL; w++)
		if (r->script[w->value] != NULL)
			pr_line(p, "%s \"%s\" %s;", d->name,
			    shown(r->script[w->value], r->given[3 + w->value]), w->word);
}

const struct dir_type remote_script = { "\"FILE\" phase1_up|phase1_down|phase1_dead", bind_script,
	print_script };
