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
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "lib/stringinfo.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/ruleutils.h"

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

/* The columns that an expression names. */
typedef struct NamedColumns
{
	const char *expression;
	List	   *names;			/* of String: relation or "", column, ... */
} NamedColumns;

/* The number of a column, from 0; a new one is added. */
static int
add_column(NamedColumns *columns, ColumnRef *reference)
{
	List	   *fields = reference->fields;
	char	   *relation;
	char	   *name;
	int			n;

	if (list_length(fields) > 2 || IsA(llast(fields), A_Star))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("an expression over one record cannot hold %s: %s",
						NameListToString(fields), columns->expression)));
	relation = list_length(fields) == 2 ? strVal(linitial(fields)) : "";
	name = strVal(llast(fields));
	for (n = 0; n < list_length(columns->names) / 2; n++)
		if (strcmp(strVal(list_nth(columns->names, 2 * n)), relation) == 0 &&
			strcmp(strVal(list_nth(columns->names, 2 * n + 1)), name) == 0)
			return n;
	columns->names = lappend(lappend(columns->names, makeString(relation)),
							 makeString(name));
	return n;
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
		add_column(columns, (ColumnRef *) node);
		return false;
	}
	return raw_expression_tree_walker(node, collect_columns, context);
}

PG_FUNCTION_INFO_V1(expression_columns);
/*
 * _innovation_score.expression_columns(expression text) → text[]
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

/* Columns stand as parameters while an expression is analyzed. */
static Node *
column_parameter(ParseState *pstate, ColumnRef *reference)
{
	Param	   *parameter = makeNode(Param);

	parameter->paramkind = PARAM_EXTERN;
	parameter->paramid = add_column(pstate->p_ref_hook_state, reference) + 1;
	parameter->paramtype = FLOAT8OID;
	parameter->paramtypmod = -1;
	parameter->paramcollid = InvalidOid;
	parameter->location = reference->location;
	return (Node *) parameter;
}

/* The text of an analyzed expression, with its columns in place again. */
static char *
text_with_columns(const char *text, List *names)
{
	StringInfoData result;
	const char *c;
	char		quote = '\0';

	initStringInfo(&result);
	for (c = text; *c != '\0'; c++)
	{
		if (quote == '\0' && *c == '$')
		{
			char	   *end;
			int			n = (int) strtol(c + 1, &end, 10) - 1;
			char	   *relation = strVal(list_nth(names, 2 * n));

			if (relation[0] != '\0')
				appendStringInfo(&result, "%s.", quote_identifier(relation));
			appendStringInfoString(&result,
								   quote_identifier(strVal(list_nth(names, 2 * n + 1))));
			c = end - 1;
			continue;
		}

		/* A doubled quote ends a string and begins the next. */
		if (quote == '\0' && (*c == '\'' || *c == '"'))
			quote = *c;
		else if (*c == quote)
			quote = '\0';
		appendStringInfoChar(&result, *c);
	}
	return result.data;
}

PG_FUNCTION_INFO_V1(bound_condition);
/*
 * _innovation_score.bound_condition(condition text) → text
 *
 * A condition over columns of type double precision, analyzed with the schemas
 * of search_path, as text that means the same whatever the search_path: what
 * is not PostgreSQL's own has its schema, casts and parentheses are explicit.
 */
Datum
bound_condition(PG_FUNCTION_ARGS)
{
	char	   *condition = text_to_cstring(PG_GETARG_TEXT_PP(0));
	List	   *statements = parse("condition", psprintf("SELECT (%s)", condition));
	NamedColumns columns = {condition, NIL};
	ParseState *pstate = make_parsestate(NULL);
	SelectStmt *statement;
	Node	   *expression;
	char	   *text;
	int			level;

	if (list_length(statements) != 1)
		refuse("condition", condition);
	statement = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	pstate->p_pre_columnref_hook = column_parameter;
	pstate->p_ref_hook_state = &columns;
	expression = transformExpr(pstate, linitial_node(ResTarget, statement->targetList)->val,
							   EXPR_KIND_WHERE);
	expression = coerce_to_boolean(pstate, expression, "WHERE");
	assign_expr_collations(pstate, expression);
	free_parsestate(pstate);

	/* PostgreSQL 14 wants a relation, whichever, where there is a parameter. */
	level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	text = deparse_expression(expression,
							  deparse_context_for("firm", RelationRelationId),
							  false, true);

	AtEOXact_GUC(true, level);
	PG_RETURN_TEXT_P(cstring_to_text(text_with_columns(text, columns.names)));
}
