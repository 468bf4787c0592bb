/* parse.c - lexer and parser: any bytes give a tree or an error; a tree without an error has no bad
 * node and can be printed. */
#include "parse.h"
#include "target.h"

#include <stdio.h>
#include <stdlib.h>

static void no_bad_node(void *context, struct node *node)
{
    if (node->kind == NODE_bad)
        target_wrong("a tree without errors has a bad node");
    ast_children(node, no_bad_node, context);
}

static void print_tree(const struct node *tree)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    ast_print(tree, out);
    fclose(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct target t;
    target_open(&t, bytes, len);
    struct source *source = source_read(&t.arena, t.path, &t.diags);
    if (source) {
        struct node *tree = parse_module(&t.arena, &t.names, source, &t.diags);
        if (t.diags.errors == 0) {
            no_bad_node(NULL, tree);
            print_tree(tree);
        }
    }
    target_close(&t);
    return 0;
}
