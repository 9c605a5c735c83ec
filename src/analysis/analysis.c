/*-------------------------------------------------------------------------
 *
 * analysis.c
 *	  Aggregates that describe populations of firms: gini, and those behind
 *	  score_distribution, score_contributions, indicator_correlations and
 *	  indicator_drift.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "numbers/distribution.h"
#include "analysis/columns.h"
#include "support/compat.h"
#include "numbers/correlation.h"
#include "numbers/exact_sum.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"

/* ---------------- one column ---------------- */

PG_FUNCTION_INFO_V1(values_accumulate);
/*
 * _innovation_score.values_accumulate(internal, value float8) → internal
 *
 * Transition function of gini and _summary: keeps the value, 8 bytes; missing
 * ones are passed over.
 */
Datum
values_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Columns    *columns = PG_ARGISNULL(0) ? columns_create(1, context) :
	(Columns *) PG_GETARG_POINTER(0);
	double		value = PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1);

	if (value_is_present(value))
		columns_add(columns, &value, 1);
	PG_RETURN_POINTER(columns);
}

PG_FUNCTION_INFO_V1(gini_final);
/* _innovation_score.gini_final(internal) → float8: final function of gini */
Datum
gini_final(PG_FUNCTION_ARGS)
{
	const Columns *columns;
	ColumnScratch scratch;
	int64		n;
	double		result;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	columns = (const Columns *) PG_GETARG_POINTER(0);
	scratch = columns_scratch(columns);
	n = columns_sort(columns, 0, &scratch);
	result = sorted_gini(scratch.sorted, n);
	columns_scratch_free(&scratch);
	if (isnan(result))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

PG_FUNCTION_INFO_V1(summary_final);
/*
 * _innovation_score.summary_final(internal) → float8[]
 *
 * Final function of _summary: number of values, mean, sample standard
 * deviation, minimum, lower quartile, median, upper quartile, maximum, Gini
 * coefficient; NaN stands for NULL.
 */
Datum
summary_final(PG_FUNCTION_ARGS)
{
	const Columns *columns;
	ColumnScratch scratch;
	int64		n;
	double		numbers[9];

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	columns = (const Columns *) PG_GETARG_POINTER(0);
	scratch = columns_scratch(columns);
	n = columns_sort(columns, 0, &scratch);
	for (int i = 1; i < 9; i++)
		numbers[i] = NAN;
	numbers[0] = (double) n;
	if (n > 0)
	{
		ExactSum	sum;

		exact_sum_init(&sum);
		for (int64 i = 0; i < n; i++)
			exact_sum_add(&sum, scratch.sorted[i]);
		exact_sum_canonicalize(&sum);
		numbers[1] = exact_sum_mean(&sum);
		if (n > 1)
			numbers[2] = exact_sum_stddev(&sum);
		numbers[3] = scratch.sorted[0];
		for (int i = 1; i <= 3; i++)
			numbers[3 + i] = sorted_quantile(scratch.sorted, n, i / 4.0);
		numbers[7] = scratch.sorted[n - 1];
		numbers[8] = sorted_gini(scratch.sorted, n);
	}
	columns_scratch_free(&scratch);
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 9));
}

/* ---------------- correlations ---------------- */

PG_FUNCTION_INFO_V1(columns_accumulate);
/*
 * _innovation_score.columns_accumulate(internal, VARIADIC vals float8[]) → internal
 *
 * Transition function of _pearson_matrix and _spearman_matrix: keeps the
 * values, 8 bytes each.
 */
Datum
columns_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	Columns    *columns = PG_ARGISNULL(0) ? NULL : (Columns *) PG_GETARG_POINTER(0);
	const double *row;
	int			count;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	row = numbers_get(PG_GETARG_ARRAYTYPE_P(1), &count);
	if (columns == NULL)
		columns = columns_create(count, context);
	columns_add(columns, row, count);
	PG_RETURN_POINTER(columns);
}

/* Center and scale of a column, which do not depend on the order of rows. */
static CenteredColumn
center_column(const double *value, int64 nrows)
{
	CenteredColumn column = {value, 0, 0};
	double		least = INFINITY;
	double		most = -INFINITY;
	ExactSum	sum;

	exact_sum_init(&sum);
	for (int64 row = 0; row < nrows; row++)
	{
		if (isnan(value[row]))
			continue;
		exact_sum_add(&sum, value[row]);
		least = Min(least, value[row]);
		most = Max(most, value[row]);
	}
	if (sum.count > 0)
	{
		exact_sum_canonicalize(&sum);
		column.center = exact_sum_mean(&sum);
		column.scale = Max(most / 2 - column.center / 2,
						   column.center / 2 - least / 2);
	}
	return column;
}

static void
check_rows(const Columns *columns)
{
	if (columns->nrows > CORRELATION_ROWS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("cannot correlate columns of more than %lld rows",
						(long long) CORRELATION_ROWS_MAX)));
}

/* Number of rows and correlation of each pair a < b, by rows. */
static ArrayType *
correlation_pairs(int ncolumns, double (*correlate) (void *state, int a, int b, int64 *n),
				  void *state)
{
	int			npairs = ncolumns * (ncolumns - 1) / 2;
	double	   *numbers = palloc(Max(npairs, 1) * 2 * sizeof(double));
	double	   *next = numbers;

	for (int a = 0; a < ncolumns; a++)
		for (int b = a + 1; b < ncolumns; b++)
		{
			int64		n;

			next[1] = correlate(state, a, b, &n);
			next[0] = (double) n;
			next += 2;
		}
	return numbers_make(numbers, 2 * npairs);
}

typedef struct PearsonState
{
	int64		nrows;
	CenteredColumn *columns;
} PearsonState;

static double
pearson_pair(void *state, int a, int b, int64 *n)
{
	PearsonState *pearson = (PearsonState *) state;

	return pearson_correlation(&pearson->columns[a], &pearson->columns[b],
							   pearson->nrows, n);
}

PG_FUNCTION_INFO_V1(pearson_matrix_final);
/*
 * _innovation_score.pearson_matrix_final(internal) → float8[]
 *
 * Final function of _pearson_matrix: for each pair of columns a < b, by rows,
 * the number of rows that have both and Pearson's correlation, NaN for NULL.
 */
Datum
pearson_matrix_final(PG_FUNCTION_ARGS)
{
	const Columns *columns;
	PearsonState state;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	columns = (const Columns *) PG_GETARG_POINTER(0);
	check_rows(columns);
	state.nrows = columns->nrows;
	state.columns = palloc(Max(columns->ncolumns, 1) * sizeof(CenteredColumn));
	for (int i = 0; i < columns->ncolumns; i++)
		state.columns[i] = center_column(columns->column[i], columns->nrows);
	PG_RETURN_ARRAYTYPE_P(correlation_pairs(columns->ncolumns, pearson_pair, &state));
}

typedef struct SpearmanState
{
	const Columns *columns;
	uint32	  **order;			/* rows that have a value, sorted by it */
	int64	   *norder;
	double	   *rank[2];
} SpearmanState;

static CenteredColumn
ranks_of(SpearmanState *state, int side, int column, int other)
{
	const Columns *columns = state->columns;
	CenteredColumn ranks;

	rank_together(columns->column[column], columns->column[other],
				  state->order[column], state->norder[column], columns->nrows,
				  state->rank[side]);
	ranks.value = state->rank[side];
	ranks.center = (double) columns->nrows / 2;
	ranks.scale = (double) columns->nrows / 2;
	return ranks;
}

static double
spearman_pair(void *state, int a, int b, int64 *n)
{
	SpearmanState *spearman = (SpearmanState *) state;
	CenteredColumn x = ranks_of(spearman, 0, a, b);
	CenteredColumn y = ranks_of(spearman, 1, b, a);

	return pearson_correlation(&x, &y, spearman->columns->nrows, n);
}

PG_FUNCTION_INFO_V1(spearman_matrix_final);
/*
 * _innovation_score.spearman_matrix_final(internal) → float8[]
 *
 * The same with Spearman's rank correlation, ties having the mean of their
 * ranks.  Each column is sorted once; a pair only leaves rows out.
 */
Datum
spearman_matrix_final(PG_FUNCTION_ARGS)
{
	const Columns *columns;
	SpearmanState state;
	ColumnScratch scratch;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	columns = (const Columns *) PG_GETARG_POINTER(0);
	check_rows(columns);
	state.columns = columns;
	state.order = palloc(Max(columns->ncolumns, 1) * sizeof(uint32 *));
	state.norder = palloc(Max(columns->ncolumns, 1) * sizeof(int64));
	scratch = columns_scratch(columns);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		int64		n = columns_sort(columns, i, &scratch);

		state.norder[i] = n;
		state.order[i] = MemoryContextAllocHuge(CurrentMemoryContext,
												Max(n, 1) * sizeof(uint32));
		for (int64 k = 0; k < n; k++)
			state.order[i][k] = (uint32) scratch.items[k].place;
	}
	columns_scratch_free(&scratch);
	for (int side = 0; side < 2; side++)
		state.rank[side] = MemoryContextAllocHuge(CurrentMemoryContext,
												  columns->nrows * sizeof(double));
	PG_RETURN_ARRAYTYPE_P(correlation_pairs(columns->ncolumns, spearman_pair, &state));
}

/* ---------------- drift ---------------- */

/* The rows of two samples. */
typedef struct DriftState
{
	Columns    *sample[2];		/* base, other */
} DriftState;

PG_FUNCTION_INFO_V1(drift_accumulate);
/*
 * _innovation_score.drift_accumulate(internal, base boolean, VARIADIC vals float8[]) → internal
 *
 * Transition function of _drift.
 */
Datum
drift_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	DriftState *state = PG_ARGISNULL(0) ? NULL : (DriftState *) PG_GETARG_POINTER(0);
	const double *row;
	int			count;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged_state(fcinfo);
	row = numbers_get(PG_GETARG_ARRAYTYPE_P(2), &count);
	if (state == NULL)
	{
		state = MemoryContextAlloc(context, sizeof(DriftState));
		for (int i = 0; i < 2; i++)
			state->sample[i] = columns_create(count, context);
	}
	columns_add(state->sample[PG_GETARG_BOOL(1) ? 0 : 1], row, count);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(drift_final);
/*
 * _innovation_score.drift_final(internal) → float8[]
 *
 * Final function of _drift: for each column the numbers of values in the base
 * and in the other sample, both medians, and the population stability index.
 */
Datum
drift_final(PG_FUNCTION_ARGS)
{
	const DriftState *state;
	ColumnScratch scratch[2];
	int			ncolumns;
	double	   *numbers;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (const DriftState *) PG_GETARG_POINTER(0);
	ncolumns = state->sample[0]->ncolumns;
	numbers = palloc(Max(ncolumns, 1) * 5 * sizeof(double));
	for (int i = 0; i < 2; i++)
		scratch[i] = columns_scratch(state->sample[i]);
	for (int column = 0; column < ncolumns; column++)
	{
		double	   *next = numbers + 5 * column;
		int64		n[2];

		for (int i = 0; i < 2; i++)
		{
			n[i] = columns_sort(state->sample[i], column, &scratch[i]);
			next[i] = (double) n[i];
			next[2 + i] = n[i] > 0 ? sorted_quantile(scratch[i].sorted, n[i], 0.5) : NAN;
		}
		next[4] = stability_index(scratch[0].sorted, n[0], scratch[1].sorted, n[1]);
	}
	for (int i = 0; i < 2; i++)
		columns_scratch_free(&scratch[i]);
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 5 * ncolumns));
}

/* ---------------- what makes scores differ ---------------- */

/* Exact sums over the firms that are scored. */
typedef struct IndicatorSums
{
	ExactSum	points;
	ExactSum	points_score;	/* points * score */
	ExactSum	normalized;		/* where there is a value, as the next two */
	ExactSum	score;
	ExactSum	normalized_score;
} IndicatorSums;

typedef struct ShareState
{
	int			nindicators;
	ExactSum	score;
	IndicatorSums indicator[FLEXIBLE_ARRAY_MEMBER];
} ShareState;

static ShareState *
create_shares(int nindicators, MemoryContext context)
{
	ShareState *state;

	state = MemoryContextAlloc(context, offsetof(ShareState, indicator) +
							   nindicators * sizeof(IndicatorSums));
	state->nindicators = nindicators;
	exact_sum_init(&state->score);
	for (int i = 0; i < nindicators; i++)
	{
		exact_sum_init(&state->indicator[i].points);
		exact_sum_init(&state->indicator[i].points_score);
		exact_sum_init(&state->indicator[i].normalized);
		exact_sum_init(&state->indicator[i].score);
		exact_sum_init(&state->indicator[i].normalized_score);
	}
	return state;
}

PG_FUNCTION_INFO_V1(shares_accumulate);
/*
 * _innovation_score.shares_accumulate(internal, model score_model, stage text,
 *					  VARIADIC vals float8[]) → internal
 *
 * Transition function of _score_shares.
 */
Datum
shares_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ShareState *state = PG_ARGISNULL(0) ? NULL : (ShareState *) PG_GETARG_POINTER(0);
	const ScoreModel *model;
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		return unchanged_state(fcinfo);
	model = model_argument(fcinfo, 1);
	check_fitted(model);
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(3), model, buffer);
	if (state == NULL)
		state = create_shares(model->nindicators, context);
	if (state->nindicators != model->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score models of a group must have the same indicators")));
	row_score(model, model_find_stage(model, PG_GETARG_TEXT_PP(2)), values, parts, &result);
	if (isnan(result.score))
		PG_RETURN_POINTER(state);
	exact_sum_add(&state->score, result.score);
	for (int i = 0; i < model->nindicators; i++)
	{
		IndicatorSums *sums = &state->indicator[i];

		/* Zeros, the most of all, need no adding: the count is the score's. */
		if (parts[i].points != 0)
		{
			exact_sum_add(&sums->points, parts[i].points);
			exact_sum_add(&sums->points_score, parts[i].points * result.score);
		}
		if (!value_is_present(values[i]))
			continue;
		exact_sum_add(&sums->normalized, parts[i].normalized);
		exact_sum_add(&sums->score, result.score);
		exact_sum_add(&sums->normalized_score, parts[i].normalized * result.score);
	}
	PG_RETURN_POINTER(state);
}

/* The mean over n values, of which only those that are not 0 were added. */
static double
mean_over(const ExactSum *sum, int64 n)
{
	ExactSum	copy = *sum;

	copy.count = n;
	exact_sum_canonicalize(&copy);
	return exact_sum_mean(&copy);
}

static double
deviation_of(const ExactSum *sum)
{
	ExactSum	copy = *sum;

	exact_sum_canonicalize(&copy);
	return exact_sum_stddev(&copy);
}

PG_FUNCTION_INFO_V1(shares_final);
/*
 * _innovation_score.shares_final(internal) → float8[]
 *
 * Final function of _score_shares: the number of firms scored and the standard
 * deviation of the score; then for each indicator the number of its values,
 * the mean of its points, the covariance of its points with the score, and the
 * correlation of its normalized values with the score.
 */
Datum
shares_final(PG_FUNCTION_ARGS)
{
	const ShareState *state;
	double	   *numbers;
	int64		n;
	double		mean = NAN;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (const ShareState *) PG_GETARG_POINTER(0);
	n = state->score.count;
	numbers = palloc((2 + 4 * state->nindicators) * sizeof(double));
	numbers[0] = (double) n;
	numbers[1] = n > 1 ? deviation_of(&state->score) : NAN;
	if (n > 0)
		mean = mean_over(&state->score, n);
	for (int i = 0; i < state->nindicators; i++)
	{
		const IndicatorSums *sums = &state->indicator[i];
		int64		present = sums->normalized.count;
		double	   *next = numbers + 2 + 4 * i;
		double		points = n > 0 ? mean_over(&sums->points, n) : NAN;

		next[0] = (double) present;
		next[1] = points;
		next[2] = n > 1 ? (mean_over(&sums->points_score, n) - points * mean) *
			((double) n / (double) (n - 1)) : NAN;
		next[3] = NAN;
		if (present > 1)
		{
			double		a = deviation_of(&sums->normalized);
			double		b = deviation_of(&sums->score);
			double		covariance = mean_over(&sums->normalized_score, present) -
			mean_over(&sums->normalized, present) * mean_over(&sums->score, present);

			if (a > 0 && b > 0)
				next[3] = Max(-1.0, Min(1.0, covariance / a / b *
										((double) present / (double) (present - 1))));
		}
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, 2 + 4 * state->nindicators));
}
