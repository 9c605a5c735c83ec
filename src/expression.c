/*-------------------------------------------------------------------------
 *
 * expression.c
 *	  Is this text one SQL expression, and which columns does it name?
 *
 * Views are generated from expressions that users give.  Before one is put
 * into a statement, PostgreSQL's own parser must find that it is an expression
 * and nothing but, whatever parentheses, comments and quotes it holds.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "compat.h"

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
	ErrorContextCallback callback;
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

PG_FUNCTION_INFO_V1(check_expression);
/*
 * check_expression(expression text, what text) → text
 *
 * The expression as given, if it can stand in parentheses in a SELECT list;
 * otherwise a syntax error that says what it was meant for.
 */
Datum
check_expression(PG_FUNCTION_ARGS)
{
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *what = text_to_cstring(PG_GETARG_TEXT_PP(1));
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
	PG_RETURN_TEXT_P(PG_GETARG_TEXT_PP(0));
}

/* The columns that an expression names. */
typedef struct NamedColumns
{
	const char *expression;
	List	   *names;			/* of String: relation or "", column, ... */
} NamedColumns;

static void
add_column(NamedColumns *columns, char *relation, char *name)
{
	ListCell   *cell;

	for (cell = list_head(columns->names); cell != NULL;
		 cell = lnext(columns->names, lnext(columns->names, cell)))
		if (strcmp(strVal(lfirst(cell)), relation) == 0 &&
			strcmp(strVal(lfirst(lnext(columns->names, cell))), name) == 0)
			return;
	columns->names = lappend(lappend(columns->names, makeString(relation)),
							 makeString(name));
}

static bool
collect_columns(Node *node, void *context)
{
	NamedColumns *columns = context;

	if (node == NULL)
		return false;
	if (IsA(node, SubLink))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("an expression over one record cannot hold a subquery: %s",
						columns->expression)));
	if (IsA(node, ColumnRef))
	{
		List	   *fields = ((ColumnRef *) node)->fields;

		if (list_length(fields) > 2 || IsA(llast(fields), A_Star))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("an expression over one record cannot hold %s: %s",
							NameListToString(fields), columns->expression)));
		add_column(columns,
				   list_length(fields) == 2 ? strVal(linitial(fields)) : "",
				   strVal(llast(fields)));
		return false;
	}
	return raw_expression_tree_walker(node, collect_columns, context);
}

PG_FUNCTION_INFO_V1(expression_columns);
/*
 * _expression_columns(expression text) → text[]
 *
 * The columns that an expression names, each once and in the order in which
 * they first stand there, as pairs: the relation ("" for a name without one),
 * then the column.  An expression that names none gives an empty array.
 */
Datum
expression_columns(PG_FUNCTION_ARGS)
{
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(0));
	NamedColumns columns = {expression, NIL};
	List	   *statements = parse("expression", psprintf("SELECT (%s)", expression));
	Datum	   *texts;
	ListCell   *cell;
	int			n = 0;
	int			dimensions[2];
	int			lower_bounds[2] = {1, 1};

	if (list_length(statements) != 1)
		refuse("expression", expression);
	collect_columns(linitial_node(RawStmt, statements)->stmt, &columns);
	if (columns.names == NIL)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(TEXTOID));
	texts = palloc(list_length(columns.names) * sizeof(Datum));
	foreach(cell, columns.names)
		texts[n++] = CStringGetTextDatum(strVal(lfirst(cell)));
	dimensions[0] = n / 2;
	dimensions[1] = 2;
	PG_RETURN_ARRAYTYPE_P(construct_md_array(texts, NULL, 2, dimensions,
											 lower_bounds, TEXTOID, -1, false,
											 TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(query_is_immutable);
/*
 * _is_immutable(query text) → boolean
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
