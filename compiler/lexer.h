/* lexer.h - source text to tokens. lexer.l cuts the text, literal.c reads numbers and escapes, and
 * balance.c decides which newlines count and keeps brackets balanced: the parser sees balance_next
 * only, and whatever it sees, every bracket that opens also closes. */
#ifndef LEXER_H
#define LEXER_H

#include "ast.h"
#include "base/intern.h"
#include "base/vec.h"
#include "diag.h"
#include "source.h"

#include <stdbool.h>
#include <stdint.h>

/* What a token carries, by kind: the parser's semantic value, too. */
union token_value {
    const char *name; /* words, interned */
    uint64_t integer;
    double number;
    int64_t ns;
    struct token_text {
        const char *bytes;
        uint32_t len;
    } text;
};

struct token {
    int kind; /* enum yytokentype of the parser; 0 at the end */
    struct span span;
    union token_value value;
    bool is_first;   /* on its line */
    bool is_virtual; /* put in after a message, to balance brackets */
    bool is_sync;    /* the first one after tokens were dropped */
    bool is_told;    /* what stands before it was reported: an open bracket, an odd character */
};

/* An open bracket; '"' is the hole of an interpolation. */
struct bracket {
    char opener;
    struct span span;
    uint32_t indent;  /* of the line it is on */
    bool is_attr;     /* arguments of an attribute */
    bool is_for;      /* directly after `for` */
    bool is_excused;  /* what closes it may be lost in a string that nothing ends */
    bool wants_block; /* `if` and its like stand in it, without their block so far */
};

/* A string whose text or hole is being read. */
struct open_string {
    struct span quote;
    bool is_triple, has_hole;
};

/* A documentation comment and where what it documents starts. */
struct doc {
    uint32_t at;
    const char *text;
};

/* A keyword that is a name from where it was taken for one: everywhere, or before the colon of a
 * field only. */
struct taken {
    const char *name;
    bool is_field;
};

struct lexer {
    struct arena *arena;
    struct intern *names;
    const struct source *source;
    struct diags *diags;
    void *scanner; /* flex's */

    /* lexer.l */
    uint32_t start, offset; /* of the token being read; of the text not read yet */
    uint32_t skip_to;       /* the end of a string that was told to be wrong */
    uint32_t json_to;       /* up to there braces and quotes of a string are text, as was told */
    uint32_t loose_to;      /* up to there braces of strings in holes are text, as was told */
    struct token cut;       /* what the rule in work fills in */
    VEC(char) piece;        /* of a string, decoded */
    uint32_t piece_start;
    VEC(struct open_string) strings;
    VEC(struct span) comments;
    VEC(char) doc; /* lines of `///` so far */
    VEC(char) module_doc;
    bool is_bytes;
    bool is_broken;     /* a string was left open on this line, and said to be */
    struct span broken; /* the last such line, from its start on */
    bool said_semicolon, said_hash, said_colon, said_catch, said_brace, said_bar, said_return,
        said_elif, said_arm;
    /* once: a habit, not many mistakes */
    VEC(const char *) odd;   /* names and signs that are not ASCII, reported once, too */
    VEC(struct taken) taken; /* keywords taken for names, which was told */
    uint32_t names_depth;    /* such a one stood in a pattern in that many brackets; or 0 */
    uint32_t line_start;

    /* balance.c */
    VEC(struct bracket) brackets;
    VEC(struct doc) docs;
    struct token held; /* read, not handed out */
    bool is_holding, has_newline;
    struct span newline;
    uint32_t indent;      /* of the line of `held` */
    uint32_t item_indent; /* of the first line: declarations stand there */
    bool has_trouble;     /* brackets were said to be wrong in this declaration */
    bool wants_block;     /* as of a bracket, outside of all */
    bool is_if_broken;    /* an `if` lacks its braces: its `else` is no part of what follows */
    bool said_operator;   /* of this statement: a line began with an operator */
    uint32_t close_to;    /* virtual brackets are due down to this depth */
    bool is_closing;
    struct span suspect_opener, suspect_closer; /* the first pair on lines indented differently */
    struct token last[3];                       /* handed out, newest first */
    struct token line_first;                    /* first token of this statement */
    int head;                                   /* last of if, while, for, return ... in it */
    bool is_attr_name, is_attr_end;
    uint32_t
        excused; /* blocks closed because a declaration stood in them: their `}` may yet come */
    bool is_skipping;
    bool skips_whole;    /* all up to the bracket that closes, and not to a comma or line end */
    uint32_t skip_depth; /* what is nested deeper is dropped */
    int skip_angles;     /* open `<` of a foreign type among what is dropped */
};

/* -- lexer.l: cuts the next token, newlines included, into lexer->cut -- */
void lexer_open(struct lexer *, struct arena *, struct intern *, const struct source *,
                struct diags *);
void lexer_close(struct lexer *);
void lexer_cut(struct lexer *);
/* Says that the keyword stands where a name, or that of a field, does: from there on it is one. */
void lexer_take_keyword(struct lexer *, const struct token *, bool is_field);
/* The innermost string is left because a bracket of balance.c closed its hole. */
void lexer_leave_string(struct lexer *);
/* Whether the hole whose text begins there ends on its line. */
bool lexer_hole_ends(const struct lexer *, uint32_t at);
/* If the quotes of the line of that offset do not pair: says that the last one is never closed,
 * passes over the line, and returns true. What stands on it is not what it was to be. */
bool lexer_report_odd_quote(struct lexer *, uint32_t at);
struct span lexer_span(const struct lexer *, uint32_t start, uint32_t end);

/* -- literal.c: values; each reports what is wrong and still gives a value -- */
uint64_t literal_int(struct lexer *, struct span);
double literal_float(struct lexer *, struct span);
int64_t literal_duration(struct lexer *, struct span);
uint64_t literal_size(struct lexer *, struct span);
/* Appends what the escape at the span stands for to lexer->piece. */
void literal_escape(struct lexer *, struct span);

/* -- balance.c -- */
struct token balance_next(struct lexer *);
/* The text in hand ends a line inside a string or hole: closes what belongs to the string. */
void balance_abandon_string(struct lexer *);
/* Open brackets of this line are not reported: what closes them may be lost in a string. */
void balance_excuse_line(struct lexer *);
/* Says that the hole which opens there is not closed. */
void balance_report_hole(struct lexer *, struct span hole);
/* After a syntax error at `unexpected`: drops tokens up to one that ends the broken part, or the
 * part around that. */
void balance_skip(struct lexer *, const struct token *unexpected, bool is_around);
/* The same, up to the bracket that closes what the token stands in. */
void balance_skip_whole(struct lexer *, const struct token *unexpected);
/* Whether a token of this kind ends an operand, so that no name can follow it. */
bool balance_ends_operand(int kind);
/* Whether newlines count where the next token stands. */
bool balance_newlines_count(const struct lexer *);
/* The documentation of what starts at `at`, or NULL. */
const char *balance_doc(const struct lexer *, uint32_t at);

#endif
