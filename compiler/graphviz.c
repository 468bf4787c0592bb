/* graphviz.c - a module of its own, so that only who draws loads Graphviz: DOT in, SVG out.
 *
 * The eight functions of its stable interface (libgvc.so.6, libcgraph.so.6) are declared here: the
 * package with its headers brings the whole of GTK along, the libraries alone do not. */
#include <stdbool.h>
#include <stdio.h>

typedef struct GVC_s GVC_t;
typedef struct Agraph_s Agraph_t;
typedef enum { AGWARN, AGERR, AGMAX, AGPREV } agerrlevel_t;
agerrlevel_t agseterr(agerrlevel_t least);
Agraph_t *agmemread(const char *dot);
int agclose(Agraph_t *);
GVC_t *gvContext(void);
int gvLayout(GVC_t *, Agraph_t *, const char *engine);
int gvRender(GVC_t *, Agraph_t *, const char *format, FILE *out);
int gvFreeLayout(GVC_t *, Agraph_t *);
int gvFreeContext(GVC_t *);

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
