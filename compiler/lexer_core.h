/* lexer_core.h - what the files that cut the text share. `lexer->start` and `lexer->offset` are the
 * ends of the token in hand. */
#ifndef LEXER_CORE_H
#define LEXER_CORE_H

#include "lexer.h"

/* The text of the token in hand, and of what follows it. */
static inline const char *lexer_text(const struct lexer *lexer)
{
    return lexer->source->text + lexer->start;
}

static inline const char *lexer_rest(const struct lexer *lexer)
{
    return lexer->source->text + lexer->offset;
}

/* -- lexer.l -- */
/* Takes the token in hand for a word. Gives its kind: ID where words are names, whatever else they
 * may be, or `keyword`. */
int lexer_word(struct lexer *, int keyword);
/* Whether the type name in hand is the first of a record's value: `Name {` and then `field:`. */
bool lexer_opens_record(const struct lexer *);

/* -- lexer_string.c: functions that give an int give a kind of token, 0: none -- */
/* The text as a token carries it. */
struct token_text string_text(struct lexer *, const char *text, size_t len);
void string_open(struct lexer *, bool is_triple);
void string_add(struct lexer *, const char *text, size_t len);
/* The piece up to a hole or to the end. */
int string_piece(struct lexer *, bool is_end);
/* Whether the brace in hand, of a string, is one of JSON, which is said once; all up to the brace
 * that closes it is taken for text then. */
bool string_is_json(struct lexer *);
/* Whether the brace in hand, of a string in a hole, begins none that ends on its line, which is
 * said once: it is text, or else nothing that follows would be what it was to be. */
bool string_is_loose(struct lexer *);
/* Whether what is in hand stands in the hole of a string that ends on its line. */
bool string_is_in_hole(const struct lexer *);
/* A quote in a hole that no other follows on the line: it can only be the end of the string around,
 * whose hole is open. */
int string_forgotten(struct lexer *);
/* Say so if a hole of the string in hand goes on on a further line, or the string ends with the
 * first quote of a further line, since what is behind that cannot be in a string; `skip_to` is
 * where it ends. */
bool string_goes_on(struct lexer *);
bool string_runs_on(struct lexer *);
/* Bytes of a string without an end, from its quote, that are taken for its text: brackets that
 * close what was open before it, and commas and the like, at the end of the line, are not. */
size_t string_unclosed_len(const char *text);
/* A string that nothing ends, cut to what was its text. */
void string_unclosed(struct lexer *);
/* The line, or the text, ends within a string. */
int string_broken(struct lexer *);

/* -- lexer_odd.c: each reports, unless that was said before or is being dropped -- */
/* The token in hand is one of another language. */
void odd_habit(struct lexer *, const char *text);
/* A carriage return without a line feed, which ends a line then. */
void odd_return(struct lexer *);
void odd_block_comment(struct lexer *);
/* A comment that may have been meant for a division of whole numbers. */
void odd_division(struct lexer *, const char *text, uint32_t len);
/* Whether `;` stands for the end of a line. Those of a loop's head do not, and are told with it. */
bool odd_semicolon(struct lexer *);
/* `#[1]` where a value is wanted; any other `#`, true if it was to declare something. */
bool odd_is_array(const struct lexer *);
bool odd_hash(struct lexer *);
/* `elif` for `else if`. */
void odd_elif(struct lexer *);
/* What `...` and `..=` are for elsewhere, by what stands before. */
const char *odd_dots(const struct lexer *);
/* `'a` of Rust, and not the string 'a'. */
bool odd_is_lifetime(const struct lexer *);
/* A string in other quotes, of one byte or more each; bytes of one in curly quotes, or to the end
 * of the line. */
void odd_quoted(struct lexer *, const char *text);
size_t odd_curly_len(const char *text);
void odd_number(struct lexer *);
/* Whether `1.` lacks the digits of its fraction, and is no number before a name or `..`; says so.
 */
bool odd_is_point(const struct lexer *);
void odd_point(struct lexer *);
/* A word with letters that are not ASCII: the kind of name that it is. */
int odd_name(struct lexer *);
/* A character that is neither ASCII nor a letter: the kind of token that it looks like, or NL. */
int odd_sign(struct lexer *);
/* Any other byte. */
void odd_stray(struct lexer *);

/* -- line_start.c: of the token held -- */
/* Notes what a block has to follow, at the depth of the token. */
void line_track_block(struct lexer *, const struct token *);
/* Whether it was to stand on the line before: that is told, and taken to be so. */
bool line_is_late(struct lexer *);
/* `| A => x`: a bar before each arm, which is told once and left out. */
bool line_has_needless_bar(struct lexer *);

#endif
