#define _GNU_SOURCE
#include "process.h"
#include <malloc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void limit(int resource, uint64_t value) {
    if (value == (uint64_t)RLIM_INFINITY) return;
    struct rlimit now;
    if (getrlimit(resource, &now)) return;
    if (value > now.rlim_max) value = now.rlim_max;
    struct rlimit wanted = {value, value};
    setrlimit(resource, &wanted);
}

int clinux_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

/// Rights on files that the running kernel knows; 14 and 15 came later than Debian's headers.
static uint64_t known_rights(int version) {
    uint64_t first = (1ULL << 13) - 1;
    return version == 1 ? first : version == 2 ? first | 1ULL << 13 : first | 3ULL << 13;
}

static int admit(int rules, const char *const *paths, uint64_t rights) {
    const uint64_t of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                              LANDLOCK_ACCESS_FS_READ_FILE | 1ULL << 14;
    for (; paths && *paths; paths++) {
        int path = open(*paths, O_PATH | O_CLOEXEC);
        if (path < 0) continue;
        struct stat what;
        int failed = fstat(path, &what);
        struct landlock_path_beneath_attr below = {
            .allowed_access = S_ISDIR(what.st_mode) ? rights : rights & of_files,
            .parent_fd = path};
        if (!failed)
            failed = (int)syscall(
                SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0);
        close(path);
        if (failed) return -1;
    }
    return 0;
}

/// struct landlock_ruleset_attr as Linux 6.12 has it; older ones take what is 0 of it.
struct rules {
    uint64_t files, network, scopes;
};

static int fence_files(const char *const *readable, const char *const *writable) {
    int version = clinux_landlock_version();
    if (version < 1) return 0;
    // Scopes, of version 6: no signals to, and no abstract sockets of, who is not fenced in.
    struct rules all = {.files = known_rights(version), .scopes = version < 6 ? 0 : 3};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (rules < 0) return -1;
    const uint64_t reading = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                             LANDLOCK_ACCESS_FS_READ_DIR;
    int failed = admit(rules, readable, reading) || admit(rules, writable, all.files) ||
                 syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
    return failed ? -1 : 0;
}

#if defined __x86_64__
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FIRST_OF_X32 0x40000000
#elif defined __aarch64__
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#define FIELD(name) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))
/// The low half: both architectures are little-endian, and the kernel takes an int.
#define IS(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/// Landlock does not keep from connecting to a Unix socket, and who connects to one of ours as our
/// user is believed. So there are none but pairs, which stay connected to each other; Node.js talks
/// to its children through them. Not of datagrams: those can be sent elsewhere. io_uring makes
/// sockets that no filter sees.
static int fence_sockets(void) {
    struct sock_filter filter[] = {
        FIELD(arch), IS(ARCHITECTURE, 1, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        FIELD(nr),
#ifdef FIRST_OF_X32
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_OF_X32, 0, 1), REFUSE,
#endif
        IS(SYS_io_uring_setup, 0, 1), REFUSE,
        IS(SYS_socket, 0, 4), FIELD(args[0]), IS(AF_UNIX, 0, 1), REFUSE, ALLOW,
        IS(SYS_socketpair, 0, 4), FIELD(args[1]),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf), IS(SOCK_STREAM, 1, 0), REFUSE,
        ALLOW,
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int fence(const char *const *readable, const char *const *writable) {
    return fence_files(readable, writable) || fence_sockets() ? -1 : 0;
}

/// Only what is safe between fork and exec of a process with threads.
static void become(const struct clinux_spawn *r, int go, int failed) {
    setsid();
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, 0);
    // 32 and 33 are glibc's own, and its sigaction refuses them.
    const uint64_t kernel_standard[4] = {0};
    for (int signal = 32; signal < 34; signal++)
        syscall(SYS_rt_sigaction, signal, kernel_standard, 0, 8);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);

    // Everything is moved above what is wanted first, so that no descriptor overwrites another.
    int count = 3 + r->inherited_count;
    int base = count + 2;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    go = fcntl(go, F_DUPFD_CLOEXEC, base);
    failed = fcntl(failed, F_DUPFD_CLOEXEC, base);
    int wanted[3 + 16];
    if (null < 0 || go < 0 || failed < 0 || r->inherited_count > 16) goto lost;
    for (int i = 0; i < count; i++) {
        int fd = i == 0 ? r->input : i == 1 ? r->output : i == 2 ? r->error : r->inherited[i - 3];
        wanted[i] = fcntl(fd < 0 ? null : fd, F_DUPFD_CLOEXEC, base);
        if (wanted[i] < 0) goto lost;
    }
    for (int i = 0; i < count; i++)
        if (dup2(wanted[i], i) < 0) goto lost;
    // Closed by exec, not here: `go` and `failed` are still needed.
    syscall(SYS_close_range, count, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);

    char byte;
    ssize_t got;
    do got = read(go, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got != 1) _exit(126);

    limit(RLIMIT_NOFILE, r->limits.open_files);
    limit(RLIMIT_FSIZE, r->limits.file_bytes);
    limit(RLIMIT_AS, r->limits.address_bytes);
    limit(RLIMIT_CPU, r->limits.cpu_seconds);
    limit(RLIMIT_CORE, r->limits.core_bytes);
    if (r->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) goto lost;
    if (r->directory && chdir(r->directory)) goto lost;
    if ((r->readable || r->writable) && fence(r->readable, r->writable)) goto lost;
    execve(r->path, r->arguments, r->environment);
lost:;
    int code = errno;
    ssize_t written = write(failed, &code, sizeof code);
    _exit(written == sizeof code ? 127 : 126);
}

pid_t clinux_spawn_waiting(const struct clinux_spawn *request, int *go, int *failed) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC)) return -errno;
    if (pipe2(from, O_CLOEXEC)) {
        int code = errno;
        close(to[0]), close(to[1]);
        return -code;
    }
    // No handler of ours may run in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) {
        close(to[1]);
        become(request, to[0], from[1]);
    }
    int code = errno;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    close(to[0]), close(from[1]);
    if (pid < 0) {
        close(to[1]), close(from[0]);
        return -code;
    }
    *go = to[1];
    *failed = from[0];
    return pid;
}

int clinux_pidfd_of(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int clinux_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0);
}

int clinux_pidfd_wait(int pidfd, int reap, int *exited, int *status) {
    siginfo_t information = {.si_pid = 0};
    int options = WEXITED | WNOHANG | (reap ? 0 : WNOWAIT);
    // 3: P_PIDFD, which older headers lack.
    if (waitid((idtype_t)3, (id_t)pidfd, &information, options)) return -1;
    if (information.si_pid == 0) return 0;
    *exited = information.si_code == CLD_EXITED;
    *status = information.si_status;
    return 1;
}

int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags,
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int clinux_punch_hole(int fd, int64_t offset, int64_t length) {
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_sync_file_system(int fd) { return syncfs(fd); }

int clinux_rename_new(int from, const char *old_name, int to, const char *new_name) {
    return renameat2(from, old_name, to, new_name, RENAME_NOREPLACE);
}

int clinux_chmod_directory(int directory, const char *path, unsigned mode) {
    int found = clinux_open_beneath(directory, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
    if (found < 0) return -1;
    // fchmod refuses a descriptor that only names a place.
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", found);
    int result = chmod(name, mode);
    int error = errno;
    close(found);
    errno = error;
    return result;
}

int clinux_hide_memory(void) {
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ? -errno : 0;
}

void clinux_keep_heap_small(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    mallopt(M_TRIM_THRESHOLD, 256 << 10);
}

void clinux_trim_heap(void) { malloc_trim(0); }
