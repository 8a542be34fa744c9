/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration: whatever it is, it is read or refused; what is read prints as text that is read again and
 * prints the same. The text may include itself ("self") and files made of its second half ("half").
 */
#include "conf/conf.h"
#include "fuzz/driver.h"

#include <stdlib.h>
#include <string.h>

struct input {
	struct slice all, half;
};

static ike_err
read_one(void *arg, const char *path, struct buf *out)
{
	const struct input *in = arg;

	return buf_append(out, strcmp(path, "half") == 0 ? in->half : in->all);
}

static ike_err
glob_one(void *arg, const char *pattern, conf_path_fn *fn, void *fn_arg)
{
	(void)arg;
	if (strcmp(pattern, "self") != 0 && strcmp(pattern, "half") != 0)
		return IKE_E_NOTFOUND;
	return fn(fn_arg, pattern);
}

static ike_err
parse(struct slice text, struct conf_diags *d, struct conf **out)
{
	struct input in = { text, text };
	struct conf_reader r = { .arg = &in, .read = read_one, .glob = glob_one };

	if (text.n > 0)
		in.half = slice_of(text.p + text.n / 2, text.n - text.n / 2);
	return conf_parse(&r, "self", d, out);
}

static void
use(const struct conf *c)
{
	struct prop p[CONF_CHILD_PROPS];
	size_t n;
	bool unique;

	for (size_t i = 0; i < c->n_remotes; i++) {
		struct conf_query q = { .peer = c->remotes[i]->peer };
		const struct conf_remote *r;
		if (conf_remote_best(c, &q, &r, &unique) != IKE_OK ||
		    conf_remote_by_name(c, c->remotes[i]->name) == NULL)
			abort();
	}
	for (size_t i = 0; i < c->n_sainfos; i++) {
		const struct conf_sainfo *s = c->sainfos[i];
		struct conf_sainfo_query q = {
			.ph1id = s->remoteid, .local.ts = &s->src.ts, .remote.ts = &s->dst.ts
		};
		if (conf_child_props(s, PROTO_ESP, MODE_TUNNEL, p, &n) != IKE_OK || n == 0)
			abort();
		if (s->src.kind == CONF_SEL_TS && s->dst.kind == CONF_SEL_TS && s->from == NULL &&
		    s->group == NULL && s->src.ts.proto == s->dst.ts.proto &&
		    conf_sainfo_find(c, &q) == NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf_diags d = { 0 };
	struct conf *c = NULL, *again = NULL;
	struct buf one = { 0 }, two = { 0 };
	ike_err err = parse(slice_of(data, size), &d, &c);

	if ((err == IKE_OK) != (c != NULL) || (err == IKE_E_SYNTAX) != (d.errors > 0))
		abort();
	for (size_t i = 0; i < d.n; i++)
		if (conf_diag_print(&d.v[i], &two) != IKE_OK)
			abort();
	two.n = 0;
	conf_diags_free(&d);
	if (c != NULL) {
		use(c);
		/* A key identifier's file is the text itself: other text, other identifier, maybe none. */
		if (conf_print(c, CONF_PRINT_SECRETS, &one) != IKE_OK)
			abort();
		if (parse(buf_slice(&one), &d, &again) == IKE_OK) {
			if (conf_print(again, CONF_PRINT_SECRETS, &two) != IKE_OK ||
			    !slice_equal(buf_slice(&one), buf_slice(&two)))
				abort();
			conf_unref(again);
		} else if (memmem(data, size, "keyid", 5) == NULL) {
			abort();
		}
		conf_diags_free(&d);
	}
	conf_unref(c);
	buf_free(&one);
	buf_free(&two);
	return 0;
}
