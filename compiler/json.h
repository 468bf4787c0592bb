/* json.h - writing JSON. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdio.h>

/* A string in quotes; what is not UTF-8 becomes U+FFFD. */
void json_text(FILE *, const char *text, size_t len);

#endif
