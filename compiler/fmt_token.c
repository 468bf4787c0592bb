/* fmt_token.c - tokens for the formatter, with what decides on the space between them. Read from
 * the bottom: fmt_read() goes through the source once, then over the tokens, an aspect at a time.
 */
#include "fmt_core.h"
#include "parser.h"

#include <string.h>

/* -- roles: what a sign is where it stands -- */

static bool ends_operand(const struct fmt_token *t)
{
    return balance_ends_operand(t->kind) || t->role == ROLE_POSTFIX || t->kind == RECORD_ID;
}

static bool is_prefix_sign(int kind)
{
    return kind == '-' || kind == '!' || kind == '~' || kind == '|' || kind == OROR;
}

/* `<` of type parameters follows the name of a function. */
static bool opens_angle(const struct fmt_tokens *f, uint32_t i)
{
    return f->at[i].kind == '<' && i >= 2 && f->at[i - 1].kind == ID &&
           (f->at[i - 2].kind == FN || f->at[i - 2].kind == TASK);
}

static uint32_t mark_until(struct fmt_tokens *f, uint32_t i, int closer, enum fmt_role role)
{
    for (i++; i < f->count && f->at[i].kind != closer; i = f->at[i].match + 1)
        f->at[i].is_separator = false;
    if (i < f->count)
        f->at[i].role = role;
    return i;
}

static void find_roles(struct fmt_tokens *f)
{
    for (uint32_t i = 0; i < f->count; i++) {
        struct fmt_token *t = &f->at[i];
        bool is_first = i == 0 || t->is_entry;
        bool is_behind = !is_first && ends_operand(t - 1);
        bool is_reducer = i && (t[-1].kind == REDUCE || t[-1].kind == SCAN);
        if (t->role)
            continue;
        if (opens_angle(f, i)) {
            t->role = ROLE_ANGLE;
            mark_until(f, i, '>', ROLE_ANGLE);
        } else if (t->kind == '!' && is_behind) {
            t->role = ROLE_POSTFIX;
        } else if (is_prefix_sign(t->kind) && !is_behind && !is_reducer) {
            t->role = t->kind == '|' ? ROLE_BAR : t->kind == OROR ? ROLE_BAR_END : ROLE_PREFIX;
            if (t->kind == '|')
                mark_until(f, i, '|', ROLE_BAR_END);
        }
    }
}

/* -- spaces -- */

static bool is_closer(int kind)
{
    return kind == ')' || kind == ']';
}

/* `1 .2` takes a part of the number 1; without the space it would be another number. */
static bool would_be_float(const struct fmt_tokens *f, uint32_t i)
{
    return i && f->at[i].kind == '.' && f->at[i - 1].kind == INT && f->at[i + 1].kind == INT &&
           (i < 2 || f->at[i - 2].kind != '.');
}

/* `--` is no token of the language. */
static bool would_be_decrement(const struct fmt_token *a, const struct fmt_token *b)
{
    return a->role == ROLE_PREFIX && a->kind == '-' && b->kind == '-';
}

static bool has_space(const struct fmt_tokens *f, uint32_t i)
{
    const struct fmt_token *b = &f->at[i], *a = b - 1;
    if (i == 0 || b->kind == 0)
        return false;
    if (would_be_float(f, i) || would_be_decrement(a, b))
        return true;
    bool is_import = (b->kind == '{' && a->kind == '.') ||
                     (b->kind == '}' && b->match && f->at[b->match - 1].kind == '.') ||
                     (a->kind == '{' && i >= 2 && f->at[i - 2].kind == '.');
    if (is_import || (a->kind == '{' && b->kind == '}'))
        return false;
    if (b->kind == ',' || b->kind == ':' || is_closer(b->kind) || b->kind == '?' ||
        b->kind == '.' || b->role == ROLE_POSTFIX || b->role == ROLE_ANGLE)
        return false;
    if (a->kind == '{' || b->kind == '}' || a->kind == ',')
        return true;
    if (a->kind == '(' || a->kind == '[' || a->kind == '.' || a->kind == '@' || a->kind == DOTDOT ||
        a->role == ROLE_PREFIX || a->role == ROLE_BAR ||
        (a->role == ROLE_ANGLE && (a->kind == '<' || b->kind == '(')) ||
        (b->role == ROLE_BAR_END && b->kind == '|'))
        return false;
    if (b->kind == DOTDOT)
        return !ends_operand(a);
    if (b->kind == '(')
        return !(ends_operand(a) || a->kind == FN) || a->kind == '}' ||
               (i >= 2 && f->at[i - 2].kind == FOR && a->kind == STR);
    if (b->kind == '[')
        return !ends_operand(a);
    return true;
}

/* -- groups -- */

static void match_brackets(struct arena *arena, struct fmt_tokens *f)
{
    uint32_t *open = arena_array(arena, uint32_t, f->count), depth = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        int kind = f->at[i].kind;
        f->at[i].match = i;
        if (kind == '(' || kind == '[' || kind == '{') {
            open[depth++] = i;
        } else if (is_closer(kind) || kind == '}') {
            f->at[i].match = open[--depth];
            f->at[open[depth]].match = i;
        }
    }
}

/* Commas that separate, and where entries begin: behind them, behind an opener, at a newline. */
static void find_entries(struct fmt_tokens *f)
{
    for (uint32_t i = 1; i < f->count; i++) {
        int before = f->at[i - 1].kind;
        f->at[i].is_entry |=
            f->at[i - 1].is_separator || before == '(' || before == '[' || before == '{';
    }
}

bool fmt_is_needless(const struct fmt_tokens *f, uint32_t i)
{
    int kind = f->at[i - 1].kind;
    return !f->at[i].trailing && !f->at[i + 1].comments &&
           (ends_operand(&f->at[i - 1]) || kind == RETURN || kind == BREAK || kind == CONTINUE);
}

void fmt_force(struct fmt_tokens *f, uint32_t open)
{
    f->at[open].is_forced = true;
    uint32_t close = f->at[open].match;
    if (f->at[close + 1].kind == ELSE)
        for (uint32_t i = close + 2; f->at[i].match >= i && !f->at[i].is_entry && f->at[i].kind;
             i = f->at[i].match + 1)
            if (f->at[i].kind == '{') {
                if (!f->at[i].is_forced && f->at[i].match > i + 1)
                    fmt_force(f, i);
                break;
            }
    if (open >= 2 && f->at[open - 1].kind == ELSE && f->at[open - 2].kind == '}')
        if (!f->at[f->at[open - 2].match].is_forced)
            fmt_force(f, f->at[open - 2].match);
}

/* What holds a forced group, if only a brace, is forced too; and whatever a comment stands in. */
static void force_groups(struct arena *arena, struct fmt_tokens *f)
{
    uint32_t *open = arena_array(arena, uint32_t, f->count), depth = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        struct fmt_token *t = &f->at[i];
        if (depth) {
            uint32_t top = open[depth - 1];
            bool counts = f->at[top].kind == '{' && t->is_entry && t->has_newline &&
                          (t->kind != '}' || f->at[i - 1].kind != '{');
            if (counts || t->comments || f->at[i - 1].trailing)
                f->at[top].is_forced = true;
        }
        if (t->match > i) {
            open[depth++] = i;
        } else if (t->match < i) {
            bool is_forced = f->at[open[--depth]].is_forced;
            for (uint32_t k = depth; is_forced && k--;) {
                if (f->at[open[k]].kind == '{' && f->at[open[k]].is_forced)
                    break;
                f->at[open[k]].is_forced |= f->at[open[k]].kind == '{';
            }
        }
    }
    for (uint32_t i = 0; i < f->count; i++)
        if (f->at[i].is_forced && f->at[i].kind == '{')
            fmt_force(f, i);
}

/* Leaves out commas at the end of a group, and in forced braces. */
static void drop_commas(struct arena *arena, struct fmt_tokens *f)
{
    uint32_t *open = arena_array(arena, uint32_t, f->count), depth = 0, count = 0;
    bool *drops = arena_array(arena, bool, f->count);
    for (uint32_t i = 0; i < f->count; i++) {
        const struct fmt_token *t = &f->at[i];
        drops[i] =
            t->is_separator && depth &&
            (f->at[i + 1].match < i || (f->at[open[depth - 1]].kind == '{' &&
                                        f->at[open[depth - 1]].is_forced && fmt_is_needless(f, i)));
        if (t->match > i)
            open[depth++] = i;
        else if (t->match < i)
            depth--;
    }
    for (uint32_t i = 0; i < f->count; i++)
        if (!drops[i]) {
            f->at[count] = f->at[i];
            f->at[count++].has_newline |= i && drops[i - 1] && f->at[i - 1].has_newline;
        }
    f->count = count;
}

/* -- comments -- */

bool fmt_has_blank(const char *text, uint32_t start, uint32_t end)
{
    const char *first = memchr(text + start, '\n', end - start);
    return first && memchr(first + 1, '\n', (size_t)(text + end - first - 1));
}

static void place_comments(struct fmt_tokens *f, uint32_t count)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        struct fmt_token *t = &f->at[i];
        uint32_t end = i ? t[-1].end : 0;
        while (next < count && f->comments[next].start < end)
            next++;
        if (i && next < count && f->comments[next].start < t->start &&
            !memchr(f->text + end, '\n', f->comments[next].start - end)) {
            t[-1].trailing = next + 1;
            end = f->comments[next++].end;
        }
        t->comment = next;
        for (; next < count && f->comments[next].start < t->start; next++) {
            t->comments++;
            end = f->comments[next].end;
        }
        t->has_blank = fmt_has_blank(f->text, end, t->start);
    }
}

/* -- entry -- */

/* The next token; holes of a string and what is in them belong to it. */
static struct token next_token(struct lexer *lexer)
{
    struct token token = balance_next(lexer);
    if (token.kind != STR_HEAD)
        return token;
    for (int depth = 1; depth;) {
        struct token part = balance_next(lexer);
        depth += (part.kind == STR_HEAD) - (part.kind == STR_TAIL);
        token.span.end = part.span.end;
    }
    token.kind = STR;
    return token;
}

static void read_tokens(struct arena *arena, struct lexer *lexer, struct fmt_tokens *f)
{
    VEC(struct fmt_token) all = {0};
    bool is_entry = true;
    for (;;) {
        struct token token = next_token(lexer);
        if (token.kind == NL) {
            is_entry = true;
            continue;
        }
        uint32_t end = all.count ? all.at[all.count - 1].end : 0;
        struct fmt_token one = {.kind = token.kind,
                                .start = token.span.start,
                                .end = token.span.end,
                                .is_entry = is_entry,
                                .is_separator = token.kind == ',',
                                .has_newline = memchr(f->text + end, '\n', token.span.start - end)};
        vec_push(arena, &all, one);
        is_entry = false;
        if (token.kind == 0)
            break;
    }
    f->at = all.at;
    f->count = all.count;
}

struct fmt_tokens fmt_read(struct arena *arena, struct intern *names, const struct source *source,
                           struct diags *diags)
{
    struct lexer lexer;
    struct fmt_tokens f = {.text = source->text};
    lexer_open(&lexer, arena, names, source, diags);
    read_tokens(arena, &lexer, &f);
    f.comments = lexer.comments.at;
    uint32_t comments = lexer.comments.count;
    lexer_close(&lexer);
    match_brackets(arena, &f);
    find_roles(&f);
    find_entries(&f);
    force_groups(arena, &f);
    drop_commas(arena, &f);
    match_brackets(arena, &f);
    place_comments(&f, comments);
    force_groups(arena, &f);
    for (uint32_t i = 0; i < f.count; i++)
        f.at[i].has_space = has_space(&f, i);
    return f;
}
