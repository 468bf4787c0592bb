struct point {
    int x, y;
};
struct wide {
    long x;
    char tag;
    int y;
};
struct __attribute__((packed)) tight {
    char tag;
    int y;
};
struct bits {
    int low : 4, high : 4;
};
struct named {
    char name[16];
    const char *title;
};
typedef struct point Point2;
static inline int taken(struct point p)
{
    return p.x;
}
