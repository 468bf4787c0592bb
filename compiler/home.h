/* home.h - where the parts of this installation are, found from the running executable: a build
 * folder and an installed prefix have the same lib/dfl/ and share/dfl/. */
#ifndef HOME_H
#define HOME_H

#include "base/arena.h"

/* `part` is "lib/dfl/libdfl.a", "share/dfl/stdlib" and so on. */
const char *home_path(struct arena *, const char *part);
/* Of the running executable itself. */
const char *home_executable(struct arena *);

#endif
