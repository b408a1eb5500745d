#define _GNU_SOURCE
#include "confine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int limit(int resource, rlim_t value) {
    struct rlimit both = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &both);
}

/* All rights of the first Landlock version (Linux 5.13) are taken away, and these given back. */
static int restrict_files(int directory) {
    struct landlock_ruleset_attr all = {.handled_access_fs = (1ULL << 13) - 1};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    // A kernel without it: the other fences hold.
    if (rules < 0) return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1;
    struct landlock_path_beneath_attr below = {
        .allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_MAKE_DIR,
        .parent_fd = directory};
    int failed = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0) ||
                 syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return failed ? -1 : 0;
}

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define ALLOW(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
                      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int restrict_calls(void) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_close), ALLOW(SYS_lseek), ALLOW(SYS_fstat),
        ALLOW(SYS_newfstatat), ALLOW(SYS_openat), ALLOW(SYS_openat2), ALLOW(SYS_mkdirat),
        ALLOW(SYS_mmap), ALLOW(SYS_munmap), ALLOW(SYS_mremap), ALLOW(SYS_mprotect), ALLOW(SYS_brk),
        ALLOW(SYS_madvise), ALLOW(SYS_futex), ALLOW(SYS_getrandom), ALLOW(SYS_clock_gettime),
        ALLOW(SYS_rt_sigaction), ALLOW(SYS_rt_sigprocmask), ALLOW(SYS_rt_sigreturn),
        ALLOW(SYS_getpid), ALLOW(SYS_gettid), ALLOW(SYS_tgkill), ALLOW(SYS_exit),
        ALLOW(SYS_exit_group),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int carchive_confine(int directory, uint64_t largest_file) {
    signal(SIGXFSZ, SIG_IGN);
    // Nobody waits for the answer of an orphan, and its directory will be removed under it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return -1;
    // 5 minutes of computing and 1 GiB of addresses: Node-RED itself takes 2 s and 60 MiB.
    if (limit(RLIMIT_CPU, 300) || limit(RLIMIT_AS, 1UL << 30) || limit(RLIMIT_CORE, 0) ||
        limit(RLIMIT_NOFILE, 64) || limit(RLIMIT_FSIZE, largest_file) ||
        prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return -1;
    if (restrict_files(directory)) return -1;
    return restrict_calls();
}

static int open_below(int directory, const char *path, uint64_t flags, mode_t mode) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int carchive_create(int directory, const char *path, mode_t mode) {
    return open_below(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
}

int carchive_make_directory(int directory, const char *path, mode_t mode) {
    const char *slash = strrchr(path, '/');
    if (!slash) return mkdirat(directory, path, mode);
    char parent[4096];
    size_t length = (size_t)(slash - path);
    if (length == 0 || length >= sizeof parent) return errno = ENAMETOOLONG, -1;
    memcpy(parent, path, length);
    parent[length] = 0;
    int above = open_below(directory, parent, O_PATH | O_DIRECTORY, 0);
    if (above < 0) return -1;
    int result = mkdirat(above, slash + 1, mode);
    int reason = errno;
    close(above);
    errno = reason;
    return result;
}
