/*-------------------------------------------------------------------------
 *
 * portrait.c
 *	  A firm among its peers: what the view _portrait and the function gap_to
 *	  compute.
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
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "numbers/distribution.h"
#include "analysis/columns.h"
#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "support/number_array.h"
#include "score/row_score.h"
#include "model/value_row.h"

/* ---------------- the distributions of a group of firms ---------------- */

typedef struct ProfileState
{
	int64		grid;
	Columns    *columns;
} ProfileState;

PG_FUNCTION_INFO_V1(peer_profile_accumulate);
/*
 * _innovation_score.peer_profile_accumulate(internal, grid integer, VARIADIC vals float8[])
 *	→ internal
 *
 * Transition function of _peer_profile: keeps the values, 8 bytes each.
 */
Datum
peer_profile_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	ProfileState *state = PG_ARGISNULL(0) ? NULL : (ProfileState *) PG_GETARG_POINTER(0);
	const double *row;
	int			count;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged_state(fcinfo);
	row = numbers_get(PG_GETARG_ARRAYTYPE_P(2), &count);
	if (state == NULL)
	{
		state = MemoryContextAlloc(context, sizeof(ProfileState));
		state->grid = PG_GETARG_INT32(1);
		state->columns = columns_create(count, context);
	}
	columns_add(state->columns, row, count);
	PG_RETURN_POINTER(state);
}

/* The values of a column in order; returns how many there are. */
static int64
sort_values(const Columns *columns, int column, uint64 *keys, double *sorted)
{
	const double *values = columns->column[column];
	int64		n = 0;

	for (int64 row = 0; row < columns->nrows; row++)
		if (!isnan(values[row]))
			keys[n++] = float_key(values[row]);
	sort_keys(keys, n);
	for (int64 i = 0; i < n; i++)
		sorted[i] = key_float(keys[i]);
	return n;
}

PG_FUNCTION_INFO_V1(peer_profile_final);
/*
 * _innovation_score.peer_profile_final(internal) → float8[]
 *
 * Final function of _peer_profile: the distributions of the columns, one after
 * the other, as kept_column_write() writes them.
 */
Datum
peer_profile_final(PG_FUNCTION_ARGS)
{
	const ProfileState *state;
	const Columns *columns;
	uint64	   *keys;
	double	   *sorted;
	double	   *numbers;
	int64		length = 0;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (const ProfileState *) PG_GETARG_POINTER(0);
	columns = state->columns;
	keys = MemoryContextAllocHuge(CurrentMemoryContext, Max(columns->nrows, 1) * sizeof(uint64));
	sorted = MemoryContextAllocHuge(CurrentMemoryContext, Max(columns->nrows, 1) * sizeof(double));
	numbers = MemoryContextAllocHuge(CurrentMemoryContext,
									 columns->ncolumns * sizeof(double) *
									 kept_column_room(columns->nrows, state->grid) + 1);
	for (int i = 0; i < columns->ncolumns; i++)
	{
		int64		n = sort_values(columns, i, keys, sorted);

		length += kept_column_write(sorted, n, state->grid, numbers + length);
	}
	pfree(keys);
	pfree(sorted);
	PG_RETURN_ARRAYTYPE_P(numbers_make(numbers, length));
}

/* The columns of a profile; an error where they are not as many as these. */
static void
read_profile(ArrayType *array, KeptColumn *columns, int ncolumns)
{
	int			length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *numbers = (const double *) ARR_DATA_PTR(array);

	if (!ARR_HASNULL(array))
		for (int i = 0; i < ncolumns; i++)
		{
			int64		taken = kept_column_read(numbers, length, &columns[i]);

			if (taken == 0)
				break;
			numbers += taken;
			length -= taken;
			if (i == ncolumns - 1 && length == 0)
				return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("profile of peers does not have the %d distributions of the model", ncolumns),
			 errhint("Freeze the scoreboard again.")));
}

PG_FUNCTION_INFO_V1(profile_rows);
/*
 * _innovation_score.profile_rows(profile float8[], indicators integer)
 *	→ SETOF (place, n, lower_quartile, median, upper_quartile)
 */
Datum
profile_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	int			ncolumns = PG_GETARG_INT32(1);
	KeptColumn *columns = palloc(Max(ncolumns, 1) * sizeof(KeptColumn));

	read_profile(PG_GETARG_ARRAYTYPE_P(0), columns, ncolumns);
	init_materialized_srf(fcinfo);
	for (int i = 0; i < ncolumns; i++)
	{
		Datum		values[5];
		bool		nulls[5] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Int64GetDatum((int64) columns[i].n);
		for (int k = 0; k < 3; k++)
			set_number(&values[2 + k], &nulls[2 + k], columns[i].quartile[k]);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(hide_few);
/*
 * _innovation_score.hide_few(profile float8[], fewest integer) → float8[]
 *
 * The distributions of a profile, empty in place of those of fewer values.
 */
Datum
hide_few(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			fewest = PG_GETARG_INT32(1);
	int			length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	const double *numbers = (const double *) ARR_DATA_PTR(array);
	double	   *shown;
	int64		shown_length = 0;

	if (fewest <= 1 || ARR_HASNULL(array))
		PG_RETURN_ARRAYTYPE_P(array);
	/* an empty distribution is no longer than another one */
	shown = MemoryContextAllocHuge(CurrentMemoryContext, Max(length, 1) * sizeof(double));
	while (length > 0)
	{
		KeptColumn	column;
		int64		taken = kept_column_read(numbers, length, &column);

		if (taken == 0)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("profile of peers is damaged"),
					 errhint("Freeze the scoreboard again.")));
		if (column.n < fewest)
			shown_length += kept_column_write(NULL, 0, 0, shown + shown_length);
		else
		{
			memcpy(shown + shown_length, numbers, taken * sizeof(double));
			shown_length += taken;
		}
		numbers += taken;
		length -= taken;
	}
	PG_RETURN_ARRAYTYPE_P(numbers_make(shown, shown_length));
}

/* ---------------- the portrait ---------------- */

typedef struct PortraitCache
{
	void	   *models;
	void	   *previous_models;
	KeptArrays *profiles;
} PortraitCache;

/* What the portrait adds to the points; NaN is NULL. */
typedef struct PortraitValue
{
	double		percentile;
	double		peers;
	double		median;
	double		upper_quartile;
	double		peer_normalized;
	double		lost;
	double		advantage;
	double		strength;
	double		weakness;
	double		previous_value;
	double		previous_points;
} PortraitValue;

static void
compare_with_peers(const ScoreModel *model, int stage, const double *values,
				   ArrayType *profile, PortraitValue *portrait)
{
	int			n = model->nindicators;
	KeptColumn *columns = palloc(n * sizeof(KeptColumn));
	double	   *median = palloc(2 * n * sizeof(double));
	double	   *normalized = median + n;

	read_profile(profile, columns, n);
	for (int i = 0; i < n; i++)
		median[i] = columns[i].quartile[1];
	row_normalize(model, stage, median, normalized);
	for (int i = 0; i < n; i++)
	{
		portrait[i].peers = columns[i].n;
		portrait[i].median = median[i];
		portrait[i].upper_quartile = columns[i].quartile[2];
		portrait[i].peer_normalized = isnan(median[i]) ? NAN : normalized[i];
		if (value_is_present(values[i]) && columns[i].n > 0)
			portrait[i].percentile =
				100 * kept_column_at_or_below(&columns[i], values[i]) / columns[i].n;
	}
}

/* Competition ranks, 1 = largest. */
static double
rank_among(const double *numbers, int n, int place)
{
	int			above = 0;

	if (isnan(numbers[place]))
		return NAN;
	for (int i = 0; i < n; i++)
		above += numbers[i] > numbers[place];
	return above + 1;
}

static void
rank_indicators(const ScoreModel *model, const ValueScore *parts,
				PortraitValue *portrait)
{
	int			n = model->nindicators;
	double	   *lost = palloc(2 * n * sizeof(double));
	double	   *advantage = lost + n;

	for (int i = 0; i < n; i++)
	{
		/* What a penalty could give at best is nothing. */
		lost[i] = Max(parts[i].max_points, 0.0) - parts[i].points;
		advantage[i] = parts[i].points - parts[i].max_points * portrait[i].peer_normalized;
	}
	for (int i = 0; i < n; i++)
	{
		portrait[i].lost = lost[i];
		portrait[i].advantage = advantage[i];
		portrait[i].strength = rank_among(advantage, n, i);
		portrait[i].weakness = rank_among(lost, n, i);
	}
}

/*
 * What the row before had; its points where it had a stage and a model.
 */
static void
compare_with_previous(FunctionCallInfo fcinfo, PortraitCache *cache, const ScoreModel *model,
					  PortraitValue *portrait)
{
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;

	if (PG_ARGISNULL(6))
		return;
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(6), model, buffer);
	for (int i = 0; i < model->nindicators; i++)
		portrait[i].previous_value = value_is_present(values[i]) ? values[i] : NAN;
	if (PG_ARGISNULL(4) || PG_ARGISNULL(5))
		return;
	model = model_kept(PG_GETARG_DATUM(4), &cache->previous_models, fcinfo->flinfo->fn_mcxt);
	check_fitted(model);
	row_score(model, model_find_stage(model, PG_GETARG_TEXT_PP(5)), values, parts, &result);
	for (int i = 0; i < model->nindicators; i++)
		portrait[i].previous_points = parts[i].points;
}

static void
put_portrait(ReturnSetInfo *set, const ScoreModel *model, int stage, int i,
			 double value, const ValueScore *part, const PortraitValue *portrait)
{
	const ModelIndicator *indicator = &model_stage_indicators(model, stage)[i];
	const ModelCategory *category = &model_categories(model)[indicator->category];
	bool		present = value_is_present(value);
	double		step;
	double		next_step;
	Datum		values[21];
	bool		nulls[21] = {false};

	values[0] = CStringGetTextDatum(model_string(model, indicator->name));
	values[1] = CStringGetTextDatum(model_string(model, category->name));
	set_number(&values[2], &nulls[2], present ? value : indicator->imputed);
	set_number(&values[3], &nulls[3], part->normalized);
	set_number(&values[4], &nulls[4], portrait->percentile);
	values[5] = Int64GetDatum(isnan(portrait->peers) ? 0 : (int64) portrait->peers);
	nulls[5] = isnan(portrait->peers);
	set_number(&values[6], &nulls[6], portrait->median);
	set_number(&values[7], &nulls[7], portrait->upper_quartile);
	set_number(&values[8], &nulls[8], portrait->peer_normalized);
	set_number(&values[9], &nulls[9], part->max_points);
	set_number(&values[10], &nulls[10], part->points);
	set_number(&values[11], &nulls[11], portrait->lost);
	set_number(&values[12], &nulls[12], portrait->advantage);
	values[13] = Int32GetDatum(isnan(portrait->strength) ? 0 : (int32) portrait->strength);
	nulls[13] = isnan(portrait->strength);
	values[14] = Int32GetDatum(isnan(portrait->weakness) ? 0 : (int32) portrait->weakness);
	nulls[14] = isnan(portrait->weakness);
	set_number(&values[15], &nulls[15], portrait->previous_value);
	set_number(&values[16], &nulls[16], present ? value - portrait->previous_value : NAN);
	set_number(&values[17], &nulls[17], part->points - portrait->previous_points);
	values[18] = CStringGetTextDatum(value_status_names[value_status(model, indicator, value)]);
	value_steps(indicator, shown_value(indicator, value), &step, &next_step);
	set_number(&values[19], &nulls[19], step);
	set_number(&values[20], &nulls[20], next_step);
	tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(portrait_rows);
/*
 * _innovation_score.portrait_rows(model score_model, stage text, vals float8[],
 *				  profile float8[], previous_model score_model,
 *				  previous_stage text, previous_vals float8[])
 *	→ SETOF (indicator, category, value, normalized, percentile, peers,
 *			 peer_median, peer_upper_quartile, peer_normalized, max_points, points,
 *			 points_lost, advantage, strength_rank, weakness_rank,
 *			 previous_value, value_change, points_change, status, step, next_step)
 *
 * A row an indicator.  No rows where model, stage or values are NULL; without a
 * profile nothing about peers; without one of the last three no changes.
 */
Datum
portrait_rows(PG_FUNCTION_ARGS)
{
	PortraitCache *cache = (PortraitCache *) fcinfo->flinfo->fn_extra;
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const ScoreModel *model;
	const double *values;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;
	PortraitValue *portrait;
	int			stage;
	int			n;

	init_materialized_srf(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return (Datum) 0;
	if (cache == NULL)
		fcinfo->flinfo->fn_extra = cache =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PortraitCache));
	model = model_kept(PG_GETARG_DATUM(0), &cache->models, fcinfo->flinfo->fn_mcxt);
	check_fitted(model);
	n = model->nindicators;
	values = value_row_get(PG_GETARG_ARRAYTYPE_P(2), model, buffer);
	stage = model_find_stage(model, PG_GETARG_TEXT_PP(1));
	row_score(model, stage, values, parts, &result);

	portrait = palloc(n * sizeof(PortraitValue));
	for (int i = 0; i < n; i++)
		portrait[i] = (PortraitValue)
	{
		NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN
	};
	if (!PG_ARGISNULL(3))
		compare_with_peers(model, stage, values,
						   array_kept(PG_GETARG_DATUM(3), &cache->profiles,
									  fcinfo->flinfo->fn_mcxt),
						   portrait);
	rank_indicators(model, parts, portrait);
	compare_with_previous(fcinfo, cache, model, portrait);
	for (int i = 0; i < n; i++)
		put_portrait(set, model, stage, i, values[i], &parts[i], &portrait[i]);
	return (Datum) 0;
}

/* ---------------- what would it take ---------------- */

/* A row whose values are tried out. */
typedef struct Trial
{
	const ScoreModel *model;
	int			stage;
	double	   *values;
	double		target;
	ValueScore *parts;
} Trial;

/* The score with another value of one indicator; the row stays as it is. */
static double
score_with(Trial *trial, int indicator, double value)
{
	double		kept = trial->values[indicator];
	RowScore	result;

	trial->values[indicator] = value;
	row_score(trial->model, trial->stage, trial->values, trial->parts, &result);
	trial->values[indicator] = kept;
	return result.score;
}

/*
 * The value next to "fails", between it and "reaches", with which the target is
 * reached, by halving the doubles between them until they are neighbours.
 */
static double
first_that_reaches(Trial *trial, int indicator, double fails, double reaches)
{
	uint64		low = float_key(sample_value(fails));
	uint64		high = float_key(sample_value(reaches));

	while ((low < high ? high - low : low - high) > 1)
	{
		uint64		middle = low < high ? low + (high - low) / 2 : high + (low - high) / 2;

		if (score_with(trial, indicator, key_float(middle)) >= trial->target)
			high = middle;
		else
			low = middle;
	}
	return sample_value(key_float(high));
}

/* Where scores may turn: between two of these they rise or fall throughout. */
static int
turning_points(const ModelIndicator *indicator, const Scoring *scoring, double *points)
{
	double		lower = indicator->floor;
	double		upper = indicator->ceiling;
	int			nparameters = indicator->direction.kind == DIRECTION_INTERVAL ? 2 :
	indicator->direction.kind == DIRECTION_TARGET ? 1 : 0;
	int			n = 0;

	if (scoring->kind != SCORING_MINMAX)
	{
		/* The ends are enough where steps are looked for one by one. */
		if (scoring->kind != SCORING_LINEAR)
		{
			points[n++] = scoring_stop(scoring, 0, false);
			points[n++] = scoring_stop(scoring, scoring_stops(scoring) - 1, true);
			return n;
		}
		for (int i = 0; i < scoring->count; i++)
			points[n++] = scoring->points[i].threshold;
		return n;
	}
	points[n++] = lower;
	for (int i = 0; i < nparameters; i++)
	{
		double		parameter = indicator->direction.parameter[i];

		if (parameter > points[n - 1] && parameter < upper)
			points[n++] = parameter;
	}
	if (upper > points[n - 1])
		points[n++] = upper;
	return n;
}

typedef struct Change
{
	bool		reaches;
	double		needed;			/* NaN: no value makes the score better */
	double		score;
} Change;

/* Look from a value up or down, from turning point to turning point. */
static Change
search_direction(Trial *trial, int indicator, double start, double score,
				 const double *points, int npoints, bool up)
{
	Change		best = {false, NAN, score};
	double		previous = start;

	for (int k = 0; k < npoints; k++)
	{
		double		point = points[up ? k : npoints - 1 - k];
		double		reached;

		if (up ? point <= start : point >= start)
			continue;
		reached = score_with(trial, indicator, point);
		if (reached >= trial->target)
		{
			best.reaches = true;
			best.needed = first_that_reaches(trial, indicator, previous, point);
			best.score = score_with(trial, indicator, best.needed);
			return best;
		}
		if (reached > best.score || (isnan(best.score) && !isnan(reached)))
		{
			best.needed = point;
			best.score = reached;
		}
		previous = point;
	}
	return best;
}

/* A rule's stops on one side of a value, from the nearest on. */
typedef struct Stops
{
	const Scoring *scoring;
	int			nearest;
	int			count;
	bool		up;
} Stops;

static double
stop_at(const Stops *stops, int number)
{
	return scoring_stop(stops->scoring, stops->nearest + (stops->up ? number : -number),
						stops->up);
}

static Stops
stops_from(const Scoring *scoring, double value, bool up)
{
	Stops		stops = {scoring, 0, 0, up};
	int			low = 0;
	int			high = scoring_stops(scoring);

	/* The first stop that is above the value, or not below it. */
	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		double		stop = scoring_stop(scoring, middle, up);

		if (up ? stop > value : stop >= value)
			high = middle;
		else
			low = middle + 1;
	}
	stops.nearest = up ? low : low - 1;
	stops.count = up ? scoring_stops(scoring) - low : low;
	return stops;
}

/*
 * Look from a value up or down where a rule gives points by steps or by full
 * units: the nearest stop that reaches the target; where none does, the nearest
 * that gives more.
 */
static Change
search_stops(Trial *trial, int indicator, const Scoring *scoring, double start,
			 double score, bool up)
{
	Change		best = {false, NAN, score};
	Stops		stops = stops_from(scoring, start, up);
	bool		even = scoring->kind == SCORING_PER || scoring->kind == SCORING_PERCENT_RANK;
	int			number = 0;

	/*
	 * Units and values may be many; the score rises or falls with them
	 * throughout.
	 */
	if (even && stops.count > 0 &&
		score_with(trial, indicator, stop_at(&stops, stops.count - 1)) >= trial->target)
	{
		int			high = stops.count - 1;

		while (number < high)
		{
			int			middle = number + (high - number) / 2;

			if (score_with(trial, indicator, stop_at(&stops, middle)) >= trial->target)
				high = middle;
			else
				number = middle + 1;
		}
	}
	for (; number < stops.count; number++)
	{
		double		stop = stop_at(&stops, number);
		double		reached = score_with(trial, indicator, stop);

		best.reaches = reached >= trial->target;
		if (best.reaches ||
			(isnan(best.needed) &&
			 (reached > best.score || (isnan(best.score) && !isnan(reached)))))
		{
			best.needed = stop;
			best.score = reached;
		}
		if (best.reaches || (even && (number > 0 || !isnan(best.needed))))
			break;
	}
	return best;
}

/* The change of one indicator that reaches the target, or gains the most. */
static Change
find_change(Trial *trial, int indicator, double score)
{
	const ModelIndicator *known = &model_stage_indicators(trial->model, trial->stage)[indicator];
	double		value = trial->values[indicator];
	Scoring		scoring = model_scoring(known);
	bool		by_stops = scoring.kind != SCORING_MINMAX && scoring.kind != SCORING_LINEAR;
	double		points[SCORING_MAX_POINTS];
	int			npoints;
	double		start = value;
	double		start_score = score;
	Change		change = {false, NAN, score};
	Change		up;
	Change		down;

	if (score >= trial->target)
	{
		change.reaches = true;
		change.needed = value;
		return change;
	}
	if (scoring.kind == SCORING_MINMAX ? isnan(known->floor) || isnan(known->ceiling) :
		scoring_stops(&scoring) == 0)
		return change;
	npoints = turning_points(known, &scoring, points);

	/* A missing value is looked for from the worse end of the scale. */
	if (!value_is_present(value))
	{
		double		last = score_with(trial, indicator, points[npoints - 1]);

		start = points[0];
		start_score = score_with(trial, indicator, start);
		if (last < start_score)
		{
			start = points[npoints - 1];
			start_score = last;
		}
		if (start_score >= trial->target || start_score > score ||
			(isnan(score) && !isnan(start_score)))
		{
			change.reaches = start_score >= trial->target;
			change.needed = start;
			change.score = start_score;
		}
		if (change.reaches)
			return change;
	}
	if (by_stops)
	{
		up = search_stops(trial, indicator, &scoring, start, start_score, true);
		down = search_stops(trial, indicator, &scoring, start, start_score, false);
	}
	else
	{
		up = search_direction(trial, indicator, start, start_score, points, npoints, true);
		down = search_direction(trial, indicator, start, start_score, points, npoints, false);
	}
	if (up.reaches && down.reaches)
		return fabs(up.needed / 2 - start / 2) < fabs(down.needed / 2 - start / 2) ? up : down;
	if (up.reaches)
		return up;
	if (down.reaches)
		return down;
	if (!isnan(up.needed) && (up.score > change.score || isnan(change.score)))
		change = up;
	if (!isnan(down.needed) && (down.score > change.score || isnan(change.score)))
		change = down;
	return change;
}

PG_FUNCTION_INFO_V1(gap_rows);
/*
 * _innovation_score.gap_rows(model score_model, stage text, vals float8[], target float8)
 *	→ SETOF (place, value, needed, score, reaches)
 *
 * For each indicator, by its place in the model from 1: the value nearest to
 * the one that the row has with which, all else left as it is, score() gives at
 * least the target; where no value does, the one that gives the most, NULL
 * where none gives more.  "score" is the score with that value.
 */
Datum
gap_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	double		buffer[MODEL_MAX_INDICATORS];
	ValueScore	parts[MODEL_MAX_INDICATORS];
	RowScore	result;
	Trial		trial;

	trial.model = model_argument(fcinfo, 0);
	check_fitted(trial.model);
	trial.stage = model_find_stage(trial.model, PG_GETARG_TEXT_PP(1));
	value_row_read(PG_GETARG_ARRAYTYPE_P(2), trial.model, buffer);
	trial.values = buffer;
	trial.parts = parts;
	trial.target = PG_GETARG_FLOAT8(3);
	row_score(trial.model, trial.stage, buffer, parts, &result);
	init_materialized_srf(fcinfo);
	for (int i = 0; i < trial.model->nindicators; i++)
	{
		Change		change;
		Datum		values[5];
		bool		nulls[5] = {false};

		CHECK_FOR_INTERRUPTS();
		change = find_change(&trial, i, result.score);
		values[0] = Int32GetDatum(i + 1);
		set_number(&values[1], &nulls[1], value_is_present(buffer[i]) ? buffer[i] : NAN);
		set_number(&values[2], &nulls[2], value_is_present(change.needed) ? change.needed : NAN);
		set_number(&values[3], &nulls[3], change.score);
		values[4] = BoolGetDatum(change.reaches);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
