/* check.h - the stages between names and code. Each needs the ones before it to have run without
 * errors being fatal: what was reported has type bad and is passed over.
 *
 * After all of them with no error in program->diags, the tree keeps the promises of ast.def: every
 * expression and pattern has its type, calls have targets and full argument lists, implicit
 * conversions are nodes (wrap, delegate), spawn nodes know their edges. */
#ifndef COMPILER_CHECK_H
#define COMPILER_CHECK_H

#include "names.h"

/* Types of all expressions, generics of calls, conversions, method calls; rules of futures. */
void check_types(struct program *);
/* Who may call what: fn, task, io; the message names the chain of calls. */
void check_effects(struct program *);
/* No function asks for versions of itself without end. */
void check_versions(struct program *);
/* Every match covers its type; no arm is useless. */
void check_matches(struct program *);
/* `red => …` where the type has `Red`: that variant, or NULL. For a name that a pattern binds. */
const char *match_variant_meant(const struct symbol *);
/* No constant of a module fails when it is computed. */
void check_constants(struct program *);
/* Names never used, futures dropped, code never reached. */
void check_uses(struct program *);

#endif
