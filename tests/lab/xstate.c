/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xstate.so - let user-mode Linux run on processors whose registers are larger than it knows.
 *
 * The guest's kernel saves the floating point registers of its processes with ptrace(PTRACE_GETREGSET, NT_X86_XSTATE) in a
 * buffer of 2696 bytes, which ends behind AVX-512 and the protection keys, and puts them back from there.  Kernels since 5.16
 * take them back as a whole only: on a processor with AMX, whose area has 11008 bytes, that is refused with EFAULT, and the
 * guest panics in its first process.
 *
 * Preloaded into linux.uml, this ptrace() reads and writes the whole area.  The guest gets the beginning, as before; what is
 * behind it is in its initial state, because nobody in the guest can ask for AMX (that takes an arch_prctl() the guest's
 * kernel does not have).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* where the XSAVE header's bit map of the parts that are not in their initial state is, and the parts of AMX in it */
#define XSTATE_BV 512
#define AMX_PARTS (3ull << 17)

typedef long ptrace_fn(int, pid_t, void *, void *);

/* not on the stack: the guest's kernel stacks are small.  It has one processor and is not interrupted by itself here. */
static _Alignas(64) unsigned char area[65536];

static long
get_registers(ptrace_fn *real, pid_t pid, struct iovec *user)
{
	struct iovec all = { .iov_base = area, .iov_len = sizeof(area) };
	long rc = real(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all);

	if (rc < 0)
		return rc;
	if (user->iov_len > all.iov_len)
		user->iov_len = all.iov_len;
	memcpy(user->iov_base, area, user->iov_len);
	return rc;
}

static long
set_registers(ptrace_fn *real, pid_t pid, const struct iovec *user)
{
	static size_t whole;
	struct iovec all = { .iov_base = area, .iov_len = sizeof(area) };
	uint64_t parts;

	if (whole == 0) {
		if (real(PTRACE_GETREGSET, pid, (void *)NT_X86_XSTATE, &all) < 0)
			return -1;
		whole = all.iov_len;
	}
	if (user->iov_len >= whole)
		return real(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, (void *)user);
	memset(area, 0, whole);
	memcpy(area, user->iov_base, user->iov_len);
	memcpy(&parts, area + XSTATE_BV, sizeof(parts));
	parts &= ~AMX_PARTS;
	memcpy(area + XSTATE_BV, &parts, sizeof(parts));
	all.iov_len = whole;
	return real(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &all);
}

long
ptrace(enum __ptrace_request request, ...)
{
	static ptrace_fn *real;
	void *addr, *data;
	va_list ap;
	pid_t pid;

	if (!real)
		real = (ptrace_fn *)dlsym(RTLD_NEXT, "ptrace");
	va_start(ap, request);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if (request == PTRACE_GETREGSET && addr == (void *)NT_X86_XSTATE)
		return get_registers(real, pid, data);
	if (request == PTRACE_SETREGSET && addr == (void *)NT_X86_XSTATE)
		return set_registers(real, pid, data);
	return real((int)request, pid, addr, data);
}
