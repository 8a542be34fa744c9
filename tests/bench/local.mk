# SPDX-License-Identifier: BSD-3-Clause
# Benchmarks: "make bench" runs them all; nothing here passes or fails.
EXTRA_PROGRAMS += tests/bench/handshake
tests_bench_handshake_SOURCES = tests/bench/handshake.c tests/bench/bench.c tests/bench/bench.h
tests_bench_handshake_LDADD = $(ringtail_daemon_libs)
EXTRA_PROGRAMS += tests/bench/control
tests_bench_control_SOURCES = tests/bench/control.c tests/bench/bench.c tests/bench/bench.h
tests_bench_control_LDADD = src/ikectl/libikectl.a $(ringtail_daemon_libs)
EXTRA_PROGRAMS += tests/bench/audit
tests_bench_audit_SOURCES = tests/bench/audit.c tests/bench/bench.c tests/bench/bench.h $(sim_kern_sources)
tests_bench_audit_LDADD = $(ringtail_daemon_libs)
EXTRA_PROGRAMS += tests/bench/reload
tests_bench_reload_SOURCES = tests/bench/reload.c tests/bench/bench.c tests/bench/bench.h $(sim_kern_sources)
tests_bench_reload_LDADD = $(ringtail_daemon_libs)
bench_programs = tests/bench/handshake tests/bench/audit tests/bench/reload tests/bench/control tests/bench/crypto
.PHONY: bench
bench: $(bench_programs)
	for p in $(bench_programs); do echo "== $$p" && ./$$p || exit 1; done
CLEANFILES += $(bench_programs)
