#pragma once
#include <sys/types.h>
/// Starts `executable unpack 0 directory selection` with the archive as descriptor 0, a pipe as 1 and nothing
/// else of ours, in a session of its own, with an empty environment. The pid, or -errno; the pipe's
/// other end in `answer`.
pid_t carchive_spawn(
    const char *executable, int archive, const char *directory, const char *selection, int *answer);
/// For carchive_confine and carchive_create; -1 with errno.
int carchive_open_directory(const char *path);
/// Brings to the disk all that the file system of this descriptor holds. 0, or -1 with errno.
int carchive_sync(int descriptor);
