/* suggest.h - what to write instead of a name from another language. */
#ifndef SUGGEST_H
#define SUGGEST_H

/* A sentence for a hint, or NULL if the name is none that people are known to bring. */
const char *suggest_type(const char *name);
const char *suggest_value(const char *name);
const char *suggest_method(const char *name);
const char *suggest_attr(const char *name);
const char *suggest_module(const char *name);
/* Behind the name of a module. */
const char *suggest_member(const char *name);

#endif
