#pragma once
#include <stddef.h>
#include <stdint.h>
/// Whether libarchive could be opened (`dlopen`): only the process that unpacks does, because
/// linking it would bring libxml2 and ICU into every process.
int carchive_load(void);

enum carchive_kind { CARCHIVE_FILE, CARCHIVE_DIRECTORY, CARCHIVE_OTHER };

struct carchive_entry {
    /// Lives until the next entry; NULL where it cannot be expressed in UTF-8.
    const char *path;
    enum carchive_kind kind;
    /// -1: not said.
    int64_t size;
    unsigned mode;
};

/// A reader of tar, plain or gzip-compressed, of zip where `zip` is not 0, and of nothing else.
/// NULL: no memory.
void *carchive_open(int descriptor, int zip);
/// 1: an entry; 0: the end; -1: see carchive_error.
int carchive_next(void *archive, struct carchive_entry *entry);
/// Bytes of the entry's content; 0: its end; -1: see carchive_error.
long carchive_read(void *archive, void *buffer, size_t count);
const char *carchive_error(void *archive);
/// Bytes of the compressed stream that were taken, and what they became.
int64_t carchive_bytes_in(void *archive);
int64_t carchive_bytes_out(void *archive);
void carchive_close(void *archive);
