/* SPDX-License-Identifier: BSD-3-Clause */
/* The secret that outlives the process, in real files: made once, for us alone, and never taken from where others have a hand in. */
#include "conf/conf.h"
#include "ringtail/loop/loop.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "state/qcd.key"
#define N 32

static char dir[64], path[96], fresh[96];
static struct conf conf;
static struct loop loop;

/* The loop's clock, of which only the limit of complaints knows. */
ike_time
loop_now(void)
{
	return SEC(1);
}

static void
begin(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/ringtail-state-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)strcat(dir, "/state");
	(void)snprintf(path, sizeof(path), "%s/qcd.key", dir);
	(void)snprintf(fresh, sizeof(fresh), "%s/qcd.key.new", dir);
	memset(&conf, 0, sizeof(conf));
	memset(&loop, 0, sizeof(loop));
	conf.path_state = dir;
	loop.conf = &conf;
	/* whoever starts us may have any */
	(void)umask(0);
}

static void
end(void)
{
	char command[128];

	dir[strlen(dir) - strlen("/state")] = '\0';
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
write_file(const char *at, mode_t mode, size_t n)
{
	uint8_t b[64];
	int fd = open(at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	memset(b, 0x5a, sizeof(b));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, b, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

static size_t
read_file(const char *at, uint8_t *b, size_t cap)
{
	int fd = open(at, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ssize_t n = read(fd, b, cap);
	ck_assert_int_ge(n, 0);
	(void)close(fd);
	return (size_t)n;
}

/* What the caller offers if there is none yet. */
static void
offer(uint8_t secret[N], uint8_t seed)
{
	for (unsigned i = 0; i < N; i++)
		secret[i] = (uint8_t)(seed + i);
}

static ike_err
ask(uint8_t secret[N], uint8_t seed)
{
	offer(secret, seed);
	return state_secret(&loop, NAME, secret, N);
}

/* It is refused, and what stands there stays as it is. */
static void
refused(ike_err want)
{
	uint8_t secret[N];
	struct stat was, is;

	ck_assert_int_eq(lstat(path, &was), 0);
	ike_err err = ask(secret, 1);
	ck_assert_int_eq(err, want);
	ck_assert_int_eq(lstat(path, &is), 0);
	ck_assert_uint_eq(was.st_ino, is.st_ino);
	ck_assert_uint_eq(was.st_mode, is.st_mode);
	ck_assert_int_eq(was.st_size, is.st_size);
	ck_assert_int_ne(access(fresh, F_OK), 0);
}

START_TEST(made_once_for_us_alone)
{
	uint8_t first[N], second[N], made[N], file[N + 1];
	struct stat st;

	begin();
	ck_assert_int_eq(ask(first, 1), IKE_OK);
	offer(made, 1);
	ck_assert_mem_eq(first, made, N);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_uint_eq(read_file(path, file, sizeof(file)), N);
	ck_assert_mem_eq(file, made, N);
	ck_assert_int_ne(access(fresh, F_OK), 0);
	/* another process has another offer, and takes what is there */
	ck_assert_int_eq(ask(second, 99), IKE_OK);
	ck_assert_mem_eq(second, first, N);
	end();
}
END_TEST

static void
with_folder(void)
{
	begin();
	ck_assert_int_eq(mkdir(dir, 0755), 0);
}

START_TEST(readable_by_others)
{
	static const mode_t modes[] = { 0640, 0604, 0660, 0601, 0666 };

	with_folder();
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		write_file(path, modes[i], N);
		refused(IKE_E_PERM);
	}
	end();
}
END_TEST

START_TEST(of_somebody_else)
{
	with_folder();
	write_file(path, 0600, N);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 1, 1), 0);
		refused(IKE_E_PERM);
	}
	end();
}
END_TEST

START_TEST(of_another_size)
{
	with_folder();
	write_file(path, 0600, N - 1);
	refused(IKE_E_FORMAT);
	write_file(path, 0600, N + 1);
	refused(IKE_E_FORMAT);
	write_file(path, 0600, 0);
	refused(IKE_E_FORMAT);
	end();
}
END_TEST

/* A link to a file that would be good; one to nothing, which must not be made into something. */
START_TEST(by_a_link)
{
	char target[96];

	with_folder();
	(void)snprintf(target, sizeof(target), "%s/elsewhere", dir);
	ck_assert_int_eq(symlink(target, path), 0);
	refused(IKE_E_IO);
	ck_assert_int_ne(access(target, F_OK), 0);
	write_file(target, 0600, N);
	refused(IKE_E_IO);
	end();
}
END_TEST

/* A pipe would hold up the start for ever. */
START_TEST(no_file)
{
	with_folder();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused(IKE_E_PERM);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused(IKE_E_PERM);
	end();
}
END_TEST

/* Somebody waits with an open file, or with a link, for the secret to be written there. */
START_TEST(trap_in_the_way)
{
	uint8_t secret[N], b[64];
	char target[96];
	struct stat st;

	with_folder();
	(void)snprintf(target, sizeof(target), "%s/target", dir);
	write_file(fresh, 0666, 3);
	int waiting = open(fresh, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(waiting, 0);
	ck_assert_int_eq(ask(secret, 1), IKE_OK);
	ck_assert_int_eq(fstat(waiting, &st), 0);
	ck_assert_int_eq(st.st_size, 3);
	(void)close(waiting);
	ck_assert_int_eq(unlink(path), 0);

	write_file(target, 0666, 3);
	ck_assert_int_eq(symlink(target, fresh), 0);
	ck_assert_int_eq(ask(secret, 1), IKE_OK);
	ck_assert_uint_eq(read_file(target, b, sizeof(b)), 3);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	end();
}
END_TEST

START_TEST(nowhere)
{
	uint8_t secret[N];

	begin();
	/* no folder can be made where a file is */
	write_file(dir, 0600, 1);
	ck_assert_int_eq(ask(secret, 1), IKE_E_IO);
	ck_assert_int_ne(state_secret(&loop, "qcd.key", secret, N), IKE_OK);
	ck_assert_int_ne(state_secret(&loop, "other/qcd.key", secret, N), IKE_OK);
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("state_files");
	TCase *t = tcase_create("secret");

	tcase_set_timeout(t, 10);
	tcase_add_test(t, made_once_for_us_alone);
	tcase_add_test(t, readable_by_others);
	tcase_add_test(t, of_somebody_else);
	tcase_add_test(t, of_another_size);
	tcase_add_test(t, by_a_link);
	tcase_add_test(t, no_file);
	tcase_add_test(t, trap_in_the_way);
	tcase_add_test(t, nowhere);
	suite_add_tcase(s, t);
	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
