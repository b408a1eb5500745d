#pragma once
#include <stdint.h>
#include <sys/types.h>

/// For the process that unpacks a stranger's archive, before it reads the first byte: limits on
/// time, memory, file size and descriptors; no new privileges; nothing of the file system but new
/// files and directories below `directory` (Landlock, where the kernel has it); no system calls but
/// those that reading, writing and memory need (seccomp); no life after its parent's. 0, or -1.
int carchive_confine(int directory, uint64_t largest_file);

/// A new file, or -1 with errno. Nothing on the way may be a link or lead out of `directory`.
int carchive_create(int directory, const char *path, mode_t mode);
/// 0, or -1 with errno. The parent has to be there.
int carchive_make_directory(int directory, const char *path, mode_t mode);
