/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control messages.  What is accepted is written again to the same bytes, every writer copes with it, and a request that is
 * understood means the same when it is put into words again.
 */
#include "ctl/proto.h"
#include "ctl/writer.h"
#include "fuzz/driver.h"

#include <stdlib.h>

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
write_again(struct slice msg, enum ctl_kind kind, const struct ctl_node *root)
{
	struct buf out = { 0 };
	struct ctl_node n;
	struct ctl_put p;
	struct rd r = ctl_members(root);

	ctl_put_init(&p, kind, msg.n + 16);
	while (ctl_next(&r, &n))
		ctl_put_node(&p, &n);
	check(r.err == IKE_OK);
	check(ctl_put_take(&p, &out) == IKE_OK && slice_equal(buf_slice(&out), msg));
	buf_free(&out);
}

/* JSON is ASCII without control characters but the last. */
static void
show(const struct ctl_node *root)
{
	static const struct writer_ops *const all[] = { &writer_json, &writer_kv, &writer_text };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf out = { 0 };
		struct writer w;
		writer_init(&w, all[i], &out, 1700000000);
		writer_start(&w, NULL);
		writer_members(&w, root);
		writer_end(&w);
		check(w.err == IKE_OK && w.depth == 0);
		for (size_t k = 0; i == 0 && k < out.n; k++)
			check((out.p[k] >= ' ' && out.p[k] < 0x7f) || k + 1 == out.n);
		for (size_t k = 0; k < out.n; k++)
			check(out.p[k] != 0x1b);
		buf_free(&out);
	}
}

static void
try_request(struct slice msg)
{
	struct ctl_request a, b;
	struct buf out = { 0 };

	if (ctl_get_request(msg, &a) != IKE_OK)
		return;
	check(ctl_put_request(&a, &out) == IKE_OK);
	check(ctl_get_request(buf_slice(&out), &b) == IKE_OK);
	check(a.cmd == b.cmd && a.nargs == b.nargs && a.options == b.options);
	check(slice_equal(a.local, b.local) && slice_equal(a.section, b.section));
	check(slice_equal(a.since, b.since) && slice_equal(a.kind, b.kind));
	for (unsigned i = 0; i < a.nargs; i++)
		check(slice_equal(a.args[i], b.args[i]));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice msg = slice_of(data, size);
	struct ctl_answer a;
	struct ctl_node root;
	enum ctl_kind kind;

	if (ctl_open(msg, &kind, &root) == IKE_OK) {
		write_again(msg, kind, &root);
		show(&root);
	}
	try_request(msg);
	if (ctl_get_answer(msg, &a) == IKE_OK)
		check(a.kind != CTL_M_REQUEST && a.status <= CTL_UNSAFE);
	return 0;
}
