/* line_start.c - what stands at the start of a line and belongs to the one before: a brace, an
 * operator; and bars before arms. Each is told, and taken for what was meant. */
#include "lexer_core.h"
#include "parser.h"

#include <string.h>

static bool *wants_block(struct lexer *lexer)
{
    return lexer->brackets.count ? &lexer->brackets.at[lexer->brackets.count - 1].wants_block
                                 : &lexer->wants_block;
}

/* A name and its `{` are a value. */
void line_track_block(struct lexer *lexer, const struct token *token)
{
    int last = lexer->last[0].kind, second = lexer->last[1].kind;
    switch (token->kind) {
    case FN:
    case TASK:
        *wants_block(lexer) = token->is_first || last == IO || last == PUB;
        break;
    case IF:
    case WHILE:
    case FOR:
    case MATCH:
    case SELECT:
    case RECORD:
    case ENUM:
    case TEST:
        *wants_block(lexer) = true;
        break;
    case '{':
        if (last == RECORD_ID && second != RECORD)
            break;
        /* fall through */
    case NL:
    case FAT:
        *wants_block(lexer) = false;
        break;
    default:
        break;
    }
}

/* From the last token to the end of the one in hand, if nothing but blanks stands between them. */
static struct span gap_before(const struct lexer *lexer)
{
    uint32_t start = lexer->last[0].span.end, end = lexer->held.span.start;
    bool is_blank = strspn(lexer->source->text + start, " \t\r\n") >= end - start;
    return is_blank ? lexer_span(lexer, start, lexer->held.span.end) : (struct span){0};
}

/* The line of the brace in hand is the next one after a head without a block, or the name of a
 * record's value. */
static bool is_late_brace(struct lexer *lexer)
{
    return lexer->held.kind == '{' && (*wants_block(lexer) || lexer->last[0].kind == RECORD_ID);
}

static void report_late_brace(struct lexer *lexer)
{
    int last = lexer->last[0].kind;
    if (last == IF || last == WHILE || last == FOR || last == IN || last == MATCH)
        return; /* what is missing there is told by the grammar */
    lexer->held.is_told = true;
    if (lexer->said_brace)
        return;
    lexer->said_brace = true;
    struct diag *d = diag_error(lexer->diags, DIAG_foreign, lexer->held.span,
                                "this `{` belongs at the end of the line before");
    diag_hint(lexer->diags, d,
              "a line end ends a statement: write `fn f() {`, `if c {`, `} else {`, and so on");
    struct span gap = gap_before(lexer);
    if (gap.source)
        diag_fix(lexer->diags, d, gap, " {");
}

static bool is_arm_ahead(const struct lexer *lexer)
{
    const char *at = lexer->source->text + lexer->held.span.end;
    for (; *at && *at != '\n' && *at != '{'; at++)
        if (at[0] == '=' && at[1] == '>')
            return true;
    return false;
}

/* The token in hand goes on with an expression or a declaration and begins none. Behind a blank:
 * `*p` and `&x` are habits of their own. */
static bool is_late_operator(const struct lexer *lexer)
{
    const char *rest = lexer->source->text + lexer->held.span.end;
    bool is_alone = *rest == ' ' || *rest == '\n', is_minus_behind = rest[strspn(rest, " ")] == '-';
    if (!balance_ends_operand(lexer->last[0].kind))
        return false;
    if (lexer->held.kind == IS || lexer->held.kind == AS || lexer->held.kind == IN)
        return !strchr(":=", rest[strspn(rest, " \t")]); /* or it is to be a name */
    switch (lexer->held.kind) {
    case EQ:
    case NE:
    case LE:
    case GE:
    case SHL:
    case SHR:
    case ANDAND:
    case OP_SET:
    case ARROW:
    case FAT:
    case OROR:
    case ',':
    case '?':
        return true;
    case '-':
        return is_alone && !is_minus_behind; /* `- -x` is a value */
    case '|':
        return is_alone && !(is_arm_ahead(lexer) && lexer->head == FAT);
    default:
        return is_alone && lexer->held.kind && lexer->held.kind < 256 &&
               strchr("=+*/%&^<>", lexer->held.kind);
    }
}

static void report_late_operator(struct lexer *lexer)
{
    lexer->held.is_told = true;
    if (lexer->said_operator)
        return;
    lexer->said_operator = true;
    struct span span = lexer->held.span;
    int len = (int)(span.end - span.start);
    const char *sign = lexer->source->text + span.start;
    struct diag *d =
        diag_error(lexer->diags, DIAG_foreign, span,
                   "a line cannot begin with `%.*s`: the one before has ended", len, sign);
    if (lexer->last[0].kind == '}') {
        diag_hint(lexer->diags, d,
                  "an operand that ends with `}` stands in parentheses: "
                  "`(if c { a } else { b }) + 1`");
        return;
    }
    diag_hint(lexer->diags, d, "write `%.*s` at the end of the line before", len, sign);
    struct span gap = gap_before(lexer);
    if (gap.source)
        diag_fix(lexer->diags, d, gap, " %.*s%.*s", len, sign, (int)(span.start - gap.start),
                 lexer->source->text + gap.start);
}

bool line_has_needless_bar(struct lexer *lexer)
{
    int last = lexer->last[0].kind;
    bool is_start = last == '{' || last == ',' || lexer->head == FAT;
    if (lexer->held.kind != '|' || !lexer->held.is_first || !is_start || !lexer->brackets.count ||
        lexer->brackets.at[lexer->brackets.count - 1].opener != '{' || !is_arm_ahead(lexer))
        return false;
    if (!lexer->said_bar && !lexer->is_skipping) {
        struct diag *d = diag_error(lexer->diags, DIAG_foreign, lexer->held.span,
                                    "an arm begins with its pattern: leave `|` out");
        diag_fix(lexer->diags, d, lexer->held.span, "%s", "");
    }
    lexer->said_bar = true;
    return true;
}

bool line_is_late(struct lexer *lexer)
{
    bool is_brace = is_late_brace(lexer);
    if (!is_brace && !is_late_operator(lexer))
        return false;
    if (!lexer->is_skipping && is_brace)
        report_late_brace(lexer);
    else if (!lexer->is_skipping)
        report_late_operator(lexer);
    return true;
}
