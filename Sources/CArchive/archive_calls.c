#include "archive_calls.h"
#include <dlfcn.h>

static void *library;

int carchive_load(void) {
    if (!library) library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    return library != NULL;
}
