/*-------------------------------------------------------------------------
 *
 * cell.c
 *	  Texts that a mapping casts to numbers, and whose they are.
 *
 * "invalid input syntax for type numeric" does not tell which of 300,000 firms
 * is meant.  Where a mapping casts a text, the view <name>_input calls
 * read_cell(), which reads it as the cast does, and names the firm and the
 * column where it cannot.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/expression.h"

#define MAX_SHOWN 200			/* bytes of a cell in a message */
#define BEFORE "SELECT ("		/* what expression_tree() parses before an expression */

/* What a call reads texts as, looked up once a query. */
typedef struct CellReader
{
	FmgrInfo	input;
	Oid			type;
	Oid			parameter;
} CellReader;

static CellReader *
look_up_reader(FunctionCallInfo fcinfo)
{
	CellReader *reader = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CellReader));
	Oid			input;

	reader->type = get_fn_expr_rettype(fcinfo->flinfo);
	getTypeInputInfo(reader->type, &input, &reader->parameter);
	fmgr_info_cxt(input, &reader->input, fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = reader;
	return reader;
}

static const char *
firm_text(FunctionCallInfo fcinfo)
{
	Oid			output;
	bool		is_varlena;

	if (PG_ARGISNULL(3))
		return "?";
	getTypeOutputInfo(get_fn_expr_argtype(fcinfo->flinfo, 3), &output, &is_varlena);
	return OidOutputFunctionCall(output, PG_GETARG_DATUM(3));
}

static void
refuse_cell(FunctionCallInfo fcinfo, const CellReader *reader, int code, const char *cell)
{
	bool		whole = reader->type == INT2OID || reader->type == INT4OID || reader->type == INT8OID;
	const char *what = text_to_cstring(PG_GETARG_TEXT_PP(1));

	ereport(ERROR,
			(errcode(code),
			 errmsg("firm \"%s\": %s holds \"%s\", which is %s", firm_text(fcinfo), what,
					pnstrdup(cell, pg_mbcliplen(cell, strlen(cell), MAX_SHOWN)),
					code == ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE ? "out of range" :
					whole ? "not a whole number" : "not a number"),
			 errhint("Correct it, or map the indicator to innovation_score.parse_number(), which reads 12.5%% and 1,200 "
					 "and takes what it cannot read for missing.")));
}

/* Reads a cell; the code of the error if it is no number, else 0. */
static int
try_cell(CellReader *reader, char *cell, Datum *value)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int code = 0;

	PG_TRY();
	{
		*value = InputFunctionCall(&reader->input, cell, reader->parameter, -1);
	}
	PG_CATCH();
	{
		code = geterrcode();
		if (code != ERRCODE_INVALID_TEXT_REPRESENTATION && code != ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE)
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	return code;
}

PG_FUNCTION_INFO_V1(read_cell);
/*
 * _innovation_score.read_cell(cell text, what text, kind anyelement, firm "any") → anyelement
 *
 * The text as a value of the type of "kind", which is a type of numbers; an
 * error that names the firm and what the text was read from if it is none.
 */
Datum
read_cell(PG_FUNCTION_ARGS)
{
	CellReader *reader = fcinfo->flinfo->fn_extra;
	Datum		value;
	char	   *cell;
	int			code;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (unlikely(reader == NULL))
		reader = look_up_reader(fcinfo);
	cell = text_to_cstring(PG_GETARG_TEXT_PP(0));
	code = try_cell(reader, cell, &value);
	if (code != 0)
		refuse_cell(fcinfo, reader, code, cell);
	PG_RETURN_DATUM(value);
}

/* ----- where an expression casts something to a number */

typedef struct Casts
{
	ReturnSetInfo *result;
	const char *text;
} Casts;

/* The type that a cast names, if it is one of numbers. */
static const char *
number_type(const TypeName *name)
{
	static const char *const types[] = {"numeric", "float8", "float4", "int2", "int4", "int8"};
	const char *type;

	if (name == NULL || name->names == NIL || name->arrayBounds != NIL || name->setof || list_length(name->names) > 2 ||
		(list_length(name->names) == 2 && strcmp(strVal(linitial(name->names)), "pg_catalog") != 0))
		return NULL;
	type = strVal(llast(name->names));
	for (int i = 0; i < (int) lengthof(types); i++)
		if (strcmp(type, types[i]) == 0)
			return types[i];
	return NULL;
}

static bool
in_name(char c)
{
	return IS_HIGHBIT_SET(c) || isalnum((unsigned char) c) || c == '_' || c == '$';
}

/* The end of a name with its qualifiers, as it is written. */
static const char *
skip_name(const char *text)
{
	for (;;)
	{
		if (*text == '"')
		{
			while (*++text != '"' || text[1] == '"')
				text += *text == '"';
			text++;
		}
		else
			while (in_name(*text))
				text++;
		if (*text != '.')
			return text;
		text++;
	}
}

static const char *
before_blanks(const char *text, const char *end)
{
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	return end;
}

/* Behind a string or a quoted name that begins here, else the place itself. */
static const char *
skip_quoted(const char *text, const char *end)
{
	if (*text != '\'' && *text != '"')
		return text;
	for (const char *next = text + 1; next < end; next++)
		if (*next == *text)
			return next + 1;
	return end;
}

/*
 * Where the first operand ends that is written from here on: before "end", a
 * parenthesis that it does not open, or the word.
 */
static const char *
operand_end(const char *text, const char *end, const char *word)
{
	int			depth = 0;
	const char *place = text;

	while (place < end)
	{
		const char *next = skip_quoted(place, end);

		if (next > place)
		{
			place = next;
			continue;
		}
		if (*place == '(')
			depth++;
		else if (*place == ')' && depth-- == 0)
			break;
		else if (word != NULL && depth == 0 && pg_strncasecmp(place, word, strlen(word)) == 0 &&
				 !in_name(place[-1]) && !in_name(place[strlen(word)]))
			break;
		place++;
	}
	return before_blanks(text, Min(place, end));
}

/* The parenthesis that the one before "end" closes, or NULL. */
static const char *
opening_parenthesis(const char *text, const char *end)
{
	const char **open = palloc((end - text) * sizeof(char *));
	const char *found = NULL;
	int			depth = 0;

	for (const char *place = text; place < end;)
	{
		const char *next = skip_quoted(place, end);

		if (*place == '(')
			open[depth++] = place;
		else if (*place == ')')
			found = depth > 0 ? open[--depth] : NULL;
		place = Max(next, place + 1);
	}
	pfree(open);
	return end[-1] == ')' ? found : NULL;
}

/* The text of what is cast, from *start on; its end, or NULL where it is not found. */
static const char *
cast_operand(const char *text, const TypeCast *cast, const char **start)
{
	const char *end = text + cast->location;
	int			argument = exprLocation(cast->arg);

	if (argument < 0 || cast->location < 0)
		return NULL;
	*start = text + argument;
	if (IsA(cast->arg, ColumnRef))
		return skip_name(*start);
	if (strncmp(end, "::", 2) != 0)
	{
		/* CAST (operand AS type) */
		const char *open = strchr(end, '(');

		if (open == NULL || open > *start)
			return NULL;
		*start = open + 1;
		return operand_end(*start, text + strlen(text), "as");
	}
	end = before_blanks(text, end);
	if (IsA(cast->arg, TypeCast))
	{
		const TypeCast *inner = (const TypeCast *) cast->arg;
		const char *place = text + inner->location;
		const char *open = opening_parenthesis(text, end);

		/* In parentheses, or CAST(x AS type), or x::type, whose x may be in parentheses. */
		if (inner->location < 0)
			return NULL;
		if (open != NULL && open < place)
			*start = open;
		else if (strncmp(place, "::", 2) != 0)
			*start = place;
		else if (cast_operand(text, inner, start) != before_blanks(text, place))
			*start = opening_parenthesis(text, before_blanks(text, place));
		return *start == NULL ? NULL : end;
	}
	if (end[-1] != ')')
		return NULL;

	/* A call, or what is in parentheses. */
	if (IsA(cast->arg, FuncCall) || IsA(cast->arg, CoalesceExpr) || IsA(cast->arg, CaseExpr) ||
		(IsA(cast->arg, A_Expr) && ((A_Expr *) cast->arg)->kind == AEXPR_NULLIF))
		return operand_end(*start, end, NULL);
	*start = opening_parenthesis(text, end);
	return *start == NULL ? NULL : end;
}

static bool
collect_casts(Node *node, void *context)
{
	Casts	   *casts = context;
	TypeCast   *cast = (TypeCast *) node;
	const char *type;
	const char *start;
	const char *end;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};

	if (node == NULL)
		return false;
	if (!IsA(node, TypeCast) || (type = number_type(cast->typeName)) == NULL)
		return raw_expression_tree_walker(node, collect_casts, context);
	end = cast_operand(casts->text, cast, &start);
	if (end == NULL)
		return raw_expression_tree_walker(node, collect_casts, context);
	values[0] = Int32GetDatum(pg_mbstrlen_with_len(casts->text, start - casts->text) - (int) strlen(BEFORE) + 1);
	values[1] = PointerGetDatum(cstring_to_text_with_len(start, end - start));
	values[2] = CStringGetTextDatum(type);
	tuplestore_putvalues(casts->result->setResult, casts->result->setDesc, values, nulls);
	return false;
}

PG_FUNCTION_INFO_V1(number_casts);
/*
 * _innovation_score.number_casts(expression text) → SETOF (place integer, cell text, kind text)
 *
 * What an expression casts to numbers: where it stands in the text, its own
 * text, and the type.  Casts in what is cast are not among them.
 */
Datum
number_casts(PG_FUNCTION_ARGS)
{
	Casts		casts;
	char	   *given = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Node	   *tree = expression_tree("expression", given);

	init_materialized_srf(fcinfo);
	casts.result = (ReturnSetInfo *) fcinfo->resultinfo;
	casts.text = psprintf(BEFORE "%s)", given);
	(void) collect_casts(tree, &casts);
	return (Datum) 0;
}
