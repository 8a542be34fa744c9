/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * setkey's language.  Every text parses, with errors in their places; policies print as text that means the same.
 */
#include "fuzz/driver.h"
#include "keylang/policy_text.h"
#include "keylang/stmt.h"

#include <stdlib.h>
#include <string.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

/* Print, parse, compare. */
static void
try_policy(const struct sp_spec *s)
{
	char buf[2048];
	struct text t = text_in(buf, sizeof(buf));
	struct sp_spec back = { 0 };
	struct policy_error e;
	unsigned notes;

	policy_print_head(s, &t);
	for (unsigned i = 0; i < s->ntmpl; i++) {
		text_char(&t, ' ');
		policy_print_tmpl(&s->tmpl[i], true, &t);
	}
	/* a chosen reqid cannot be written; none is chosen here */
	check(!t.cut && policy_parse(slice_str(buf), false, &back, &notes, &e) == IKE_OK);
	check(back.id.dir == s->id.dir && back.action == s->action && back.ntmpl == s->ntmpl);
	/* priority 0 prints as nothing */
	check(back.priority == s->priority || s->priority == 0);
	for (unsigned i = 0; i < s->ntmpl; i++)
		check(memcmp(&back.tmpl[i].src, &s->tmpl[i].src, sizeof(back.tmpl[i].src)) == 0 &&
		      back.tmpl[i].level == s->tmpl[i].level &&
		      back.tmpl[i].reqid == s->tmpl[i].reqid);
}

static void
try_stmt(const struct setkey_stmt *s)
{
	check(s->line >= 1);
	check((s->verb == SETKEY_ERROR) == (s->error != NULL));
	if (s->sa != NULL) {
		check(s->sa->nsrc <= SETKEY_MAX_ADDRS && s->sa->ndst <= SETKEY_MAX_ADDRS);
		check(s->sa->keys.encr_len <= sizeof(s->sa->keys.encr) &&
		      s->sa->keys.integ_len <= sizeof(s->sa->keys.integ));
	}
	if (s->sp != NULL && s->verb != SETKEY_SPDDELETE && s->refuse == NULL)
		try_policy(&s->sp->spec);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct setkey_source src = { .text = (const char *)data, .n = size, .line = 1 };
	struct setkey_list list = { 0 };
	size_t errors = 0;

	check(setkey_complete(&src) <= size);
	if (setkey_parse(&src, NULL, &list) == IKE_OK) {
		for (size_t i = 0; i < list.n; i++) {
			errors += list.v[i].verb == SETKEY_ERROR;
			try_stmt(&list.v[i]);
		}
		check(errors == list.errors);
	}
	setkey_list_free(&list);
	return 0;
}
