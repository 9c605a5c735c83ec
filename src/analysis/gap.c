/*-------------------------------------------------------------------------
 *
 * gap.c
 *	  What a firm would need to reach a score: what the function gap_to computes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "numbers/float_key.h"
#include "support/function_glue.h"
#include "score/row_score.h"
#include "model/value_row.h"
#include "model/model.h"

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
