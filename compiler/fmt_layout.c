/* fmt_layout.c - tokens to lines. Read from the bottom: entries stand on lines of their own; each
 * is written flat up to the next forced break if that fits, else it is parted at its loosest place:
 * its blocks, its operators, its chain of calls, then its largest brackets. */
#include "fmt_core.h"
#include "parser.h"

/* A comment behind code: where the gap before it is in `out`, its line, the columns before it. */
struct side {
    uint32_t at, line, column;
};

struct layout {
    struct arena *arena;
    struct fmt_tokens *f;
    VEC(char) out;
    uint32_t column, indent, line;
    bool is_line_start, must_break;
    VEC(struct side) sides;
};

/* -- writing -- */

static uint32_t columns(const char *text, uint32_t len)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

static void put(struct layout *l, const char *text, uint32_t len)
{
    for (uint32_t i = l->is_line_start ? l->indent : 0; i; i--)
        vec_push(l->arena, &l->out, ' ');
    l->is_line_start = false;
    uint32_t line = 0;
    for (uint32_t i = 0; i < len; i++) {
        vec_push(l->arena, &l->out, text[i]);
        if (text[i] == '\n') {
            line = i + 1;
            l->line++;
            l->column = 0;
        }
    }
    l->column += columns(text + line, len - line);
}

static void newline(struct layout *l, uint32_t indent)
{
    if (l->out.count)
        vec_push(l->arena, &l->out, '\n');
    l->line++;
    l->indent = l->column = indent;
    l->is_line_start = true;
    l->must_break = false;
}

static void put_comment(struct layout *l, uint32_t i)
{
    struct span span = l->f->comments[i];
    put(l, l->f->text + span.start, span.end - span.start);
    l->must_break = true;
}

/* Comments above the token, which begins a line; blank lines are kept between them. */
static void put_comments(struct layout *l, const struct fmt_token *t, uint32_t indent)
{
    for (uint32_t i = t->comment; i < t->comment + t->comments; i++) {
        bool is_blank = i > t->comment && fmt_has_blank(l->f->text, l->f->comments[i - 1].end,
                                                        l->f->comments[i].start);
        if (!l->is_line_start || is_blank)
            newline(l, indent);
        if (is_blank && l->must_break)
            newline(l, indent);
        if (is_blank) {
            vec_push(l->arena, &l->out, '\n');
            l->line++;
        }
        put_comment(l, i);
    }
    bool is_last = t->kind == 0 || t->kind == '}' || t->kind == ')' || t->kind == ']';
    if (t->comments && !is_last) {
        newline(l, indent);
        if (t->has_blank) {
            vec_push(l->arena, &l->out, '\n');
            l->line++;
        }
    }
}

/* Writes a token; where a comment makes a line of it, with this indent. */
static void put_token(struct layout *l, uint32_t i, uint32_t indent)
{
    const struct fmt_token *t = &l->f->at[i];
    if (l->must_break && !l->is_line_start)
        newline(l, indent);
    put_comments(l, t, l->is_line_start ? l->indent : indent);
    if (l->must_break && !l->is_line_start)
        newline(l, indent);
    if (t->has_space && !l->is_line_start)
        put(l, " ", 1);
    put(l, l->f->text + t->start, t->end - t->start);
    if (t->trailing) {
        struct side side = {l->out.count, l->line, l->column};
        vec_push(l->arena, &l->sides, side);
        put_comment(l, t->trailing - 1);
    }
}

/* -- measuring -- */

static bool has_lines(const struct fmt_tokens *f, const struct fmt_token *t)
{
    return t->kind == STR && memchr(f->text + t->start, '\n', t->end - t->start);
}

/* Columns of [lo, hi) up to the first place where the line ends in any case, which is *stop, or up
 * to hi; it is no more exact once it is past the width. */
static uint32_t measure(const struct layout *l, uint32_t lo, uint32_t hi, uint32_t *stop)
{
    const struct fmt_tokens *f = l->f;
    uint32_t width = 0;
    for (*stop = lo; *stop < hi && width <= FMT_WIDTH + 1; ++*stop) { /* fits() may take 1 off */
        const struct fmt_token *t = &f->at[*stop];
        if (t->comments && *stop > lo)
            return width;
        const char *text = f->text + t->start;
        const char *line = has_lines(f, t) ? memchr(text, '\n', t->end - t->start) : NULL;
        width += t->has_space + (line ? (uint32_t)(line - text) : columns(text, t->end - t->start));
        if (t->is_forced || t->trailing || line)
            return width;
    }
    return width;
}

static bool fits(const struct layout *l, uint32_t lo, uint32_t hi, uint32_t tail, uint32_t *stop)
{
    uint32_t width = measure(l, lo, hi, stop);
    if (l->is_line_start && lo < hi && l->f->at[lo].has_space)
        width--;
    return l->column + width + (*stop == hi ? tail : 0) <= FMT_WIDTH;
}

/* What follows a token, or a group as a whole. A range may begin within brackets whose closers it
 * has. */
static uint32_t after(const struct fmt_tokens *f, uint32_t i)
{
    return f->at[i].match > i ? f->at[i].match + 1 : i + 1;
}

/* -- where to part an entry: loosest first -- */

enum {
    CLASS_LOOP,
    CLASS_ELSE,
    CLASS_OR,
    CLASS_AND,
    CLASS_COMPARE,
    CLASS_SUM,
    CLASS_PRODUCT,
    CLASSES
};

static int class_of(const struct fmt_tokens *f, uint32_t i, bool is_comprehension)
{
    const struct fmt_token *t = &f->at[i];
    if (t->role)
        return CLASSES;
    switch (t->kind) {
    case FOR:
    case IF:
        return is_comprehension && !t->is_entry ? CLASS_LOOP : CLASSES;
    case ELSE:
        return f->at[i - 1].kind == '}' ? CLASSES : CLASS_ELSE;
    case OROR:
        return CLASS_OR;
    case ANDAND:
        return CLASS_AND;
    case EQ:
    case NE:
    case LE:
    case GE:
    case '<':
    case '>':
        return CLASS_COMPARE;
    case '+':
    case '-':
    case '|':
    case '^':
    case '&':
    case SHL:
    case SHR:
        return f->at[i - 1].kind == REDUCE || f->at[i - 1].kind == SCAN ? CLASSES : CLASS_SUM;
    case '*':
    case '/':
    case '%':
        return f->at[i - 1].kind == REDUCE || f->at[i - 1].kind == SCAN ? CLASSES : CLASS_PRODUCT;
    default:
        return CLASSES;
    }
}

/* What stands in [lo, end) outside of brackets; end is hi or the first forced brace. */
struct survey {
    uint32_t end, set, brace, largest, largest_width, links;
    int loosest;
    bool is_comprehension;
};

static bool is_link(const struct fmt_tokens *f, uint32_t i)
{
    return f->at[i].kind == '.' && f->at[i + 1].kind == ID && f->at[i + 2].kind == '(';
}

/* A text that stands alone in its brackets stays there: a line of its own seldom helps. */
static void survey_group(const struct layout *l, struct survey *s, uint32_t i)
{
    const struct fmt_token *t = &l->f->at[i];
    uint32_t stop, width = measure(l, i, t->match + 1, &stop);
    bool is_text = t->match == i + 2 && t[1].kind == STR;
    if (t->match == i + 1 || (is_text && t->kind != '{'))
        return;
    if (t->kind == '{' && !s->brace)
        s->brace = i;
    if (t->kind != '{' && width > s->largest_width) {
        s->largest = i;
        s->largest_width = width;
    }
}

static struct survey survey(const struct layout *l, uint32_t lo, uint32_t hi)
{
    const struct fmt_tokens *f = l->f;
    struct survey s = {.end = hi, .loosest = CLASSES};
    s.is_comprehension = lo && f->at[lo - 1].kind == '[' && f->at[lo - 1].match == hi;
    for (uint32_t i = lo; i < hi; i = after(f, i)) {
        const struct fmt_token *t = &f->at[i];
        int class = i > lo && i + 1 < hi ? class_of(f, i, s.is_comprehension) : CLASSES;
        if (t->kind == '{' && t->is_forced) {
            s.end = i;
            break;
        }
        if ((t->kind == '=' || t->kind == OP_SET || t->kind == FAT) && i + 1 < hi && !s.set)
            s.set = i + 1;
        if (t->match > i)
            survey_group(l, &s, i);
        s.loosest = class < s.loosest ? class : s.loosest;
        s.links += i > lo && is_link(f, i);
    }
    return s;
}

/* -- parting -- */

static void put_range(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent, uint32_t tail);
static void put_group(struct layout *l, uint32_t open, uint32_t indent);

static void part_at_operators(struct layout *l, uint32_t lo, const struct survey *s,
                              uint32_t indent, uint32_t tail)
{
    uint32_t from = lo, inner = indent + (s->is_comprehension ? 0 : 2 * FMT_INDENT);
    for (uint32_t i = after(l->f, lo); i < s->end; i = after(l->f, i)) {
        if (class_of(l->f, i, s->is_comprehension) != s->loosest || i + 1 == s->end)
            continue;
        uint32_t to = s->loosest <= CLASS_ELSE ? i : i + 1;
        put_range(l, from, to, inner, 0);
        newline(l, inner);
        from = to;
    }
    put_range(l, from, s->end, inner, tail);
}

/* A name that begins a chain keeps its first call beside it. */
static void part_at_links(struct layout *l, uint32_t lo, const struct survey *s, uint32_t indent,
                          uint32_t tail)
{
    uint32_t from = lo;
    for (uint32_t i = after(l->f, lo); i < s->end; i = after(l->f, i)) {
        bool is_head = l->f->at[i - 1].kind == ID && (i < lo + 2 || l->f->at[i - 2].kind != '.');
        if (!is_link(l->f, i) || is_head)
            continue;
        put_range(l, from, i, from == lo ? indent : indent + FMT_INDENT, 0);
        newline(l, indent + FMT_INDENT);
        from = i;
    }
    put_range(l, from, s->end, from == lo ? indent : indent + FMT_INDENT, tail);
}

static bool has_open_link(const struct layout *l, uint32_t lo, const struct survey *s)
{
    for (uint32_t i = after(l->f, lo); i < s->end; i = after(l->f, i))
        if (is_link(l->f, i) &&
            !(l->f->at[i - 1].kind == ID && (i < lo + 2 || l->f->at[i - 2].kind != '.')))
            return true;
    return false;
}

/* Nothing to part at: on a line of its own behind a `=`, if that helps, and too long if not. */
static uint32_t put_long(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent)
{
    uint32_t stop, width = measure(l, lo, hi, &stop), inner = indent + 2 * FMT_INDENT;
    int before = lo ? l->f->at[lo - 1].kind : 0;
    if (!l->is_line_start && (before == '=' || before == FAT || before == OP_SET) &&
        inner + width <= FMT_WIDTH + 1)
        newline(l, inner);
    if (l->f->at[lo].is_forced) {
        put_group(l, lo, indent);
        return l->f->at[lo].match + 1;
    }
    put_token(l, lo, inner);
    for (uint32_t i = lo + 1; i < hi; i++) {
        if (l->f->at[i].is_forced || l->f->at[i].comments)
            return i;
        put_token(l, i, inner);
    }
    return hi;
}

/* Writes some of [lo, hi), which does not fit; what is left begins where it says. */
static uint32_t put_parted(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent,
                           uint32_t tail)
{
    enum { LARGE = 20 };
    struct survey s = survey(l, lo, hi);
    uint32_t rest = s.end == hi ? tail : 2;
    if (s.set) {
        put_range(l, lo, s.set, indent, 0);
        return s.set;
    }
    if (s.brace) {
        fmt_force(l->f, s.brace);
        return lo;
    }
    if (s.loosest <= CLASS_AND || (s.loosest < CLASSES && s.largest_width < LARGE)) {
        part_at_operators(l, lo, &s, indent, rest);
        return s.end;
    }
    if (s.loosest == CLASSES && s.links >= 2 && has_open_link(l, lo, &s)) {
        part_at_links(l, lo, &s, indent, rest);
        return s.end;
    }
    if (s.largest) {
        put_range(l, lo, s.largest, indent, 1);
        put_group(l, s.largest, indent);
        return l->f->at[s.largest].match + 1;
    }
    return put_long(l, lo, hi, indent);
}

/* The indent of a token whose line a comment makes: an `else` and its block stand below their `if`.
 */
static uint32_t own_indent(const struct fmt_tokens *f, uint32_t i, uint32_t indent)
{
    bool is_else = i && f->at[i].kind == ELSE && f->at[i - 1].kind == '}';
    bool is_block = i && f->at[i].kind == '{' && f->at[i - 1].kind == ELSE;
    return is_else || is_block ? indent : indent + 2 * FMT_INDENT;
}

/* Writes [lo, hi), of one entry; `tail` columns follow on the last line. */
static void put_range(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent, uint32_t tail)
{
    while (lo < hi) {
        uint32_t stop;
        if (!fits(l, lo, hi, tail, &stop)) {
            lo = put_parted(l, lo, hi, indent, tail);
            continue;
        }
        for (; lo < stop; lo++)
            put_token(l, lo, own_indent(l->f, lo, indent));
        if (lo < hi && l->f->at[lo].is_forced) {
            put_group(l, lo, indent);
            lo = l->f->at[lo].match + 1;
        } else if (lo < hi) {
            put_token(l, lo, own_indent(l->f, lo, indent));
            lo++;
        }
    }
}

/* -- entries -- */

static uint32_t entry_end(const struct fmt_tokens *f, uint32_t lo, uint32_t hi)
{
    uint32_t i = f->at[lo].match + 1;
    while (i < hi && !f->at[i].is_separator && !f->at[i].is_entry)
        i = f->at[i].match + 1;
    return i;
}

static uint32_t entry_next(const struct fmt_tokens *f, uint32_t end, uint32_t hi)
{
    return end < hi && f->at[end].is_separator ? end + 1 : end;
}

/* The `=>` of an arm, or 0. */
static uint32_t arm_arrow(const struct fmt_tokens *f, uint32_t lo, uint32_t hi)
{
    for (uint32_t i = lo; i < hi; i = after(f, i))
        if (f->at[i].kind == FAT)
            return i;
    return 0;
}

/* Columns of the patterns of a match whose arms are one line each; 0 if they are not. */
static uint32_t arms_width(const struct layout *l, uint32_t open, uint32_t indent)
{
    const struct fmt_tokens *f = l->f;
    uint32_t hi = f->at[open].match, most = 0, body = 0, stop;
    for (uint32_t i = open + 1, end; i < hi; i = entry_next(f, end, hi)) {
        end = entry_end(f, i, hi);
        uint32_t arrow = arm_arrow(f, i, end);
        if (!arrow)
            return 0;
        uint32_t left = measure(l, i, arrow, &stop) - f->at[i].has_space;
        if (stop < arrow || f->at[arrow].trailing || f->at[arrow].comments)
            return 0;
        uint32_t right = measure(l, arrow, end, &stop);
        if (stop + 1 < end || (stop < end && !f->at[stop].trailing) ||
            (stop < end && (f->at[stop].comments || f->at[stop].is_forced)))
            return 0;
        most = left > most ? left : most;
        body = right > body ? right : body;
    }
    return indent + most + body <= FMT_WIDTH ? most : 0;
}

static void put_arm(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent, uint32_t width)
{
    uint32_t arrow = arm_arrow(l->f, lo, hi);
    put_range(l, lo, arrow, indent, 0);
    while (l->column < indent + width)
        put(l, " ", 1);
    put_range(l, arrow, hi, indent, 0);
}

/* Attributes of an item have lines of their own. */
static uint32_t put_attributes(struct layout *l, uint32_t lo, uint32_t hi)
{
    while (lo < hi && l->f->at[lo].kind == '@') {
        uint32_t end = lo + 2;
        if (l->f->at[end].kind == '(')
            end = l->f->at[end].match + 1;
        put_range(l, lo, end, 0, 0);
        newline(l, 0);
        lo = end;
    }
    return lo;
}

/* Begins the line of an entry; a blank line above it is kept, except above the first. */
static void begin_entry(struct layout *l, uint32_t lo, bool is_first, uint32_t indent)
{
    const struct fmt_token *t = &l->f->at[lo];
    uint32_t before = lo ? t[-1].end : 0;
    if (lo && t[-1].trailing)
        before = l->f->comments[t[-1].trailing - 1].end;
    uint32_t start = t->comments ? l->f->comments[t->comment].start : t->start;
    newline(l, indent);
    if (!is_first && fmt_has_blank(l->f->text, before, start)) {
        vec_push(l->arena, &l->out, '\n');
        l->line++;
    }
}

/* A group of entries on lines of their own. */
static void put_entries(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent)
{
    struct fmt_tokens *f = l->f;
    bool is_brace = lo && f->at[lo - 1].kind == '{', is_item = lo == 0;
    uint32_t width = is_brace ? arms_width(l, lo - 1, indent) : 0;
    for (uint32_t i = lo, end; i < hi; i = entry_next(f, end, hi)) {
        end = entry_end(f, i, hi);
        begin_entry(l, i, i == lo, indent);
        bool has_comma = end < hi && f->at[end].is_separator;
        if (is_item)
            i = put_attributes(l, i, end);
        if (width)
            put_arm(l, i, end, indent, width);
        else
            put_range(l, i, end, indent, has_comma);
        if (has_comma && !(is_brace && fmt_is_needless(f, end)))
            put_token(l, end, indent);
    }
}

/* Elements that are all short fill their lines. */
static bool is_filled(const struct layout *l, uint32_t open)
{
    enum { SHORT = 12 };
    const struct fmt_tokens *f = l->f;
    uint32_t hi = f->at[open].match, stop;
    if (f->at[open].kind != '[' || f->at[open].is_forced)
        return false;
    for (uint32_t i = open + 1, end; i < hi; i = entry_next(f, end, hi)) {
        end = entry_end(f, i, hi);
        if (measure(l, i, end, &stop) > SHORT || stop < end)
            return false;
    }
    return true;
}

static void put_filled(struct layout *l, uint32_t lo, uint32_t hi, uint32_t indent)
{
    newline(l, indent);
    for (uint32_t i = lo, end; i < hi; i = entry_next(l->f, end, hi)) {
        uint32_t stop;
        end = entry_end(l->f, i, hi);
        if (!fits(l, i, end, 1, &stop))
            newline(l, indent);
        put_range(l, i, end, indent, 1);
        if (end < hi)
            put_token(l, end, indent);
    }
}

/* Brackets around nothing but brackets break with them. */
static bool is_wrapper(const struct fmt_tokens *f, uint32_t open)
{
    const struct fmt_token *inner = &f->at[open + 1];
    return f->at[open].kind != '{' && !f->at[open].is_forced && inner->match > open + 2 &&
           inner->match + 1 == f->at[open].match;
}

/* A group in several lines. */
static void put_group(struct layout *l, uint32_t open, uint32_t indent)
{
    uint32_t close = l->f->at[open].match, inner = indent + FMT_INDENT;
    put_token(l, open, own_indent(l->f, open, indent));
    if (is_wrapper(l->f, open)) {
        put_group(l, open + 1, indent);
        put_token(l, close, indent);
        return;
    }
    if (is_filled(l, open))
        put_filled(l, open + 1, close, inner);
    else
        put_entries(l, open + 1, close, inner);
    if (l->f->at[close].comments) {
        begin_entry(l, close, close == open + 1, inner);
        put_comments(l, &l->f->at[close], inner);
    }
    newline(l, indent);
    /* its comments are written */
    uint32_t comments = l->f->at[close].comments;
    l->f->at[close].comments = 0;
    put_token(l, close, indent);
    l->f->at[close].comments = comments;
}

/* -- comments behind code, in line with those of the lines next to them -- */

static uint32_t sides_column(const struct layout *l, uint32_t i, uint32_t *end)
{
    enum { FAR = 72 };
    const struct side *s = l->sides.at;
    uint32_t most = s[i].column;
    *end = i + 1;
    if (most > FAR)
        return most;
    for (; *end < l->sides.count && s[*end].line == s[*end - 1].line + 1 && s[*end].column <= FAR;
         ++*end)
        most = s[*end].column > most ? s[*end].column : most;
    return most;
}

static struct token_text align_sides(const struct layout *l)
{
    VEC(char) out = {0};
    uint32_t from = 0, end = 0, column = 0;
    for (uint32_t i = 0; i < l->sides.count; i++) {
        if (i == end)
            column = sides_column(l, i, &end);
        for (; from < l->sides.at[i].at; from++)
            vec_push(l->arena, &out, l->out.at[from]);
        for (uint32_t k = l->sides.at[i].column; k < column + 2; k++)
            vec_push(l->arena, &out, ' ');
    }
    for (; from < l->out.count; from++)
        vec_push(l->arena, &out, l->out.at[from]);
    vec_push(l->arena, &out, '\0');
    return (struct token_text){out.at, out.count - 1};
}

struct token_text fmt_layout(struct arena *arena, struct fmt_tokens *f)
{
    struct layout l = {.arena = arena, .f = f, .is_line_start = true};
    uint32_t last = f->count - 1;
    put_entries(&l, 0, last, 0);
    if (f->at[last].comments) {
        begin_entry(&l, last, last == 0, 0);
        put_comments(&l, &f->at[last], 0);
    }
    if (l.out.count)
        newline(&l, 0);
    return align_sides(&l);
}
