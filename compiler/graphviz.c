/* graphviz.c - a module of its own, so that only who draws loads Graphviz: DOT in, SVG out. */
#include <graphviz/gvc.h>
#include <stdbool.h>
#include <stdio.h>

/* Draws the graph `dot` to `out`. False after saying why on standard error. */
bool graphviz_svg(const char *dot, FILE *out);

bool graphviz_svg(const char *dot, FILE *out)
{
    agseterr(AGERR); /* warnings are about fonts */
    GVC_t *gvc = gvContext();
    Agraph_t *g = gvc ? agmemread(dot) : NULL;
    bool good = g && gvLayout(gvc, g, "dot") == 0;
    if (good) {
        good = gvRender(gvc, g, "svg", out) == 0;
        gvFreeLayout(gvc, g);
    }
    if (g)
        agclose(g);
    if (gvc)
        gvFreeContext(gvc);
    if (!good)
        fputs("error: Graphviz could not draw the graph\n", stderr);
    return good;
}
