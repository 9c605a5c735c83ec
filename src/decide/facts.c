/*-------------------------------------------------------------------------
 *
 * facts.c
 *	  The type list_facts: all that is known of a row in one value, so that a
 *	  window reads one argument.
 *
 * Only facts() makes these values, and nobody keeps them: they are laid out as
 * the processor likes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/number_array.h"
#include "support/put_bytes.h"
#include "decide/facts.h"
#include "decide/reason.h"

#define FACTS_VERSION	1

/*
 * Score, coverage and texts follow, each text with its length; then the facts of
 * each rule.  Windows keep these values for all rows: a few bytes more would
 * double the memory of a row.
 */
typedef struct FactsHeader
{
	uint8		version;
	uint8		nrules;
	int16		stage;
} FactsHeader;

/* The quota's key, category scores, values and columns follow. */
typedef struct RuleFactsHeader
{
	uint8		required;
	uint8		qualifies;
	uint16		ncategories;
	uint16		nvalues;
	uint16		ncolumns;
	int32		batch;
} RuleFactsHeader;

/* Arguments of facts(): those of the row, then those of each rule. */
enum
{
	ARGUMENT_ROW,
	ARGUMENT_ENTITY,
	ARGUMENT_TIER_GROUP,
	ARGUMENT_MIN_COVERAGE,
	ARGUMENT_GAP,
	ARGUMENT_EXCLUDED,
	ARGUMENT_RULES
};

enum
{
	RULE_REQUIRED,
	RULE_QUALIFIES,
	RULE_BATCH,
	RULE_QUOTA,
	RULE_CATEGORIES,
	RULE_VALUES,
	RULE_COLUMNS,
	RULE_ARGUMENTS
};

static const Oid rule_types[RULE_ARGUMENTS] = {
	BOOLOID, BOOLOID, INT4OID, TEXTOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID, TEXTARRAYOID
};

/* ---------------- writing ---------------- */

static void
check_rule_arguments(FunctionCallInfo fcinfo)
{
	int			count = PG_NARGS() - ARGUMENT_RULES;

	if (get_fn_expr_variadic(fcinfo->flinfo) || count % RULE_ARGUMENTS != 0 ||
		count / RULE_ARGUMENTS > PG_UINT8_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("facts of a rule must be required, qualifies, batch, quota, category scores, values, columns")));
	for (int i = 0; i < count; i++)
		if (get_fn_expr_argtype(fcinfo->flinfo, ARGUMENT_RULES + i) != rule_types[i % RULE_ARGUMENTS])
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("facts of a rule must have the types boolean, boolean, integer, text, double precision[], double precision[], text[]")));
	fcinfo->flinfo->fn_extra = fcinfo->flinfo;	/* they are checked once */
}

/* A length that is negative is that of no text. */
static void
write_text(StringInfo buffer, const char *bytes, int32 length)
{
	uint8		first = length < 0 ? LENGTH_OF_NONE : Min(length, LENGTH_FOLLOWS);

	put_bytes(buffer, &first, 1);
	if (first == LENGTH_FOLLOWS)
		put_bytes(buffer, &length, sizeof(length));
	if (length > 0)
		put_bytes(buffer, bytes, length);
}

static void
write_argument(StringInfo buffer, FunctionCallInfo fcinfo, int argument)
{
	struct varlena *value;

	if (PG_ARGISNULL(argument))
	{
		write_text(buffer, NULL, -1);
		return;
	}
	value = PG_GETARG_VARLENA_PP(argument);
	write_text(buffer, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

static void
write_reasons(StringInfo buffer, FunctionCallInfo fcinfo, int argument)
{
	Bytes		reasons = {0};

	if (!PG_ARGISNULL(argument))
		reasons = reasons_get(PG_GETARG_DATUM(argument));
	write_text(buffer, reasons.bytes, reasons.length);
}

/* Score, coverage and stage of what score_row() returns. */
static void
read_row(FunctionCallInfo fcinfo, FactsHeader *header, double *score, double *coverage)
{
	const double *numbers;
	int			count;

	*score = *coverage = NAN;
	header->stage = -1;
	if (PG_ARGISNULL(ARGUMENT_ROW))
		return;
	numbers = numbers_get(PG_GETARG_ARRAYTYPE_P(ARGUMENT_ROW), &count);
	if (count < 3)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row must be what score_row() returns")));
	*score = numbers[0];
	*coverage = numbers[1];
	if (numbers[2] >= 0 && numbers[2] <= PG_INT16_MAX)
		header->stage = (int16) numbers[2];
}

void
coverage_gap(StringInfo reasons, double coverage, double minimum)
{
	if (isnan(coverage))
		reason_add(reasons, REASON_UNFITTED);
	else if (coverage < minimum)
	{
		reason_add(reasons, REASON_SCHEME_COVERAGE);
		reason_number(reasons, coverage);
		reason_number(reasons, minimum);
	}
	else
		reason_add(reasons, REASON_VALUES_MISSING);
}

/* Why there is no score, if no other reason has been given. */
static void
write_gap(StringInfo buffer, FunctionCallInfo fcinfo, double score, double coverage)
{
	StringInfoData reasons = {0};

	if (!isnan(score) || !PG_ARGISNULL(ARGUMENT_GAP))
	{
		write_reasons(buffer, fcinfo, ARGUMENT_GAP);
		return;
	}
	initStringInfo(&reasons);
	coverage_gap(&reasons, coverage,
				 PG_ARGISNULL(ARGUMENT_MIN_COVERAGE) ? NAN : PG_GETARG_FLOAT8(ARGUMENT_MIN_COVERAGE));
	write_text(buffer, reasons.data, reasons.len);
}

static const double *
number_argument(FunctionCallInfo fcinfo, int argument, int *count)
{
	*count = 0;
	return PG_ARGISNULL(argument) ? NULL : numbers_get(PG_GETARG_ARRAYTYPE_P(argument), count);
}

static void
write_numbers(StringInfo buffer, const double *numbers, int count)
{
	if (count > 0)
		put_bytes(buffer, numbers, count * sizeof(double));
}

static void
write_rule(StringInfo buffer, FunctionCallInfo fcinfo, int first)
{
	RuleFactsHeader header = {0};
	int			ncategories;
	int			nvalues;
	int			ncolumns = 0;
	const double *categories = number_argument(fcinfo, first + RULE_CATEGORIES, &ncategories);
	const double *values = number_argument(fcinfo, first + RULE_VALUES, &nvalues);
	Datum	   *columns = NULL;
	bool	   *nulls = NULL;

	header.required = PG_ARGISNULL(first + RULE_REQUIRED) ? FACT_UNKNOWN :
		PG_GETARG_BOOL(first + RULE_REQUIRED) ? FACT_TRUE : FACT_FALSE;
	header.qualifies = !PG_ARGISNULL(first + RULE_QUALIFIES) && PG_GETARG_BOOL(first + RULE_QUALIFIES);
	header.batch = PG_ARGISNULL(first + RULE_BATCH) ? 0 : PG_GETARG_INT32(first + RULE_BATCH);
	if (!PG_ARGISNULL(first + RULE_COLUMNS))
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(first + RULE_COLUMNS), TEXTOID, -1, false,
						  TYPALIGN_INT, &columns, &nulls, &ncolumns);
	if (ncategories > PG_UINT16_MAX || nvalues > PG_UINT16_MAX || ncolumns > PG_UINT16_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a rule asks for too many category scores, values or columns")));
	header.ncategories = ncategories;
	header.nvalues = nvalues;
	header.ncolumns = ncolumns;
	put_bytes(buffer, &header, sizeof(header));
	write_argument(buffer, fcinfo, first + RULE_QUOTA);
	write_numbers(buffer, categories, ncategories);
	write_numbers(buffer, values, nvalues);
	for (int i = 0; i < ncolumns; i++)
		if (nulls[i])
			write_text(buffer, NULL, -1);
		else
			write_text(buffer, VARDATA_ANY(DatumGetPointer(columns[i])), VARSIZE_ANY_EXHDR(DatumGetPointer(columns[i])));
}

PG_FUNCTION_INFO_V1(facts);
/*
 * facts(row float8[], entity text, tier_group text, min_coverage float8,
 *		 gap decision_reasons, excluded decision_reasons, VARIADIC "any")
 *	→ SETOF list_facts
 *
 * What decide() needs to know of a row: what score_row() returns, the key of
 * the firm, within what its tier is cut, the scheme's lowest coverage, why it
 * has no score and why it is excluded, if so; and for each rule whether the
 * required condition is met, whether it qualifies directly, the batch that it
 * was listed in, its quota's key, the scores of the categories that have a
 * minimum or stand in conditions, and for conditions the values of the
 * indicators that they name, and columns as text.  One row always; a set for the reasons of
 * score_row().
 */
Datum
facts(PG_FUNCTION_ARGS)
{
	FactsHeader header = {.version = FACTS_VERSION};
	StringInfoData buffer = {0};
	double		score;
	double		coverage;

	if (fcinfo->flinfo->fn_extra == NULL)
		check_rule_arguments(fcinfo);
	header.nrules = (PG_NARGS() - ARGUMENT_RULES) / RULE_ARGUMENTS;
	read_row(fcinfo, &header, &score, &coverage);
	value_begin(&buffer);
	put_bytes(&buffer, &header, sizeof(header));
	put_bytes(&buffer, &score, sizeof(score));
	put_bytes(&buffer, &coverage, sizeof(coverage));
	write_argument(&buffer, fcinfo, ARGUMENT_ENTITY);
	write_argument(&buffer, fcinfo, ARGUMENT_TIER_GROUP);
	write_gap(&buffer, fcinfo, score, coverage);
	write_reasons(&buffer, fcinfo, ARGUMENT_EXCLUDED);
	for (int i = 0; i < header.nrules; i++)
		write_rule(&buffer, fcinfo, ARGUMENT_RULES + i * RULE_ARGUMENTS);
	return value_end(&buffer);
}

/* ---------------- reading ---------------- */

/* The next bytes of the facts; they must be there. */
static inline const char *
take(Facts *facts, Size size)
{
	const char *bytes = facts->next;

	if (unlikely(size > (Size) (facts->end - facts->next)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("facts are damaged")));
	facts->next += size;
	return bytes;
}

static inline Bytes
take_text(Facts *facts)
{
	Bytes		taken = {.length = (uint8) *take(facts, 1)};

	if (taken.length == LENGTH_FOLLOWS)
		memcpy(&taken.length, take(facts, sizeof(taken.length)), sizeof(taken.length));
	else if (taken.length == LENGTH_OF_NONE)
		taken.length = -1;
	if (taken.length >= 0)
		taken.bytes = take(facts, taken.length);
	return taken;
}

void
facts_read(Datum value, Facts *facts)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);
	FactsHeader header;

	facts->next = VARDATA_ANY(packed);
	facts->end = facts->next + VARSIZE_ANY_EXHDR(packed);
	memcpy(&header, take(facts, sizeof(header)), sizeof(header));
	if (header.version != FACTS_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("facts have unknown format %d", header.version)));
	memcpy(&facts->score, take(facts, sizeof(double)), sizeof(double));
	memcpy(&facts->coverage, take(facts, sizeof(double)), sizeof(double));
	facts->stage = header.stage;
	facts->nrules = header.nrules;
	facts->entity = take_text(facts);
	facts->tier_group = take_text(facts);
	facts->gap = take_text(facts);
	facts->excluded = take_text(facts);
}

void
rule_facts_read(Facts *facts, RuleFacts *row)
{
	RuleFactsHeader header;

	memcpy(&header, take(facts, sizeof(header)), sizeof(header));
	row->required = header.required;
	row->qualifies = header.qualifies != 0;
	row->batch = header.batch;
	row->ncategories = header.ncategories;
	row->quota = take_text(facts);
	row->categories = take(facts, header.ncategories * sizeof(double));
	row->nvalues = header.nvalues;
	row->values = take(facts, header.nvalues * sizeof(double));
	row->ncolumns = header.ncolumns;
	row->columns = facts->next;
	for (int i = 0; i < header.ncolumns; i++)
		(void) take_text(facts);
}

PG_FUNCTION_INFO_V1(list_facts_out);
/* list_facts_out(list_facts) → cstring */
Datum
list_facts_out(PG_FUNCTION_ARGS)
{
	Facts		facts;

	facts_read(PG_GETARG_DATUM(0), &facts);
	PG_RETURN_CSTRING(psprintf("(%d rules)", facts.nrules));
}
