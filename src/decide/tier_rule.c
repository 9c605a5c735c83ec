/*-------------------------------------------------------------------------
 *
 * tier_rule.c
 *	  Rules of tiers as jsonb states them, and the functions of SQL that put
 *	  rows into tiers, and scores into steps.
 *
 * Rules are checked when they are set; what is wrong here is an error that only
 * says so.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "decide/cut.h"
#include "decide/tier.h"

pg_noreturn static void
bad_tiers(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("tiers must state method, tiers, cuts for each tier but the last, and within where groups have cuts of their own")));
}

static const JsonbValue *
member(JsonbContainer *object, const char *key, enum jbvType type)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, key, strlen(key), NULL);

	if (value == NULL || value->type == jbvNull)
		return NULL;
	if (value->type != type)
		bad_tiers();
	return value;
}

static const char *
text_of(const JsonbValue *value)
{
	return value == NULL ? NULL : pnstrdup(value->val.string.val, value->val.string.len);
}

static TierMethod
method_named(const char *name)
{
	static const char *const names[] = {
		[TIERS_BY_SCORE] = "score",
		[TIERS_BY_SHARE] = "quantile",
		[TIERS_BY_PLACES] = "quota"
	};

	for (int i = 0; name != NULL && i < (int) lengthof(names); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	bad_tiers();
}

static double
number_of(Datum numeric)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, numeric));
}

/* A share, which is below 1, as its decimals. */
static void
set_share(TierCut *cut, Datum numeric)
{
	const char *digit = strchr(DatumGetCString(DirectFunctionCall1(numeric_out, numeric)), '.');
	Datum		hundred = DirectFunctionCall1(int4_numeric, Int32GetDatum(100));
	Datum		percent = DirectFunctionCall2(numeric_mul, numeric, hundred);
	int			length = digit == NULL ? 0 : strlen(digit + 1);

	cut->percent = DatumGetCString(DirectFunctionCall1(numeric_out, DirectFunctionCall1(numeric_trim_scale, percent)));
	cut->ndecimals = (length + 8) / 9;
	cut->decimals = palloc0(Max(cut->ndecimals, 1) * sizeof(uint32));
	for (int i = 0; i < cut->ndecimals * 9; i++)
	{
		uint32	   *decimals = &cut->decimals[i / 9];

		*decimals = *decimals * 10 + (i < length ? digit[i + 1] - '0' : 0);
	}
}

static TierCut *
read_cuts(const TierRule *rule, const JsonbValue *list)
{
	TierCut    *cuts = palloc0(rule->ntiers * sizeof(TierCut));
	double		places = 0;

	if (list->type != jbvBinary || !JsonContainerIsArray(list->val.binary.data) ||
		JsonContainerSize(list->val.binary.data) != (uint32) rule->ntiers - 1)
		bad_tiers();
	for (int i = 0; i < rule->ntiers - 1; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(list->val.binary.data, i);
		Datum		numeric;

		if (value->type != jbvNumeric)
			bad_tiers();
		numeric = NumericGetDatum(value->val.numeric);
		places += number_of(numeric);
		cuts[i].score = number_of(numeric);
		cuts[i].places = places;
		if (rule->method == TIERS_BY_SHARE)
			set_share(&cuts[i], numeric);
	}
	return cuts;
}

static void
read_groups(TierRule *rule, JsonbContainer *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbValue	item;

	if (rule->within == NULL)
		bad_tiers();
	rule->groups = palloc0(Max(JsonContainerSize(object), 1) * sizeof(TierGroup));
	(void) JsonbIteratorNext(&iterator, &item, true);
	while (JsonbIteratorNext(&iterator, &item, true) == WJB_KEY)
	{
		TierGroup  *group = &rule->groups[rule->ngroups++];

		group->name.bytes = text_of(&item);
		group->name.length = item.val.string.len;
		(void) JsonbIteratorNext(&iterator, &item, true);
		group->cuts = read_cuts(rule, &item);
	}
}

static void
read_tiers(TierRule *rule, const JsonbValue *list)
{
	if (list == NULL || !JsonContainerIsArray(list->val.binary.data) ||
		JsonContainerSize(list->val.binary.data) < 2)
		bad_tiers();
	rule->ntiers = JsonContainerSize(list->val.binary.data);
	rule->tiers = palloc0(rule->ntiers * sizeof(char *));
	for (int i = 0; i < rule->ntiers; i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(list->val.binary.data, i);

		if (value->type != jbvString)
			bad_tiers();
		rule->tiers[i] = text_of(value);
	}
}

TierRule *
tier_rule_from_datum(Datum jsonb)
{
	Jsonb	   *document = DatumGetJsonbP(jsonb);
	TierRule   *rule = palloc0(sizeof(TierRule));
	const JsonbValue *cuts;

	if (!JB_ROOT_IS_OBJECT(document))
		bad_tiers();
	rule->method = method_named(text_of(member(&document->root, "method", jbvString)));
	read_tiers(rule, member(&document->root, "tiers", jbvBinary));
	rule->within = text_of(member(&document->root, "within", jbvString));
	cuts = member(&document->root, "cuts", jbvBinary);
	if (cuts == NULL)
		bad_tiers();
	if (JsonContainerIsArray(cuts->val.binary.data))
		rule->cuts = read_cuts(rule, cuts);
	else
		read_groups(rule, cuts->val.binary.data);
	return rule;
}

/* ---------------- SQL ---------------- */

/* The rule of the first argument, read once where that is a constant. */
static const TierRule *
rule_argument(FunctionCallInfo fcinfo)
{
	FmgrInfo   *function = fcinfo->flinfo;
	bool		stable;
	MemoryContext old;
	TierRule   *rule;

	if (PG_ARGISNULL(0))
		return NULL;
	if (function->fn_extra != NULL)
		return function->fn_extra;
	stable = get_fn_expr_arg_stable(function, 0);
	old = MemoryContextSwitchTo(stable ? function->fn_mcxt : CurrentMemoryContext);
	rule = tier_rule_from_datum(PG_GETARG_DATUM(0));
	MemoryContextSwitchTo(old);
	if (stable)
		function->fn_extra = rule;
	return rule;
}

static TierRow
row_arguments(FunctionCallInfo fcinfo)
{
	TierRow		row = {.score = NAN};

	if (!PG_ARGISNULL(1))
		row.score = PG_GETARG_FLOAT8(1);
	if (!PG_ARGISNULL(2))
	{
		text	   *group = PG_GETARG_TEXT_PP(2);

		row.group.bytes = VARDATA_ANY(group);
		row.group.length = VARSIZE_ANY_EXHDR(group);
	}
	if (!PG_ARGISNULL(3))
		row.place = PG_GETARG_INT64(3);
	if (!PG_ARGISNULL(4))
		row.scored = PG_GETARG_INT64(4);
	return row;
}

PG_FUNCTION_INFO_V1(tier_of_row);
/*
 * _innovation_score.tier(tiers jsonb, score float8, field text, place bigint,
 *						  scored bigint) → text
 */
Datum
tier_of_row(PG_FUNCTION_ARGS)
{
	TierRow		row = row_arguments(fcinfo);
	const char *tier = row_tier(rule_argument(fcinfo), &row);

	if (tier == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(tier));
}

PG_FUNCTION_INFO_V1(tier_reasons_of_row);
/*
 * _innovation_score.tier_reasons(tiers jsonb, score float8, field text,
 *								  place bigint, scored bigint) → decision_reasons
 */
Datum
tier_reasons_of_row(PG_FUNCTION_ARGS)
{
	TierRow		row = row_arguments(fcinfo);
	StringInfoData reasons = {0};
	Bytes		bytes;

	initStringInfo(&reasons);
	tier_reasons(&reasons, rule_argument(fcinfo), &row);
	bytes.bytes = reasons.data;
	bytes.length = reasons.len;
	PG_RETURN_DATUM(reasons_make(bytes));
}

PG_FUNCTION_INFO_V1(score_in_step);
/* _innovation_score.in_step(score float8, lowest float8, next float8) → boolean */
Datum
score_in_step(PG_FUNCTION_ARGS)
{
	double		score = PG_GETARG_FLOAT8(0);

	PG_RETURN_BOOL(score_reaches(score, PG_GETARG_FLOAT8(1)) &&
				   !score_reaches(score, PG_GETARG_FLOAT8(2)));
}
