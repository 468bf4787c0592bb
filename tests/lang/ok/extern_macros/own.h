#define SMALL    21
#define LARGE    (3 * 7L)
#define NAME     "text"
#define HALF     0.5
#define TWICE(x) (2 * (x))
