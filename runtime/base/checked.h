/* checked.h - CHECKED before a function: the compiler complains when its result is not used. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#define CHECKED __attribute__((warn_unused_result))

#endif
