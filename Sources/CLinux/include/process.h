#pragma once
#include <stdint.h>
#include <sys/types.h>

/// RLIM_INFINITY (all bits set) leaves a limit as it is.
struct clinux_limits {
    uint64_t open_files;
    uint64_t file_bytes;
    uint64_t address_bytes;
    uint64_t cpu_seconds;
    uint64_t core_bytes;
};

struct clinux_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// Become 0, 1 and 2; -1 is /dev/null.
    int input, output, error;
    /// Become 3, 4, …; everything above is closed.
    const int *inherited;
    int inherited_count;
    int no_new_privileges;
    struct clinux_limits limits;
    /// Ended by 0 each. With both 0 there is no fence; else nothing but these and what lies below
    /// them can be read, and nothing but `writable` changed (Landlock, where the kernel has it).
    /// Paths that are not there are left out. Unix sockets are refused behind a fence, on any
    /// kernel.
    const char *const *readable, *const *writable;
};

/// From 1 on files can be fenced off, from 6 on signals; -1 where the kernel has none.
int clinux_landlock_version(void);

/// Makes a child in a session of its own that waits before it becomes `path`. The pid, or -errno.
/// `*go`: a byte written lets it go on, closing it without one ends it. `*failed`: then gives
/// nothing and ends if `path` runs, else the errno (an int) that kept it from running.
pid_t clinux_spawn_waiting(const struct clinux_spawn *request, int *go, int *failed);

int clinux_pidfd_of(pid_t pid);
int clinux_pidfd_signal(int pidfd, int signal);
/// 1: ended, `*status` filled; 0: still runs; -1: errno, ECHILD where it is not our child.
/// Leaves the zombie unless `reap`.
int clinux_pidfd_wait(int pidfd, int reap, int *exited, int *status);

/// Opens below `directory`, through no link of any kind; -1 and errno.
int clinux_open_beneath(int directory, const char *path, int flags, unsigned mode);
/// Gives the blocks of a part of a file back; its size stays. -1 and errno.
int clinux_punch_hole(int fd, int64_t offset, int64_t length);

/// syncfs(2): 0, or -1 with errno. glibc declares it for GNU sources only.
int clinux_sync_file_system(int fd);
/// Renames, unless something is there under the new name already (EEXIST); -1 and errno.
int clinux_rename_new(int from, const char *old_name, int to, const char *new_name);
/// Sets the mode of a directory below `directory`, readable or not, through no link; -1 and errno.
int clinux_chmod_directory(int directory, const char *path, unsigned mode);

/// No core, and no look into this process by others of the same user (PR_SET_DUMPABLE). 0, or -errno.
int clinux_hide_memory(void);

/// Few heaps, and what is freed goes back soon; before threads are started.
void clinux_keep_heap_small(void);
/// Gives free parts of the heap back now.
void clinux_trim_heap(void);
