#define _GNU_SOURCE
#include "unpack_process.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

int carchive_open_directory(const char *path) {
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int carchive_sync(int descriptor) { return syncfs(descriptor); }

pid_t carchive_spawn(
    const char *executable, int archive, const char *directory, const char *selection, int *answer) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC)) return -errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, archive, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    char *arguments[] = {"lineside", "unpack", "0", (char *)directory, (char *)selection, NULL};
    char *environment[] = {"LANG=C.UTF-8", NULL};
    pid_t pid;
    int failed = posix_spawn(&pid, executable, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        return -failed;
    }
    *answer = ends[0];
    return pid;
}
