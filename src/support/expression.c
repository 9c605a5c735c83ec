/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Is this text one SQL expression?
 *
 * Views are generated from expressions that users give.  Before one is put
 * into a statement, PostgreSQL's own parser must find that it is an expression
 * and nothing but, whatever parentheses, comments and quotes it holds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/expression.h"

static void
refuse(const char *what, const char *expression)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("%s is not one SQL expression: %s", what, expression)));
}

/* What a syntax error is reported against. */
typedef struct ParsedText
{
	const char *what;
	const char *query;
} ParsedText;

static void
parse_error(void *arg)
{
	ParsedText *text = arg;
	int			position = geterrposition();

	/* The position is one in our text, not in the caller's statement. */
	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text->query);
	}
	errcontext("%s", text->what);
}

static List *
parse(const char *what, const char *query)
{
	ParsedText text = {what, query};
	ErrorContextCallback callback = {0};
	List	   *statements;

	callback.callback = parse_error;
	callback.arg = &text;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	statements = raw_parser(query, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;
	return statements;
}

/* "(a, b)" is a row, "t.*" and "(t).*" are columns: no scalar either way. */
static bool
may_be_scalar(Node *expression)
{
	List	   *names = NIL;

	if (IsA(expression, RowExpr))
		return false;
	if (IsA(expression, ColumnRef))
		names = ((ColumnRef *) expression)->fields;
	else if (IsA(expression, A_Indirection))
		names = ((A_Indirection *) expression)->indirection;
	return names == NIL || !IsA(llast(names), A_Star);
}

Node *
expression_tree(const char *what, const char *expression)
{
	List	   *statements;
	SelectStmt *statement;
	ResTarget  *target;

	/* By itself, so that "a) + (b" is none, ... */
	parse(what, psprintf("SELECT %s", expression));

	/* ... and in parentheses, which a comment at its end would swallow. */
	statements = parse(what, psprintf("SELECT (%s)", expression));
	if (list_length(statements) != 1)
		refuse(what, expression);
	statement = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(statement, SelectStmt) || statement->op != SETOP_NONE ||
		list_length(statement->targetList) != 1 ||
		statement->distinctClause != NIL || statement->intoClause != NULL ||
		statement->fromClause != NIL || statement->whereClause != NULL ||
		statement->groupClause != NIL || statement->havingClause != NULL ||
		statement->windowClause != NIL || statement->valuesLists != NIL ||
		statement->sortClause != NIL || statement->limitOffset != NULL ||
		statement->limitCount != NULL || statement->lockingClause != NIL ||
		statement->withClause != NULL)
		refuse(what, expression);
	target = linitial_node(ResTarget, statement->targetList);

	if (target->name != NULL || target->indirection != NIL ||
		!may_be_scalar(target->val))
		refuse(what, expression);
	return target->val;
}

PG_FUNCTION_INFO_V1(check_expression);
/*
 * check_expression(expression text, what text) → text
 *
 * The expression as given, if it is one.
 */
Datum
check_expression(PG_FUNCTION_ARGS)
{
	expression_tree(text_to_cstring(PG_GETARG_TEXT_PP(1)),
					text_to_cstring(PG_GETARG_TEXT_PP(0)));
	PG_RETURN_TEXT_P(PG_GETARG_TEXT_PP(0));
}

PG_FUNCTION_INFO_V1(same_expression);
/*
 * _innovation_score.same_expression(a text, b text) → boolean
 *
 * Whether two expressions are the same to the parser, whatever parentheses that
 * say nothing, spaces and comments they have.
 */
Datum
same_expression(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(equal(expression_tree("expression", text_to_cstring(PG_GETARG_TEXT_PP(0))),
						 expression_tree("expression", text_to_cstring(PG_GETARG_TEXT_PP(1)))));
}

PG_FUNCTION_INFO_V1(query_is_immutable);
/*
 * _innovation_score.is_immutable(query text) → boolean
 *
 * Whether a query calls immutable functions only.  It is analyzed, with the
 * schemas of search_path, but not run.
 */
Datum
query_is_immutable(PG_FUNCTION_ARGS)
{
	char	   *command = text_to_cstring(PG_GETARG_TEXT_PP(0));
	List	   *statements = raw_parser(command, RAW_PARSE_DEFAULT);
	Query	   *query;

	if (list_length(statements) != 1)
		refuse("query", command);
	query = parse_analyze_fixedparams(linitial_node(RawStmt, statements), command,
									  NULL, 0, NULL);
	PG_RETURN_BOOL(!contain_mutable_functions((Node *) query));
}
