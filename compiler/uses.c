#include "check.h"
void check_uses(struct program *p)
{
    (void)p;
}
