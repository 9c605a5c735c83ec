/*-------------------------------------------------------------------------
 *
 * expression_names.c
 *	  Which columns an expression names.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/expression.h"

static bool
collect_names(Node *node, void *context)
{
	ReturnSetInfo *result = context;
	ColumnRef  *column = (ColumnRef *) node;
	Datum		values[2] = {0};
	bool		nulls[2] = {true, false};

	if (node == NULL)
		return false;
	if (!IsA(node, ColumnRef))
		return raw_expression_tree_walker(node, collect_names, context);
	if (!IsA(llast(column->fields), String))
		return false;			/* t.* */
	values[1] = CStringGetTextDatum(strVal(llast(column->fields)));
	if (list_length(column->fields) > 1)
	{
		values[0] = CStringGetTextDatum(strVal(linitial(column->fields)));
		nulls[0] = false;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	return false;
}

PG_FUNCTION_INFO_V1(expression_names);
/*
 * _innovation_score.expression_names(expression text, what text) →
 * SETOF (qualifier text, name text)
 *
 * The columns that an expression names, with what stands before the point; an
 * error if the text is no expression.
 */
Datum
expression_names(PG_FUNCTION_ARGS)
{
	Node	   *tree = expression_tree(text_to_cstring(PG_GETARG_TEXT_PP(1)),
									   text_to_cstring(PG_GETARG_TEXT_PP(0)));

	init_materialized_srf(fcinfo);
	(void) collect_names(tree, fcinfo->resultinfo);
	return (Datum) 0;
}
