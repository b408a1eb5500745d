#pragma once
#include <stddef.h>
/// Whether libarchive could be opened (`dlopen`): only the process that unpacks does, because
/// linking it would bring libxml2 and ICU into every process.
int carchive_load(void);
