/*-------------------------------------------------------------------------
 *
 * condition_compile.c
 *	  From the text of a condition, over the tree that PostgreSQL's parser
 *	  makes of it, to operations.
 *
 * Values are numbers, texts or booleans, which is found out here: a name
 * whose type is not known has the types that its surroundings leave it.  What
 * must have the same type shares a cell.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/guc.h"

#include "condition/condition.h"
#include "support/compat.h"
#include "support/wire_format.h"
#include "support/expression.h"

#define MOST_NAMES		10000

/* Types that are still possible, or the cell that this one was united with. */
typedef struct TypeCell
{
	int			types;
	int			same_as;		/* itself: none */
} TypeCell;

/* The first cells have one type each. */
enum
{
	NUMBER_CELL, TEXT_CELL, BOOLEAN_CELL, FIRST_FREE_CELL
};

typedef struct Compiler
{
	ConditionResolver resolve;
	void	   *context;
	Condition  *condition;
	int			name_room;
	int			operation_room;
	int			waiting;		/* values on the stack by now */
	TypeCell   *cells;
	int			ncells;
	int			cell_room;
	int		   *name_cells;
} Compiler;

static int	compile(Compiler *compiler, Node *node);

/* Room for one more; arrays double. */
#define MAKE_ROOM(array, count, room) \
	((count) < (room) ? (array) : \
	 ((array) = repalloc_huge((array), ((room) *= 2) * sizeof(*(array)))))

static void
refuse(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a condition cannot hold %s", what),
			 errhint("It may hold constants, names, + - * /, comparisons, BETWEEN, IN, IS NULL, AND, OR, NOT, abs, floor, "
					 "least, greatest, coalesce, nullif, growth_rate, ratio, margin and same_unit.")));
}

/* ---------------- types ---------------- */

static int
new_cell(Compiler *compiler, int types)
{
	MAKE_ROOM(compiler->cells, compiler->ncells, compiler->cell_room);
	compiler->cells[compiler->ncells].types = types;
	compiler->cells[compiler->ncells].same_as = compiler->ncells;
	return compiler->ncells++;
}

static int
root_of(Compiler *compiler, int cell)
{
	TypeCell   *cells = compiler->cells;

	while (cells[cell].same_as != cell)
		cell = cells[cell].same_as = cells[cells[cell].same_as].same_as;
	return cell;
}

static int
types_of(Compiler *compiler, int cell)
{
	return compiler->cells[root_of(compiler, cell)].types;
}

/* One of the types; a text that could be a number is one. */
static int
chosen_type(int types)
{
	return types & CONDITION_TEXT ? CONDITION_TEXT :
		types & CONDITION_NUMBER ? CONDITION_NUMBER : CONDITION_BOOLEAN;
}

static const char *
type_name(int types)
{
	switch (chosen_type(types))
	{
		case CONDITION_NUMBER:
			return "a number";
		case CONDITION_TEXT:
			return "a text";
		default:
			return "a boolean";
	}
}

/* Two operands of "what" have the same type. */
static int
unite(Compiler *compiler, int a, int b, const char *what)
{
	int			first = Min(root_of(compiler, a), root_of(compiler, b));
	int			second = Max(root_of(compiler, a), root_of(compiler, b));
	int			types = compiler->cells[first].types & compiler->cells[second].types;

	if (types == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s in a condition cannot take %s and %s", what,
						type_name(types_of(compiler, a)), type_name(types_of(compiler, b)))));
	compiler->cells[second].same_as = first;
	compiler->cells[first].types = types;
	return first;
}

/* An operand of "what" has the type of one of the first cells. */
static void
demand(Compiler *compiler, int cell, int wanted, const char *what)
{
	if ((types_of(compiler, cell) & types_of(compiler, wanted)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s takes %s, not %s", what,
						type_name(types_of(compiler, wanted)), type_name(types_of(compiler, cell)))));
	unite(compiler, cell, wanted, what);
}

/* ---------------- operations ---------------- */

/* Append an operation; "type" is a cell. */
static ConditionOperation *
put(Compiler *compiler, ConditionOperator operator, int operands, int type)
{
	Condition  *condition = compiler->condition;
	ConditionOperation *operation;

	CHECK_FOR_INTERRUPTS();
	MAKE_ROOM(condition->operations, condition->noperations, compiler->operation_room);
	operation = &condition->operations[condition->noperations++];
	memset(operation, 0, sizeof(ConditionOperation));
	operation->operator = operator;
	operation->operands = operands;
	operation->type = type;
	compiler->waiting += 1 - operands;
	condition->depth = Max(condition->depth, compiler->waiting);
	return operation;
}

/* Operands of one type, first "first" if there is one, then the list. */
static int
put_list(Compiler *compiler, ConditionOperator operator, Node *first, List *list,
		 int cell, const char *what)
{
	ListCell   *item;

	if (first != NULL)
		cell = unite(compiler, cell, compile(compiler, first), what);
	foreach(item, list)
		cell = unite(compiler, cell, compile(compiler, lfirst(item)), what);
	put(compiler, operator, list_length(list) + (first != NULL), cell);
	return cell;
}

static int
put_numbers(Compiler *compiler, ConditionOperator operator, List *list, const char *what)
{
	ListCell   *item;

	foreach(item, list)
		demand(compiler, compile(compiler, lfirst(item)), NUMBER_CELL, what);
	put(compiler, operator, list_length(list), NUMBER_CELL);
	return NUMBER_CELL;
}

static int
put_truth(Compiler *compiler, bool truth)
{
	put(compiler, DO_CONSTANT, 0, BOOLEAN_CELL)->constant.as.truth = truth;
	return BOOLEAN_CELL;
}

/* Whether a text is a number, as 'Infinity' is. */
static bool
reads_as_number(const char *text, double *number)
{
	char	   *end;

	errno = 0;
	*number = strtod(text, &end);
	return end != text &&*end == '\0' && errno != ERANGE;
}

static int
put_text(Compiler *compiler, const char *text)
{
	ConditionText *constant = palloc(sizeof(ConditionText));
	double		number;
	int			cell = new_cell(compiler, CONDITION_TEXT | (reads_as_number(text, &number) ? CONDITION_NUMBER : 0));

	constant->length = strlen(text);
	constant->bytes = text;

	put(compiler, DO_CONSTANT, 0, cell)->constant.as.text = constant;
	return cell;
}

static int
put_constant(Compiler *compiler, A_Const *constant)
{
	double		number;
	int			cell;

	if (constant_is_null(constant))
	{
		cell = new_cell(compiler, CONDITION_ANY);
		put(compiler, DO_CONSTANT, 0, cell)->constant.is_null = true;
		return cell;
	}
	switch (nodeTag(constant_value(constant)))
	{
		case T_Integer:
			number = intVal(constant_value(constant));
			break;
		case T_Float:
			if (!reads_as_number(constant_digits(constant), &number))
				ereport(ERROR,
						(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						 errmsg("number is out of range in a condition: %s",
								constant_digits(constant))));
			break;
		case T_String:
			return put_text(compiler, strVal(constant_value(constant)));
		default:
			refuse("a bit string");
			number = 0;
	}
	put(compiler, DO_CONSTANT, 0, NUMBER_CELL)->constant.as.number = number;
	return NUMBER_CELL;
}

static const char *const relation_names[] = {"", "indicator", "score", "previous", "median"};

static ConditionRelation
relation_named(List *fields)
{
	if (list_length(fields) == 1)
		return RELATION_NONE;
	if (list_length(fields) == 2)
		for (int i = RELATION_INDICATOR; i < (int) lengthof(relation_names); i++)
			if (strcmp(relation_names[i], strVal(linitial(fields))) == 0)
				return i;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("unknown name in a condition: %s", NameListToString(fields)),
			 errhint("Before a name \"previous\", \"median\", \"indicator\" and \"score\" may stand.")));
}

char *
condition_name_text(const ConditionName *name)
{
	return name->relation == RELATION_NONE ? pstrdup(name->name) :
		psprintf("%s.%s", relation_names[name->relation], name->name);
}

static int
put_name(Compiler *compiler, ColumnRef *reference)
{
	Condition  *condition = compiler->condition;
	ConditionName *name;
	ConditionRelation relation;
	int			n;

	if (IsA(llast(reference->fields), A_Star))
		refuse(NameListToString(reference->fields));
	relation = relation_named(reference->fields);
	for (n = 0; n < condition->nnames; n++)
		if (condition->names[n].relation == relation &&
			strcmp(condition->names[n].name, strVal(llast(reference->fields))) == 0)
			break;
	if (n == condition->nnames)
	{
		if (n == MOST_NAMES)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("a condition holds more than %d names", MOST_NAMES)));
		if (n == compiler->name_room)
		{
			compiler->name_room *= 2;
			condition->names = repalloc(condition->names,
										compiler->name_room * sizeof(ConditionName));
			compiler->name_cells = repalloc(compiler->name_cells,
											compiler->name_room * sizeof(int));
		}
		name = &condition->names[condition->nnames++];
		memset(name, 0, sizeof(ConditionName));
		name->relation = relation;
		name->name = strVal(llast(reference->fields));
		compiler->name_cells[n] = new_cell(compiler,
										   compiler->resolve == NULL ? CONDITION_ANY :
										   compiler->resolve(name, compiler->context));
	}
	put(compiler, DO_NAME, 0, compiler->name_cells[n])->slot = condition->names[n].slot;
	return compiler->name_cells[n];
}

/* ---------------- the parser's nodes ---------------- */

static int
put_operator(Compiler *compiler, A_Expr *expression)
{
	static const struct
	{
		const char *name;
		ConditionOperator operator;
		bool		calculates;
	}			operators[] = {
		{"+", DO_ADD, true},
		{"-", DO_SUBTRACT, true},
		{"*", DO_MULTIPLY, true},
		{"/", DO_DIVIDE, true},
		{"=", DO_EQUAL, false},
		{"<>", DO_UNEQUAL, false},
		{"<", DO_LESS, false},
		{"<=", DO_AT_MOST, false},
		{">", DO_GREATER, false},
		{">=", DO_AT_LEAST, false}
	};
	const char *name = NameListToString(expression->name);
	char	   *what = psprintf("operator %s", name);

	if (expression->lexpr == NULL && strcmp(name, "-") == 0)
		return put_numbers(compiler, DO_NEGATE, list_make1(expression->rexpr), what);
	if (expression->lexpr == NULL && strcmp(name, "+") == 0)
	{
		demand(compiler, compile(compiler, expression->rexpr), NUMBER_CELL, what);
		return NUMBER_CELL;
	}
	for (int i = 0; i < (int) lengthof(operators) && expression->lexpr != NULL; i++)
	{
		List	   *operands = list_make2(expression->lexpr, expression->rexpr);

		if (strcmp(operators[i].name, name) != 0)
			continue;
		if (operators[i].operator == DO_EQUAL || operators[i].operator == DO_UNEQUAL)
			put_list(compiler, operators[i].operator, NULL, operands,
					 new_cell(compiler, CONDITION_ANY), what);
		else
			put_numbers(compiler, operators[i].operator, operands, what);
		return operators[i].calculates ? NUMBER_CELL : BOOLEAN_CELL;
	}
	refuse(psprintf("the %s", what));
	return NUMBER_CELL;
}

static int
put_expression(Compiler *compiler, A_Expr *expression)
{
	switch (expression->kind)
	{
		case AEXPR_OP:
			return put_operator(compiler, expression);
		case AEXPR_NULLIF:
			return put_list(compiler, DO_NULLIF, expression->lexpr, list_make1(expression->rexpr),
							new_cell(compiler, CONDITION_ANY), "nullif");
		case AEXPR_BETWEEN:
		case AEXPR_NOT_BETWEEN:
			put_numbers(compiler, expression->kind == AEXPR_BETWEEN ? DO_BETWEEN : DO_NOT_BETWEEN,
						lcons(expression->lexpr, castNode(List, expression->rexpr)), "BETWEEN");
			return BOOLEAN_CELL;
		case AEXPR_IN:
			put_list(compiler, strcmp(strVal(linitial(expression->name)), "=") == 0 ? DO_IN : DO_NOT_IN,
					 expression->lexpr, castNode(List, expression->rexpr),
					 new_cell(compiler, CONDITION_ANY), "IN");
			return BOOLEAN_CELL;
		case AEXPR_OP_ANY:
		case AEXPR_OP_ALL:
			refuse("ANY, SOME or ALL");
			break;
		case AEXPR_DISTINCT:
		case AEXPR_NOT_DISTINCT:
			refuse("IS DISTINCT FROM");
			break;
		case AEXPR_LIKE:
			refuse("LIKE");
			break;
		case AEXPR_ILIKE:
			refuse("ILIKE");
			break;
		case AEXPR_SIMILAR:
			refuse("SIMILAR TO");
			break;
		default:
			refuse("BETWEEN SYMMETRIC");
	}
	return BOOLEAN_CELL;
}

static int
put_call(Compiler *compiler, FuncCall *call)
{
	static const struct
	{
		const char *name;
		int			arguments;
		ConditionOperator operator;
	}			functions[] = {
		{"abs", 1, DO_ABS},
		{"floor", 1, DO_FLOOR},
		{"growth_rate", 2, DO_GROWTH_RATE},
		{"ratio", 2, DO_RATIO},
		{"margin", 2, DO_MARGIN},
		{"same_unit", 3, DO_SAME_UNIT}
	};
	const char *name = NameListToString(call->funcname);
	char	   *what = psprintf("function %s", name);

	if (call->over != NULL)
		refuse(psprintf("the window function %s", name));
	for (int i = 0; i < (int) lengthof(functions); i++)
	{
		if (strcmp(functions[i].name, name) != 0)
			continue;
		if (list_length(call->args) != functions[i].arguments || call->agg_star ||
			call->agg_distinct || call->agg_order != NIL || call->agg_filter != NULL ||
			call->agg_within_group || call->func_variadic)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg_plural("%s takes %d value in a condition", "%s takes %d values in a condition",
								   functions[i].arguments, what, functions[i].arguments)));
		put_numbers(compiler, functions[i].operator, call->args, what);
		return functions[i].operator == DO_SAME_UNIT ? BOOLEAN_CELL : NUMBER_CELL;
	}
	refuse(psprintf("the %s", what));
	return NUMBER_CELL;
}

static int
put_junction(Compiler *compiler, BoolExpr *junction)
{
	const char *what = junction->boolop == AND_EXPR ? "AND" :
	junction->boolop == OR_EXPR ? "OR" : "NOT";
	ListCell   *item;

	foreach(item, junction->args)
		demand(compiler, compile(compiler, lfirst(item)), BOOLEAN_CELL, what);
	put(compiler, junction->boolop == AND_EXPR ? DO_AND : junction->boolop == OR_EXPR ? DO_OR : DO_NOT,
		list_length(junction->args), BOOLEAN_CELL);
	return BOOLEAN_CELL;
}

static int
put_null_test(Compiler *compiler, NullTest *test)
{
	compile(compiler, (Node *) test->arg);
	put(compiler, test->nulltesttype == IS_NULL ? DO_IS_NULL : DO_IS_NOT_NULL, 1, BOOLEAN_CELL);
	return BOOLEAN_CELL;
}

/* What else an expression can be, to be refused by name. */
static const char *
node_name(Node *node)
{
	switch (nodeTag(node))
	{
		case T_SubLink:
			return "a subquery";
		case T_CaseExpr:
			return "CASE";
		case T_TypeCast:
			return "a cast";
		case T_ParamRef:
			return "a parameter";
		case T_BooleanTest:
			return "IS TRUE, IS FALSE or IS UNKNOWN";
		case T_A_Indirection:
			return "a part of a value";
		case T_A_ArrayExpr:
			return "an array";
		case T_RowExpr:
			return "a row";
		case T_CollateClause:
			return "COLLATE";
		case T_SQLValueFunction:
			return "the time, date or user of the session";
		case T_NamedArgExpr:
			return "a named argument";
		case T_GroupingFunc:
			return "GROUPING";
		case T_SetToDefault:
			return "DEFAULT";
		case T_XmlExpr:
		case T_XmlSerialize:
			return "XML";
		default:
			return "an expression of this kind";
	}
}

/* Appends the operations of a node, and returns the cell of its type. */
static int
compile(Compiler *compiler, Node *node)
{
	bool		truth;

	check_stack_depth();
	if (is_truth_constant(node, &truth))
		return put_truth(compiler, truth);
	switch (nodeTag(node))
	{
		case T_A_Const:
			return put_constant(compiler, (A_Const *) node);
		case T_ColumnRef:
			return put_name(compiler, (ColumnRef *) node);
		case T_A_Expr:
			return put_expression(compiler, (A_Expr *) node);
		case T_BoolExpr:
			return put_junction(compiler, (BoolExpr *) node);
		case T_NullTest:
			return put_null_test(compiler, (NullTest *) node);
		case T_MinMaxExpr:
			if (((MinMaxExpr *) node)->op == IS_LEAST)
				return put_numbers(compiler, DO_LEAST, ((MinMaxExpr *) node)->args, "least");
			return put_numbers(compiler, DO_GREATEST, ((MinMaxExpr *) node)->args, "greatest");
		case T_CoalesceExpr:
			return put_list(compiler, DO_COALESCE, NULL, ((CoalesceExpr *) node)->args,
							new_cell(compiler, CONDITION_ANY), "coalesce");
		case T_FuncCall:
			return put_call(compiler, (FuncCall *) node);
		default:
			refuse(node_name(node));
			return BOOLEAN_CELL;
	}
}

/* Types in place of their cells, and texts that are numbers as such. */
static void
settle_types(Compiler *compiler)
{
	Condition  *condition = compiler->condition;

	for (int i = 0; i < condition->nnames; i++)
		condition->names[i].types = types_of(compiler, compiler->name_cells[i]);
	for (int i = 0; i < condition->noperations; i++)
	{
		ConditionOperation *operation = &condition->operations[i];
		bool		is_text = operation->operator == DO_CONSTANT &&
		operation->type >= FIRST_FREE_CELL && !operation->constant.is_null;

		operation->type = chosen_type(types_of(compiler, operation->type));
		if (is_text && operation->type == CONDITION_NUMBER)
			(void) reads_as_number(operation->constant.as.text->bytes,
								   &operation->constant.as.number);
	}
}

/* Backslashes in constants mean the same whatever the session has set. */
static Node *
parse(const char *text)
{
	int			level = NewGUCNestLevel();
	Node	   *tree;

	(void) set_config_option("standard_conforming_strings", "on", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	tree = expression_tree("condition", text);
	AtEOXact_GUC(true, level);
	return tree;
}

Condition *
condition_compile(const char *text, ConditionResolver resolve, void *context)
{
	Compiler	compiler = {0};
	int			cell;

	refuse_long_text("condition", strlen(text));
	compiler.resolve = resolve;
	compiler.context = context;
	compiler.condition = palloc0(sizeof(Condition));
	compiler.name_room = compiler.operation_room = compiler.cell_room = 8;
	compiler.condition->names = palloc(compiler.name_room * sizeof(ConditionName));
	compiler.condition->operations = palloc(compiler.operation_room * sizeof(ConditionOperation));
	compiler.cells = palloc(compiler.cell_room * sizeof(TypeCell));
	compiler.name_cells = palloc(compiler.name_room * sizeof(int));
	new_cell(&compiler, CONDITION_NUMBER);
	new_cell(&compiler, CONDITION_TEXT);
	new_cell(&compiler, CONDITION_BOOLEAN);

	cell = compile(&compiler, parse(text));
	if ((types_of(&compiler, cell) & CONDITION_BOOLEAN) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a condition must be a boolean, not %s", type_name(types_of(&compiler, cell))),
				 errdetail("It is %s.", text),
				 errhint("Write a comparison, for example revenue > 100.")));
	unite(&compiler, cell, BOOLEAN_CELL, "a condition");
	settle_types(&compiler);
	return compiler.condition;
}
