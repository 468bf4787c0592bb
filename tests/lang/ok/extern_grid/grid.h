#include <stddef.h>

static inline double weighed(const double *m, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum = sum * 10 + m[i];
    return sum;
}
static inline void number(double *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        m[i] = (double)i;
}
