/* What the program calls: structs in all their places, and functions of its own. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct point {
    int x, y;
};
typedef struct {
    struct point low, high;
    double weight;
    bool is_open;
    enum color { RED, GREEN, BLUE } color;
    unsigned char tag;
} box_t;
typedef struct Span {
    float lower, upper;
} Span;

static inline struct point add(struct point a, struct point b)
{
    return (struct point){a.x + b.x, a.y + b.y};
}
static inline box_t box_around(const struct point *points, size_t count)
{
    box_t b = {.weight = (double)count, .is_open = count > 1, .color = BLUE, .tag = 200};
    for (size_t i = 0; i < count; i++) {
        b.low.x = i && b.low.x < points[i].x ? b.low.x : points[i].x;
        b.low.y = i && b.low.y < points[i].y ? b.low.y : points[i].y;
        b.high.x = i && b.high.x > points[i].x ? b.high.x : points[i].x;
        b.high.y = i && b.high.y > points[i].y ? b.high.y : points[i].y;
    }
    return b;
}
static inline void grow(box_t *b, int by)
{
    b->low.x -= by;
    b->high.x += by;
}
static inline double area(const box_t *b)
{
    return (double)(b->high.x - b->low.x) * (b->high.y - b->low.y);
}
static inline void move_all(struct point *points, size_t count, int dx)
{
    for (size_t i = 0; i < count; i++)
        points[i].x += dx;
}
static inline float length(Span s)
{
    return s.upper - s.lower;
}
static inline enum color next_color(enum color c)
{
    return c == BLUE ? RED : c + 1;
}
#define MIDDLE(a, b) (((a) + (b)) / 2)
