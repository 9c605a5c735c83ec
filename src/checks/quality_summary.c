/*-------------------------------------------------------------------------
 *
 * quality_summary.c
 *	  Quality rules and indicators of a period in figures.
 *
 * An aggregate counts, and gives all figures as one array; a function with the
 * same rules makes rows of it, also where there was no row to count.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "checks/quality_rules.h"
#include "numbers/exact_moments.h"
#include "numbers/float_key.h"
#include "numbers/quantile.h"
#include "support/compat.h"
#include "support/function_glue.h"
#include "support/number_array.h"

/* Figures in the array: the number of firms, ... */
#define FIRMS			0

/* ... these of each indicator, ... */
enum
{
	CHECKED, VIOLATIONS, MISSING, ZERO, BELOW, ABOVE,
	MINIMUM, QUARTILE1, MEDIAN, QUARTILE3, MAXIMUM, SKEWNESS, INDICATOR_FIGURES
};

/* ... then the first two of each rule. */
#define RULE_FIGURES	(VIOLATIONS + 1)

#define INDICATOR_PLACE(i)		(FIRMS + 1 + (i) * INDICATOR_FIGURES)
#define RULE_PLACE(indicators, i) (INDICATOR_PLACE(indicators) + (i) * RULE_FIGURES)

typedef struct Tally
{
	int			nindicators;
	int			nfigures;
	double	   *figures;
	int64		room;			/* of each list of values */
	double	  **values;			/* finite ones of each indicator */
	bool	   *suspected;		/* room: indicators of a violated rule */
} Tally;

static Tally *
make_tally(const QualityRules *rules, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Tally	   *tally = palloc0(sizeof(Tally));

	tally->nindicators = rules->nindicators;
	tally->nfigures = RULE_PLACE(rules->nindicators, rules->count);
	tally->figures = palloc0(tally->nfigures * sizeof(double));
	tally->room = 64;
	tally->values = palloc(rules->nindicators * sizeof(double *));
	for (int i = 0; i < rules->nindicators; i++)
		tally->values[i] = palloc(tally->room * sizeof(double));
	tally->suspected = palloc(rules->nindicators * sizeof(bool));
	MemoryContextSwitchTo(old);
	return tally;
}

/* Below and above are the model's bounds, NULL where the group has none. */
static void
count_indicator(Tally *tally, int indicator, double value, const double *lower,
				const double *upper)
{
	double	   *figures = &tally->figures[INDICATOR_PLACE(indicator)];

	if (is_missing(value))
		figures[MISSING]++;
	if (!value_is_present(value))
		return;
	tally->values[indicator][(int64) figures[CHECKED]++] = sample_value(value);
	figures[ZERO] += value == 0;
	figures[BELOW] += lower != NULL && value < lower[indicator];
	figures[ABOVE] += upper != NULL && value > upper[indicator];
}

static void
count_rules(Tally *tally, const QualityRules *rules)
{
	memset(tally->suspected, 0, tally->nindicators * sizeof(bool));
	for (int i = 0; i < rules->count; i++)
	{
		const Condition *condition = rules->rules[i].condition;
		ConditionValue holds = quality_rule_holds(rules, i);
		double	   *figures = &tally->figures[RULE_PLACE(tally->nindicators, i)];

		if (holds.is_null)
			continue;
		figures[CHECKED]++;
		if (holds.as.truth)
			continue;
		figures[VIOLATIONS]++;
		for (int n = 0; n < condition->nnames; n++)
			tally->suspected[rule_indicator(rules, &condition->names[n])] = true;
	}
	for (int i = 0; i < tally->nindicators; i++)
		tally->figures[INDICATOR_PLACE(i) + VIOLATIONS] += tally->suspected[i];
}

PG_FUNCTION_INFO_V1(quality_tally_accumulate);
/*
 * quality_tally_accumulate(internal, rules jsonb, indicators text[], vals float8[],
 *		previous float8[], medians float8[], lower float8[], upper float8[]) → internal
 */
Datum
quality_tally_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	QualityRules *rules;
	const double *numbers;
	const double *lower;
	const double *upper;
	Tally	   *tally;

	for (int i = 1; i <= 3; i++)
		if (PG_ARGISNULL(i))
			return unchanged_state(fcinfo);
	rules = quality_rules_argument(fcinfo, 1);
	quality_rules_set_firm(rules, fcinfo, 3, VALUE_SOURCES);
	numbers = indicator_numbers(fcinfo, 3, rules);
	lower = indicator_numbers(fcinfo, 3 + VALUE_SOURCES, rules);
	upper = indicator_numbers(fcinfo, 4 + VALUE_SOURCES, rules);
	tally = PG_ARGISNULL(0) ? make_tally(rules, context) : (Tally *) PG_GETARG_POINTER(0);
	if ((int64) tally->figures[FIRMS] == tally->room)
	{
		tally->room *= 2;
		for (int i = 0; i < tally->nindicators; i++)
			tally->values[i] = repalloc_huge(tally->values[i], tally->room * sizeof(double));
	}
	tally->figures[FIRMS]++;
	for (int i = 0; i < tally->nindicators; i++)
		count_indicator(tally, i, numbers[i], lower, upper);
	count_rules(tally, rules);
	PG_RETURN_POINTER(tally);
}

/* Quartiles as percentile_cont has them, and the skewness; NaN where there are none. */
static void
describe_values(double *figures, const double *values, double *scratch, ExactMoments *moments)
{
	int64		n = (int64) figures[CHECKED];
	double		minimum = INFINITY;
	double		maximum = -INFINITY;
	double		kurtosis;

	for (int i = MINIMUM; i <= SKEWNESS; i++)
		figures[i] = NAN;
	if (n == 0)
		return;
	exact_moments_init(moments);
	for (int64 i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		minimum = Min(minimum, values[i]);
		maximum = Max(maximum, values[i]);
		exact_moments_add(moments, values[i]);
	}
	exact_moments_canonicalize(moments);
	exact_moments_shape(moments, &figures[SKEWNESS], &kurtosis);
	figures[MINIMUM] = minimum;
	figures[QUARTILE1] = quantile_of_sample(0.25, values, n, scratch);
	figures[MEDIAN] = quantile_of_sample(0.5, values, n, scratch);
	figures[QUARTILE3] = quantile_of_sample(0.75, values, n, scratch);
	figures[MAXIMUM] = maximum;
}

PG_FUNCTION_INFO_V1(quality_tally_final);
/* quality_tally_final(internal) → float8[] */
Datum
quality_tally_final(PG_FUNCTION_ARGS)
{
	Tally	   *tally;
	ExactMoments *moments;
	double	   *figures;
	double	   *scratch;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	tally = (Tally *) PG_GETARG_POINTER(0);
	figures = palloc(tally->nfigures * sizeof(double));
	memcpy(figures, tally->figures, tally->nfigures * sizeof(double));
	moments = palloc(sizeof(ExactMoments));
	scratch = MemoryContextAllocHuge(CurrentMemoryContext,
									 (Size) tally->figures[FIRMS] * sizeof(double));
	for (int i = 0; i < tally->nindicators; i++)
		describe_values(&figures[INDICATOR_PLACE(i)], tally->values[i], scratch, moments);
	pfree(scratch);
	pfree(moments);
	PG_RETURN_ARRAYTYPE_P(numbers_make(figures, tally->nfigures));
}

/* ---------------- rows ---------------- */

#define COLUMNS			18
#define FIRST_OF_INDICATOR	7

/* The columns that rules and indicators have. */
static void
set_common(Datum *values, bool *nulls, const char *rule, const char *severity,
		   const char *indicator, const char *title, double firms, const double *figures)
{
	memset(nulls, true, COLUMNS * sizeof(bool));
	set_text(&values[0], &nulls[0], rule);
	set_text(&values[1], &nulls[1], severity);
	set_text(&values[2], &nulls[2], indicator);
	set_text(&values[3], &nulls[3], title);
	values[4] = Int64GetDatum((int64) firms);
	values[5] = Int64GetDatum((int64) figures[CHECKED]);
	values[6] = Int64GetDatum((int64) figures[VIOLATIONS]);
	nulls[4] = nulls[5] = nulls[6] = false;
}

static void
set_of_indicator(Datum *values, bool *nulls, double firms, const double *figures)
{
	int			n = FIRST_OF_INDICATOR;
	double		counts[] = {firms - figures[MISSING] - figures[CHECKED], figures[BELOW], figures[ABOVE]};

	set_number(&values[n], &nulls[n], firms > 0 ? figures[MISSING] / firms : NAN);
	n++;
	set_number(&values[n], &nulls[n], firms > 0 ? figures[ZERO] / firms : NAN);
	n++;
	for (int i = 0; i < (int) lengthof(counts); i++, n++)
	{
		values[n] = Int64GetDatum((int64) counts[i]);
		nulls[n] = false;
	}
	for (int i = MINIMUM; i <= SKEWNESS; i++, n++)
		set_number(&values[n], &nulls[n], figures[i]);
	Assert(n == COLUMNS);
}

PG_FUNCTION_INFO_V1(quality_figures);
/*
 * _innovation_score.quality_figures(rules jsonb, indicators text[], titles text[],
 *		tally float8[]) → SETOF quality_figure
 *
 * A row per indicator and per rule; a tally of NULL is one of no firms.
 */
Datum
quality_figures(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	QualityRules *rules = quality_rules_argument(fcinfo, 0);
	const double *figures;
	Datum	   *titles;
	bool	   *titles_null;
	int			ntitles;
	int			nfigures;
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS];

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), TEXTOID, -1, false, TYPALIGN_INT,
					  &titles, &titles_null, &ntitles);
	nfigures = RULE_PLACE(rules->nindicators, rules->count);
	if (PG_ARGISNULL(3))
	{
		double	   *none = palloc0(nfigures * sizeof(double));

		for (int i = 0; i < rules->nindicators; i++)
			for (int n = MINIMUM; n <= SKEWNESS; n++)
				none[INDICATOR_PLACE(i) + n] = NAN;
		figures = none;
	}
	else
	{
		int			given;

		figures = numbers_get(PG_GETARG_ARRAYTYPE_P(3), &given);
		if (given != nfigures)
			ereport(ERROR,
					(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
					 errmsg("a tally of %d figures is given instead of %d", given, nfigures)));
	}
	if (ntitles != rules->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%d indicators are given %d titles", rules->nindicators, ntitles)));
	init_materialized_srf(fcinfo);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < rules->nindicators; i++)
	{
		set_common(values, nulls, NULL, NULL, rules->indicators[i],
				   titles_null[i] ? NULL : TextDatumGetCString(titles[i]),
				   figures[FIRMS], &figures[INDICATOR_PLACE(i)]);
		set_of_indicator(values, nulls, figures[FIRMS], &figures[INDICATOR_PLACE(i)]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	for (int i = 0; i < rules->count; i++)
	{
		const QualityRule *rule = &rules->rules[i];

		set_common(values, nulls, rule->rule, rule->severity, NULL, rule->message,
				   figures[FIRMS], &figures[RULE_PLACE(rules->nindicators, i)]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
