/* broken.h - what a syntax error leaves to be checked. */
#ifndef BROKEN_H
#define BROKEN_H

#include "names.h"

/* Between the declaration of a module's names and the meaning of its signatures: marks the
 * functions whose bodies are not to be checked, gives records and enums with a broken part the type
 * bad, and notes where names may have been lost. Whatever is marked was reported. */
void broken_mark(struct program *, struct module *);

#endif
