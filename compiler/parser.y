/* parser.y - the grammar; each action makes one node. Newlines arrive only where they end something,
 * brackets always balanced (balance.c). Expressions come in three strengths: `expr` is anything,
 * `binary` has operators but no block-like forms, so a `{` behind it opens a block (`head` has `else`
 * too), and `postfix` may be called, indexed and assigned. `error` stands where a broken part can be
 * left out whole; what holds it in brackets is a symbol of its own, so that an error behind the
 * brackets is not taken for one within. */
%define api.pure full
%define api.prefix {parser_}
%define api.location.type {struct span}
%define lr.type ielr
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parse *p}

%code requires {
#include "parse_state.h"
}

%union {
    union token_value token;
    struct node *node;
    struct nodes nodes;
    struct reduction reduction;
    uint32_t flags;
    bool flag;
    enum op op;
}

%code provides {
int parser_lex(PARSER_STYPE *, PARSER_LTYPE *, struct parse *);
}

%code {
/* From the start of the first part that has text to the end of the last. */
#define YYLLOC_DEFAULT(result, parts, count)                                                       \
    do {                                                                                           \
        int first_ = 1;                                                                            \
        while (first_ < (count) && YYRHSLOC(parts, first_).start == YYRHSLOC(parts, first_).end)   \
            first_++;                                                                              \
        if (count)                                                                                 \
            (result) = span_join(YYRHSLOC(parts, first_), YYRHSLOC(parts, (count)));               \
        else                                                                                       \
            (result) = (struct span){YYRHSLOC(parts, 0).source, YYRHSLOC(parts, 0).end,            \
                                     YYRHSLOC(parts, 0).end};                                      \
    } while (0)

/* Ends the recovery. The token that caused it goes, unless it is where the broken part ends. */
#define RECOVER(span)                                                                              \
    (yyerrok, (void)yynerrs, yychar = p->lexer.is_skipping ? PARSER_EMPTY : yychar, AST(p, bad, span, 0))

static void parser_error(const struct span *, struct parse *, const char *);
}

%token <token> ID "a name" TYPE_ID "a type name" RECORD_ID "a record"
%token <token> INT "a number" FLOAT DURATION STR "a string" BYTES STR_HEAD STR_MID STR_TAIL SPEC_TEXT
%token NL "a new line"
%token LET "`let`" VAR "`var`" IF "`if`" ELSE "`else`" FOR "`for`" IN "`in`" WHILE "`while`"
%token MATCH "`match`" RETURN "`return`" FAIL "`fail`" BREAK "`break`" CONTINUE "`continue`"
%token SPAWN "`spawn`" AWAIT "`await`" TRY "`try`" CANCEL "`cancel`" DETACH "`detach`"
%token EXPECT "`expect`" PAR "`par`" REDUCE "`reduce`" SCAN "`scan`" FROM "`from`" STEP "`step`"
%token SELECT "`select`" AFTER "`after`" AS "`as`" IS "`is`" FUTURE "`future`"
%token FN "`fn`" TASK "`task`" IO "`io`" RECORD "`record`" ENUM "`enum`" IMPORT "`import`"
%token EXTERN "`extern`" LINK "`link`" PUB "`pub`" TEST "`test`" TRUE "`true`" FALSE "`false`"
%token FAT "`=>`" ARROW "`->`" DOTDOT "`..`" EQ "`==`" NE "`!=`" LE "`<=`" GE "`>=`"
%token SHL "`<<`" SHR "`>>`" ANDAND "`&&`" OROR "`||`"
%token <token> OP_SET "`+=`"
%token <token> FOREIGN RESERVED

%type <nodes> attrs attrs1 generics names param_list params params1 fields fields1 variants variants1 types
%type <nodes> types1 stmts arms arms1 select_arms pieces args args1 list list1 entries indices
%type <nodes> inits inits1 lambda_params patterns import_names import_list
%type <node> item plain_item signature extern_signature result param field variant attr type type1 type_name stmt
%type <node> block expr if_expr binary head conjunction comparison bit_or bit_xor bit_and shift sum
%type <node> product cast unary awaiting awaited target postfix callable chain call call_name
%type <node> primary string hole arg element index loop_range arm guard condition init
%type <node> select_arm pattern bound pattern0 lambda_param reducer import_name
%type <token> upper path
%type <flags> func_kind
%type <flag> pub
%type <op> compare operator
%type <reduction> reduction
%type <token> link alias spec

/* `[return for x in xs ...]` can only mean that a loop's value is returned. */
%precedence ALONE
%precedence FOR

%start module

%%

/* -- module and items -- */

module: %empty | items ;
items: item            { p->module->module_.items = parse_list(p, p->module->module_.items, $1); }
    | items NL item    { p->module->module_.items = parse_list(p, p->module->module_.items, $3); }
    ;
item: attrs pub plain_item  { $$ = parse_item(p, @$, $1, $2, $3); }
    | error            { $$ = RECOVER(@$); }
    ;
pub: %empty            { $$ = false; }
    | PUB              { $$ = true; }
    ;
plain_item: signature block
                       { $$ = $1; $$->span = @$; $$->func_.body = $2; }
    | EXTERN STR link alias extern_signature
                       { $$ = $5; $$->func_.flags |= FUNC_EXTERN;
                         $$->func_.header = parse_text(p, @2, $2.text);
                         $$->func_.header_at = @2;
                         $$->func_.link = $3.name;
                         $$->func_.link_at = @3;
                         $$->func_.c_name = $4.name; }
    | EXTERN STR link alias RECORD upper '{' fields '}'
                       { $$ = AST(p, record, @$, .name = $6.name, .name_at = @6, .fields = $8,
                                  .header = parse_text(p, @2, $2.text), .header_at = @2,
                                  .c_name = $4.name); }
    | RECORD upper '{' fields '}'
                       { $$ = AST(p, record, @$, .name = $2.name, .name_at = @2, .fields = $4); }
    | ENUM upper '{' variants '}'
                       { $$ = AST(p, enum, @$, .name = $2.name, .name_at = @2, .variants = $4); }
    | IMPORT path      { $$ = AST(p, import, @$, .path = $2.name, .name_at = @2); }
    | IMPORT path '.' '{' import_names '}'
                       { $$ = AST(p, import, @$, .path = $2.name, .name_at = @2, .names = $5); }
    | LET bound '=' expr
                       { $$ = parse_constant(p, AST(p, let, @$, .pattern = $2, .value = $4)); }
    | LET bound ':' type '=' expr
                       { $$ = parse_constant(p, AST(p, let, @$, .pattern = $2, .annotation = $4,
                                                    .value = $6)); }
    | TEST STR block   { $$ = AST(p, test, @$, .name = parse_text(p, @2, $2.text), .name_at = @2, .body = $3); }
    | TEST STR FOR param_list block
                       { $$ = AST(p, test, @$, .name = parse_text(p, @2, $2.text), .name_at = @2,
                                  .params = $4, .body = $5); }
    ;
link: %empty           { $$.name = NULL; }
    | LINK STR         { $$.name = parse_text(p, @2, $2.text); }
    ;
alias: %empty          { $$.name = NULL; }
    | AS STR           { $$.name = parse_text(p, @2, $2.text); }
    ;
path: ID
    | path '.' ID      { $$.name = parse_path(p, $1.name, $3.name); }
    ;
import_names: %empty   { $$ = (struct nodes){0}; }
    | import_list
    | import_list separator
    ;
import_list: import_name { $$ = parse_list(p, (struct nodes){0}, $1); }
    | import_list separator import_name { $$ = parse_list(p, $1, $3); }
    ;
import_name: ID        { $$ = AST(p, name, @$, .name = $1.name); }
    | upper            { $$ = AST(p, name, @$, .name = $1.name); }
    | error            { $$ = RECOVER(@$); }
    ;
upper: TYPE_ID | RECORD_ID ;
separator: ',' | NL ;

attrs: %empty          { $$ = (struct nodes){0}; }
    | attrs1
    ;
attrs1: attr           { $$ = parse_list(p, (struct nodes){0}, $1); }
    | attrs1 attr      { $$ = parse_list(p, $1, $2); }
    ;
attr: '@' ID           { $$ = AST(p, attr, @$, .name = $2.name); }
    | '@' ID '(' args ')' { $$ = AST(p, attr, @$, .name = $2.name, .args = $4); }
    ;

signature: func_kind ID generics param_list result
                       { $$ = AST(p, func, @$, .name = $2.name, .name_at = @2, .flags = $1,
                                  .generics = $3, .params = $4, .result = $5); }
    ;
extern_signature: signature
    | func_kind TYPE_ID generics param_list result
                       { $$ = AST(p, func, @$, .name = $2.name, .name_at = @2, .flags = $1,
                                  .generics = $3, .params = $4, .result = $5); }
    ;
func_kind: FN          { $$ = 0; }
    | TASK             { $$ = FUNC_TASK; }
    | IO FN            { $$ = FUNC_IO; }
    | IO TASK          { $$ = FUNC_IO | FUNC_TASK; }
    ;
generics: %empty       { $$ = (struct nodes){0}; }
    | '<' names '>'    { $$ = $2; }
    ;
names: TYPE_ID         { $$ = parse_list(p, (struct nodes){0}, AST(p, name, @1, .name = $1.name)); }
    | names ',' TYPE_ID { $$ = parse_list(p, $1, AST(p, name, @3, .name = $3.name)); }
    ;
param_list: '(' params ')' { $$ = $2; }
    ;
params: %empty         { $$ = (struct nodes){0}; }
    | params1
    | params1 ','
    ;
params1: param         { $$ = parse_list(p, (struct nodes){0}, $1); }
    | params1 ',' param { $$ = parse_list(p, $1, $3); }
    ;
param: ID ':' type     { $$ = AST(p, param, @$, .name = $1.name, .annotation = $3); }
    | ID ':' type '=' expr
                       { $$ = AST(p, param, @$, .name = $1.name, .annotation = $3, .initial = $5); }
    | VAR ID ':' type  { $$ = AST(p, param, @$, .name = $2.name, .is_var = true, .annotation = $4); }
    | error            { $$ = RECOVER(@$); }
    ;
result: %empty         { $$ = NULL; }
    | ARROW type       { $$ = $2; }
    ;
fields: %empty         { $$ = (struct nodes){0}; }
    | fields1
    | fields1 separator
    ;
fields1: field         { $$ = parse_list(p, (struct nodes){0}, $1); }
    | fields1 separator field { $$ = parse_list(p, $1, $3); }
    ;
field: ID ':' type     { $$ = AST(p, field, @$, .name = $1.name, .annotation = $3); }
    | error            { $$ = RECOVER(@$); }
    ;
variants: %empty       { $$ = (struct nodes){0}; }
    | variants1
    | variants1 separator
    ;
variants1: variant     { $$ = parse_list(p, (struct nodes){0}, $1); }
    | variants1 separator variant { $$ = parse_list(p, $1, $3); }
    ;
variant: upper         { $$ = AST(p, variant, @$, .name = $1.name); }
    | upper '(' types ')' { $$ = AST(p, variant, @$, .name = $1.name, .types = $3); }
    | error            { $$ = RECOVER(@$); }
    ;

/* -- types -- */

type: type1
    | FUTURE type      { $$ = AST(p, type_future, @$, .elem = $2); }
    | FN '(' types ')' ARROW type
                       { $$ = AST(p, type_fn, @$, .params = $3, .result = $6); }
    | FN '(' types ')' { $$ = AST(p, type_fn, @$, .params = $3); }
    ;
type1: type_name
    | ID '[' types ']' { $$ = parse_generic_type(p, @$, $1.name, $3); }
    | '[' type ']'     { $$ = AST(p, type_array, @$, .elem = $2, .rank = 1); }
    | '[' type ',' INT ']' { $$ = parse_rank(p, @4, AST(p, type_array, @$, .elem = $2), $4.integer); }
    | '(' types ')'    { $$ = parse_type_parens(p, @$, $2); }
    | type1 '?'        { $$ = AST(p, type_option, @$, .elem = $1); }
    | type1 '!'        { $$ = AST(p, type_result, @$, .elem = $1); }
    ;
type_name: ID          { $$ = AST(p, type_name, @$, .name = $1.name); }
    | upper            { $$ = AST(p, type_name, @$, .name = $1.name); }
    | ID '.' upper     { $$ = AST(p, type_name, @$, .module = $1.name, .name = $3.name); }
    ;
types: %empty          { $$ = (struct nodes){0}; }
    | types1
    | types1 ','
    ;
types1: type           { $$ = parse_list(p, (struct nodes){0}, $1); }
    | types1 ',' type  { $$ = parse_list(p, $1, $3); }
    ;

/* -- statements -- */

block: '{' '}'         { $$ = AST(p, block, @$, .stmts = {0}); }
    | '{' stmts '}'    { $$ = AST(p, block, @$, .stmts = $2); }
    ;
stmts: stmt            { $$ = parse_list(p, (struct nodes){0}, $1); }
    | stmts NL stmt    { $$ = parse_list(p, $1, $3); }
    | stmts error      { $$ = $1; $$.at[$$.count - 1] = RECOVER(span_join($$.at[$$.count - 1]->span, @2)); }
    ;
stmt: expr
    | LET bound '=' expr
                       { $$ = AST(p, let, @$, .pattern = $2, .value = $4); }
    | LET bound ':' type '=' expr
                       { $$ = AST(p, let, @$, .pattern = $2, .annotation = $4, .value = $6); }
    | VAR bound '=' expr
                       { $$ = AST(p, let, @$, .is_var = true, .pattern = $2, .value = $4); }
    | VAR bound ':' type '=' expr
                       { $$ = AST(p, let, @$, .is_var = true, .pattern = $2, .annotation = $4, .value = $6); }
    | postfix '=' expr { $$ = parse_assign(p, @$, OP_NONE, $1, $3); }
    | postfix OP_SET expr { $$ = parse_assign(p, @$, (enum op)$2.integer, $1, $3); }
    | WHILE head block { $$ = AST(p, while, @$, .cond = $2, .body = $3); }
    | FOR pattern IN loop_range block
                       { $$ = AST(p, for, @$, .pattern = $2, .iter = $4, .body = $5); }
    | EXPECT expr      { $$ = AST(p, expect, @$, .cond = $2); }
    | CANCEL binary    { $$ = AST(p, cancel, @$, .value = $2); }
    | DETACH binary    { $$ = AST(p, detach, @$, .value = $2); }
    | error            { $$ = RECOVER(@$); }
    ;

/* -- expressions that hold blocks -- */

expr: binary
    | binary ELSE expr { $$ = AST(p, else, @$, .value = $1, .otherwise = $3); }
    | block
    | if_expr
    | MATCH head '{' arms '}'
                       { $$ = AST(p, match, @$, .subject = $2, .arms = $4); }
    | PAR FOR pattern IN loop_range reduction block
                       { $$ = AST(p, par_for, @$, .pattern = $3, .iter = $5, .body = $7, .reduce = $6.kind,
                                  .op = $6.op, .with = $6.with, .from = $6.from); }
    | PAR FOR pattern IN loop_range block
                       { $$ = AST(p, par_for, @$, .pattern = $3, .iter = $5, .body = $6); }
    | attrs1 PAR FOR pattern IN loop_range reduction block
                       { $$ = AST(p, par_for, @$, .attrs = $1, .pattern = $4, .iter = $6, .body = $8,
                                  .reduce = $7.kind, .op = $7.op, .with = $7.with, .from = $7.from); }
    | attrs1 PAR FOR pattern IN loop_range block
                       { $$ = AST(p, par_for, @$, .attrs = $1, .pattern = $4, .iter = $6, .body = $7); }
    | FOR pattern IN loop_range reduction block
                       { $$ = AST(p, par_for, @$, .is_serial = true, .pattern = $2, .iter = $4, .body = $6,
                                  .reduce = $5.kind, .op = $5.op, .with = $5.with, .from = $5.from); }
    | SELECT '{' select_arms '}' { $$ = AST(p, select, @$, .arms = $3); }
    | SELECT '{' select_arms separator '}' { $$ = AST(p, select, @$, .arms = $3); }
    | '|' lambda_params '|' expr
                       { $$ = AST(p, lambda, @$, .params = $2, .body = $4); }
    | OROR expr        { $$ = AST(p, lambda, @$, .body = $2); }
    | RETURN %prec ALONE { $$ = AST(p, return, @$, .value = NULL); }
    | RETURN expr      { $$ = AST(p, return, @$, .value = $2); }
    | FAIL expr        { $$ = AST(p, fail, @$, .message = $2); }
    | FAIL binary FROM binary { $$ = AST(p, fail, @$, .message = $2, .cause = $4); }
    | BREAK            { $$ = AST(p, break, @$, .unused_ = false); }
    | CONTINUE         { $$ = AST(p, continue, @$, .unused_ = false); }
    ;
if_expr: IF head block { $$ = AST(p, if, @$, .cond = $2, .then = $3); }
    | IF head block ELSE block { $$ = AST(p, if, @$, .cond = $2, .then = $3, .otherwise = $5); }
    | IF head block ELSE if_expr { $$ = AST(p, if, @$, .cond = $2, .then = $3, .otherwise = $5); }
    ;
head: binary
    | binary ELSE head { $$ = AST(p, else, @$, .value = $1, .otherwise = $3); }
    ;
loop_range: head
    | binary DOTDOT binary { $$ = AST(p, range, @$, .lo = $1, .hi = $3); }
    | binary DOTDOT binary STEP binary
                       { $$ = AST(p, range, @$, .lo = $1, .hi = $3, .step = $5); }
    ;
reduction: REDUCE operator { $$ = (struct reduction){.kind = REDUCE_OP, .op = $2}; }
    | SCAN operator    { $$ = (struct reduction){.kind = REDUCE_SCAN, .op = $2}; }
    | REDUCE reducer   { $$ = parse_reduction(p, @$, false, $2, NULL); }
    | SCAN reducer     { $$ = parse_reduction(p, @$, true, $2, NULL); }
    | REDUCE reducer FROM binary { $$ = parse_reduction(p, @$, false, $2, $4); }
    | SCAN reducer FROM binary { $$ = parse_reduction(p, @$, true, $2, $4); }
    ;
reducer: ID            { $$ = AST(p, name, @$, .name = $1.name); }
    | ID '.' ID        { $$ = AST(p, dot, @$, .object = AST(p, name, @1, .name = $1.name), .name = $3.name); }
    ;
operator: '+'          { $$ = OP_add; }
    | '*'              { $$ = OP_mul; }
    | '&'              { $$ = OP_and; }
    | '|'              { $$ = OP_or; }
    | '^'              { $$ = OP_xor; }
    | ANDAND           { $$ = OP_land; }
    | OROR             { $$ = OP_lor; }
    ;
arms: %empty           { $$ = (struct nodes){0}; }
    | arms1
    | arms1 separator
    ;
arms1: arm             { $$ = parse_list(p, (struct nodes){0}, $1); }
    | arms1 separator arm { $$ = parse_list(p, $1, $3); }
    ;
arm: pattern guard FAT expr
                       { $$ = AST(p, arm, @$, .pattern = $1, .guard = $2, .body = $4); }
    | error            { $$ = RECOVER(@$); }
    ;
guard: %empty          { $$ = NULL; }
    | IF head          { $$ = $2; }
    ;
select_arms: select_arm { $$ = parse_list(p, (struct nodes){0}, $1); }
    | select_arms separator select_arm { $$ = parse_list(p, $1, $3); }
    ;
select_arm: ID '=' AWAIT target FAT expr
                       { $$ = AST(p, select_arm, @$, .pattern = parse_name_pattern(p, @1, $1.name),
                                  .future = $4, .body = $6); }
    | ID '=' TRY AWAIT target FAT expr
                       { $$ = AST(p, select_arm, @$, .pattern = parse_name_pattern(p, @1, $1.name),
                                  .is_try = true, .future = $5, .body = $7); }
    | AFTER binary FAT expr { $$ = AST(p, select_arm, @$, .future = $2, .body = $4); }
    | error            { $$ = RECOVER(@$); }
    ;
lambda_params: lambda_param { $$ = parse_list(p, (struct nodes){0}, $1); }
    | lambda_params ',' lambda_param { $$ = parse_list(p, $1, $3); }
    ;
lambda_param: ID       { $$ = AST(p, param, @$, .name = $1.name); }
    | ID ':' type      { $$ = AST(p, param, @$, .name = $1.name, .annotation = $3); }
    | '(' patterns ')' { $$ = parse_parens_pattern(p, @$, $2, false); }
    ;

/* -- operators, loosest first -- */

binary: conjunction
    | binary OROR conjunction { $$ = AST(p, binary, @$, .op = OP_lor, .left = $1, .right = $3); }
    ;
conjunction: comparison
    | conjunction ANDAND comparison { $$ = AST(p, binary, @$, .op = OP_land, .left = $1, .right = $3); }
    ;
comparison: bit_or
    | bit_or compare bit_or { $$ = AST(p, binary, @$, .op = $2, .left = $1, .right = $3); }
    | bit_or IS pattern0 { $$ = AST(p, is, @$, .value = $1, .pattern = $3); }
    ;
compare: EQ            { $$ = OP_eq; }
    | NE               { $$ = OP_ne; }
    | '<'              { $$ = OP_lt; }
    | LE               { $$ = OP_le; }
    | '>'              { $$ = OP_gt; }
    | GE               { $$ = OP_ge; }
    ;
bit_or: bit_xor
    | bit_or '|' bit_xor { $$ = AST(p, binary, @$, .op = OP_or, .left = $1, .right = $3); }
    ;
bit_xor: bit_and
    | bit_xor '^' bit_and { $$ = AST(p, binary, @$, .op = OP_xor, .left = $1, .right = $3); }
    ;
bit_and: shift
    | bit_and '&' shift { $$ = AST(p, binary, @$, .op = OP_and, .left = $1, .right = $3); }
    ;
shift: sum
    | shift SHL sum    { $$ = AST(p, binary, @$, .op = OP_shl, .left = $1, .right = $3); }
    | shift SHR sum    { $$ = AST(p, binary, @$, .op = OP_shr, .left = $1, .right = $3); }
    ;
sum: product
    | sum '+' product  { $$ = AST(p, binary, @$, .op = OP_add, .left = $1, .right = $3); }
    | sum '-' product  { $$ = AST(p, binary, @$, .op = OP_sub, .left = $1, .right = $3); }
    ;
product: cast
    | product '*' cast { $$ = AST(p, binary, @$, .op = OP_mul, .left = $1, .right = $3); }
    | product '/' cast { $$ = AST(p, binary, @$, .op = OP_div, .left = $1, .right = $3); }
    | product '%' cast { $$ = AST(p, binary, @$, .op = OP_rem, .left = $1, .right = $3); }
    ;
cast: unary
    | cast AS type_name { $$ = AST(p, cast, @$, .value = $1, .target = $3); }
    ;
unary: awaiting
    | postfix
    | '-' unary        { $$ = AST(p, unary, @$, .op = OP_neg, .value = $2); }
    | '!' unary        { $$ = AST(p, unary, @$, .op = OP_not, .value = $2); }
    | '~' unary        { $$ = AST(p, unary, @$, .op = OP_inv, .value = $2); }
    ;

/* -- futures: `await f?` is `(await f)?`, and `await f.x` is `await (f.x)` -- */

awaiting: awaited
    | awaiting '?'     { $$ = AST(p, question, @$, .value = $1); }
    ;
awaited: AWAIT target  { $$ = AST(p, await, @$, .value = $2); }
    | TRY AWAIT target { $$ = AST(p, await, @$, .is_try = true, .value = $3); }
    | SPAWN attrs call { $$ = AST(p, spawn, @$, .attrs = $2, .call = $3); }
    ;
target: callable
    | AWAIT target     { $$ = AST(p, await, @$, .value = $2); }
    | SPAWN attrs call { $$ = AST(p, spawn, @$, .attrs = $2, .call = $3); }
    ;
call: call_name '(' args ')' { $$ = AST(p, call, @$, .callee = $1, .args = $3); }
    ;
call_name: ID          { $$ = AST(p, name, @$, .name = $1.name); }
    | TYPE_ID          { $$ = AST(p, name, @$, .name = $1.name); }
    | call_name '.' ID { $$ = parse_dot(p, @$, $1, $3.name, @3); }
    ;

/* -- postfix: `callable` has no `?` outermost, `chain` has one somewhere -- */

postfix: callable | chain ;
callable: primary
    | callable '(' args ')' { $$ = AST(p, call, @$, .callee = $1, .args = $3); }
    | callable '[' indices ']' { $$ = AST(p, index, @$, .object = $1, .indices = $3); }
    | callable '.' ID  { $$ = parse_dot(p, @$, $1, $3.name, @3); }
    | callable '.' TYPE_ID { $$ = parse_dot(p, @$, $1, $3.name, @3); }
    | callable '.' INT { $$ = AST(p, tuple_dot, @$, .object = $1, .index = (uint32_t)$3.integer); }
    | callable '.' RECORD_ID '{' inits '}' { $$ = parse_record_of(p, @$, $1, $3.name, $5); }
    ;
chain: callable '?'    { $$ = AST(p, question, @$, .value = $1); }
    | chain '?'        { $$ = AST(p, question, @$, .value = $1); }
    | chain '(' args ')' { $$ = AST(p, call, @$, .callee = $1, .args = $3); }
    | chain '[' indices ']' { $$ = AST(p, index, @$, .object = $1, .indices = $3); }
    | chain '.' ID     { $$ = parse_dot(p, @$, $1, $3.name, @3); }
    | chain '.' INT    { $$ = AST(p, tuple_dot, @$, .object = $1, .index = (uint32_t)$3.integer); }
    ;
args: %empty           { $$ = (struct nodes){0}; }
    | args1
    | args1 ','
    ;
args1: arg             { $$ = parse_list(p, (struct nodes){0}, $1); }
    | args1 ',' arg    { $$ = parse_list(p, $1, $3); }
    ;
arg: expr
    | ID ':' expr      { $$ = AST(p, named_arg, @$, .name = $1.name, .value = $3); }
    | error            { $$ = RECOVER(@$); }
    ;
indices: index         { $$ = parse_list(p, (struct nodes){0}, $1); }
    | indices ',' index { $$ = parse_list(p, $1, $3); }
    ;
index: binary
    | DOTDOT           { $$ = AST(p, range, @$, .lo = NULL); }
    | binary DOTDOT    { $$ = AST(p, range, @$, .lo = $1); }
    | DOTDOT binary    { $$ = AST(p, range, @$, .hi = $2); }
    | binary DOTDOT binary { $$ = AST(p, range, @$, .lo = $1, .hi = $3); }
    | DOTDOT binary STEP binary { $$ = AST(p, range, @$, .hi = $2, .step = $4); }
    | binary DOTDOT binary STEP binary
                       { $$ = AST(p, range, @$, .lo = $1, .hi = $3, .step = $5); }
    | error            { $$ = RECOVER(@$); }
    ;

/* -- primary -- */

primary: ID            { $$ = AST(p, name, @$, .name = $1.name); }
    | TYPE_ID          { $$ = AST(p, name, @$, .name = $1.name); }
    | INT              { $$ = AST(p, int, @$, .value = $1.integer); }
    | FLOAT            { $$ = AST(p, float, @$, .value = $1.number); }
    | DURATION         { $$ = AST(p, duration, @$, .ns = $1.ns); }
    | TRUE             { $$ = AST(p, bool, @$, .value = true); }
    | FALSE            { $$ = AST(p, bool, @$, .value = false); }
    | BYTES            { $$ = AST(p, bytes, @$, .bytes = $1.text.bytes, .len = $1.text.len); }
    | string
    | '(' list ')'     { $$ = parse_parens(p, @$, $2, false); }
    | '(' list1 ',' ')' { $$ = parse_parens(p, @$, $2, true); }
    | '[' list ']'     { $$ = AST(p, array, @$, .elems = $2); }
    | '[' list1 ',' ']' { $$ = AST(p, array, @$, .elems = $2); }
    | '[' ':' ']'      { $$ = AST(p, map, @$, .entries = {0}); }
    | '[' entries ']'  { $$ = AST(p, map, @$, .entries = $2); }
    | '[' entries ',' ']' { $$ = AST(p, map, @$, .entries = $2); }
    | '[' element FOR pattern IN loop_range condition ']'
                       { $$ = AST(p, comp, @$, .value = $2, .pattern = $4, .iter = $6, .cond = $7); }
    | RECORD_ID '{' inits '}' { $$ = AST(p, record_lit, @$, .name = $1.name, .fields = $3); }
    | '{' DOTDOT binary '}' { $$ = AST(p, update, @$, .base = $3); }
    | '{' DOTDOT binary separator inits '}' { $$ = AST(p, update, @$, .base = $3, .fields = $5); }
    ;
string: STR            { $$ = AST(p, str, @$, .bytes = $1.text.bytes, .len = $1.text.len); }
    | pieces STR_TAIL  { $$ = AST(p, interp, @$, .parts = parse_piece(p, $1, @2, $2.text)); }
    ;
pieces: STR_HEAD hole  { $$ = parse_list(p, parse_piece(p, (struct nodes){0}, @1, $1.text), $2); }
    | pieces STR_MID hole { $$ = parse_list(p, parse_piece(p, $1, @2, $2.text), $3); }
    ;
hole: expr spec        { $$ = AST(p, hole, @$, .value = $1, .spec = $2.text.bytes, .spec_len = $2.text.len); }
    | error            { $$ = RECOVER(@$); }
    ;
spec: %empty           { $$.text = (struct token_text){0}; }
    | SPEC_TEXT
    ;
list: %empty           { $$ = (struct nodes){0}; }
    | list1
    ;
list1: element         { $$ = parse_list(p, (struct nodes){0}, $1); }
    | list1 ',' element { $$ = parse_list(p, $1, $3); }
    ;
element: expr
    | error            { $$ = RECOVER(@$); }
    ;
entries: binary ':' expr
                       { $$ = parse_list(p, (struct nodes){0}, AST(p, entry, @$, .key = $1, .value = $3)); }
    | entries ',' binary ':' expr
                       { $$ = parse_list(p, $1, AST(p, entry, span_join(@3, @5), .key = $3, .value = $5)); }
    ;
condition: %empty      { $$ = NULL; }
    | IF binary        { $$ = $2; }
    ;
inits: inits1
    | inits1 separator
    ;
inits1: init           { $$ = parse_list(p, (struct nodes){0}, $1); }
    | inits1 separator init { $$ = parse_list(p, $1, $3); }
    ;
init: ID ':' expr      { $$ = AST(p, field_init, @$, .name = $1.name, .value = $3); }
    | error            { $$ = RECOVER(@$); }
    ;

/* -- patterns -- */

pattern: pattern0
    | pattern '|' pattern0 { $$ = parse_or_pattern(p, @$, $1, $3); }
    ;
bound: pattern         { $$ = parse_bound(p, $1); }
    ;
patterns: pattern      { $$ = parse_list(p, (struct nodes){0}, $1); }
    | patterns ',' pattern { $$ = parse_list(p, $1, $3); }
    ;
pattern0: ID           { $$ = parse_name_pattern(p, @$, $1.name); }
    | upper            { $$ = AST(p, pat_ctor, @$, .name = $1.name); }
    | ID '.' upper     { $$ = AST(p, pat_ctor, @$, .module = $1.name, .name = $3.name); }
    | ID '(' patterns ')' { $$ = AST(p, pat_ctor, @$, .name = $1.name, .args = $3, .has_args = true); }
    | upper '(' patterns ')' { $$ = AST(p, pat_ctor, @$, .name = $1.name, .args = $3, .has_args = true); }
    | ID '.' upper '(' patterns ')'
                       { $$ = AST(p, pat_ctor, @$, .module = $1.name, .name = $3.name, .args = $5,
                                  .has_args = true); }
    | INT              { $$ = AST(p, pat_lit, @$, .value = AST(p, int, @1, .value = $1.integer)); }
    | FLOAT            { $$ = AST(p, pat_lit, @$, .value = AST(p, float, @1, .value = $1.number)); }
    | '-' INT          { $$ = AST(p, pat_lit, @$, .value = AST(p, unary, @$, .op = OP_neg,
                                  .value = AST(p, int, @2, .value = $2.integer))); }
    | '-' FLOAT        { $$ = AST(p, pat_lit, @$, .value = AST(p, unary, @$, .op = OP_neg,
                                  .value = AST(p, float, @2, .value = $2.number))); }
    | STR              { $$ = AST(p, pat_lit, @$, .value = AST(p, str, @1, .bytes = $1.text.bytes,
                                  .len = $1.text.len)); }
    | TRUE             { $$ = AST(p, pat_lit, @$, .value = AST(p, bool, @1, .value = true)); }
    | FALSE            { $$ = AST(p, pat_lit, @$, .value = AST(p, bool, @1, .value = false)); }
    | '(' ')'          { $$ = AST(p, pat_tuple, @$, .elems = {0}); }
    | '(' patterns ')' { $$ = parse_parens_pattern(p, @$, $2, false); }
    | '(' patterns ',' ')' { $$ = parse_parens_pattern(p, @$, $2, true); }
    ;

%%

int parser_lex(PARSER_STYPE *value, PARSER_LTYPE *span, struct parse *p)
{
    p->now = balance_next(&p->lexer);
    value->token = p->now.value;
    *span = p->now.span;
    return p->now.kind;
}

/* Hands the tokens that would have fitted to parse_unexpected, which may end the parse. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parse *p)
{
    enum { ALL = YYNTOKENS, END_PARSE = 2 /* as yyparse expects it */, ENOUGH = 1000 };
    yysymbol_kind_t symbols[ALL];
    const char *expected[ALL];
    bool is_shown = p->diags->errors < ENOUGH;
    int count = is_shown ? yypcontext_expected_tokens(context, symbols, ALL) : 0;
    if (count < 0)
        return count;
    for (int i = 0; i < count; i++)
        expected[i] = yysymbol_name(symbols[i]);
    bool goes_on =
        parse_unexpected(p, expected, count, yysymbol_name(yypcontext_token(context)));
    return goes_on ? 0 : END_PARSE;
}

/* Called when the parse ends early: its stack is full, or recovery found the end of the file. */
static void parser_error(const struct span *span, struct parse *p, const char *text)
{
    (void)text;
    parse_too_deep(p, *span);
}
