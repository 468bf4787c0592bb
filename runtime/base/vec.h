/* vec.h - a growable array in an arena: struct { T *at; uint32_t count, room; }.
 * Growing leaves the old storage to the arena. */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *at;                                                                                     \
        uint32_t count, room;                                                                      \
    }

/* Appends `x`; evaluates `v` several times. */
#define vec_push(arena, v, x)                                                                      \
    do {                                                                                           \
        if ((v)->count == (v)->room) {                                                             \
            uint32_t vec_room_ = (v)->room ? (v)->room * 2 : 8;                                    \
            void *vec_new_ =                                                                       \
                arena_alloc((arena), sizeof *(v)->at * vec_room_, _Alignof(max_align_t));          \
            if ((v)->count)                                                                        \
                memcpy(vec_new_, (v)->at, sizeof *(v)->at *(v)->count);                            \
            (v)->at = vec_new_;                                                                    \
            (v)->room = vec_room_;                                                                 \
        }                                                                                          \
        (v)->at[(v)->count++] = (x);                                                               \
    } while (0)

#endif
