/* link.h - from an object file to an executable. */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>

/* Links `object` with the runtime library `runtime` (libdfl.a) and what it needs, to `out`, which
 * appears whole or not at all. False: what the linker said is on standard error. */
bool link_program(const char *object, const char *runtime, const char *out);

#endif
