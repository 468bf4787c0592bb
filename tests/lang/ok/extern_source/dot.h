#include <stddef.h>
double dot(const double *a, const double *b, size_t n);
