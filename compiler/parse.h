/* parse.h - source text to tree.
 *
 *   source text - lexer.l cuts it - balance.c balances it - parser.y gives it structure - tree
 */
#ifndef PARSE_H
#define PARSE_H

#include "ast.h"
#include "base/intern.h"
#include "diag.h"
#include "source.h"

/* The tree of a source, a NODE_module, never NULL. What is wrong is reported to `diags`, and
 * NODE_bad stands where it was; if nothing was reported, the tree has no NODE_bad. No path of the
 * tree is longer than PARSE_DEPTH nodes, so later stages may recurse. All of it lives in the arena.
 */
struct node *parse_module(struct arena *, struct intern *, const struct source *, struct diags *);

enum { PARSE_DEPTH = 1000 };

#endif
