/*-------------------------------------------------------------------------
 *
 * sample_finish.c
 *	  What a pass of fit() found: bounds, or where the next pass has to look.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/float_key.h"
#include "numbers/order_statistic.h"
#include "fit/sample.h"

static void
target_found(SearchTarget *target, double value)
{
	target->below = target->rank;
	target->inside = 1;
	target->low = target->high = value;
}

/* The value of a rank of a tail or bracket; scratch memory is its own. */
static double
select_value(const double *values, int64 n, int64 rank)
{
	double	   *scratch = palloc(n * sizeof(double));
	double		value = order_statistic(values, n, rank, scratch);

	pfree(scratch);
	return value;
}

/* The tail of a spilled sample that has a rank, and its place there; or NULL. */
static const SampleTail *
tail_of_rank(const Sample *sample, int64 rank, int64 *place)
{
	int64		from_top = sample->n - 1 - rank;

	if (sample->has_low && rank < SAMPLE_TAIL)
	{
		*place = rank;
		return &sample->low;
	}
	if (sample->has_high && from_top < SAMPLE_TAIL)
	{
		*place = sample->high.n - 1 - from_top;
		return &sample->high;
	}
	return NULL;
}

/* Find a rank in a spilled sample, or the bucket that it lies in. */
static void
locate_spilled(const Sample *sample, SearchTarget *target)
{
	const SampleBuckets *buckets = sample->buckets;
	int64		below = 0;
	int64		place;
	const SampleTail *tail = tail_of_rank(sample, target->rank, &place);

	if (tail != NULL)
	{
		target_found(target, select_value(tail->values, tail->n, place));
		return;
	}
	for (int page = 0; page < BUCKET_PAGES; page++)
	{
		/* Zeros stand between the negative and the positive pages. */
		if (page == BUCKET_PAGES / 2)
		{
			if (target->rank - below < buckets->zeros)
			{
				target_found(target, 0);
				return;
			}
			below += buckets->zeros;
		}
		if (buckets->page[page] == 0)
			continue;
		for (int i = 0; i < BUCKETS_PER_PAGE; i++)
		{
			int64		inside = buckets->counts[buckets->page[page] - 1][i];

			if (target->rank - below < inside)
			{
				uint64		first = ((uint64) page << SAMPLE_PAGE_SHIFT) + ((uint64) i << SAMPLE_BUCKET_SHIFT);
				uint64		last = first + (UINT64CONST(1) << SAMPLE_BUCKET_SHIFT) - 1;

				/* Zeros are not in the buckets next to them. */
				if (first == float_key(0.0))
					first++;
				if (last == float_key(0.0) - 1)
					last--;

				/* The buckets at the ends of the range hold no more than it. */
				target->below = below;
				target->inside = inside;
				target->low = first <= float_key(sample->minimum) ?
					sample->minimum : key_float(first);
				target->high = last >= float_key(sample->maximum) ?
					sample->maximum : key_float(last);
				return;
			}
			below += inside;
		}
	}
	elog(ERROR, "buckets of a sample do not hold rank " INT64_FORMAT,
		 target->rank);
}

/* The two ranks around a quantile; in a tail, one selection finds both. */
static void
locate_pair(const Sample *sample, SearchTarget *pair)
{
	int64		place;
	int64		next_place;
	const SampleTail *tail = tail_of_rank(sample, pair[0].rank, &place);

	if (tail != NULL && tail == tail_of_rank(sample, pair[1].rank, &next_place) &&
		next_place == place + 1)
	{
		double	   *scratch = palloc(tail->n * sizeof(double));
		double		at;
		double		next;

		order_statistic_pair(tail->values, tail->n, place, scratch, &at, &next);
		pfree(scratch);
		target_found(&pair[0], at);
		target_found(&pair[1], next);
		return;
	}
	locate_spilled(sample, &pair[0]);
	locate_spilled(sample, &pair[1]);
}

static void
locate_in_bracket(const Sample *sample, SearchTarget *target)
{
	const SampleBracket *bracket = sample->bracket;
	int64		below;

	if (target->low == target->high)
		return;
	while (bracket->low != target->low)
		bracket++;
	if (bracket->n != bracket->inside)
		sample_changed();
	if (bracket->values != NULL)
	{
		target_found(target, select_value(bracket->values, bracket->n,
										  target->rank - bracket->below));
		return;
	}
	below = bracket->below;
	for (int i = 0; i < BRACKET_BUCKETS; i++)
	{
		const FineBucket *bucket = &bracket->buckets[i];

		if (target->rank - below < bucket->count)
		{
			target->below = below;
			target->inside = bucket->count;
			target->low = bucket->minimum;
			target->high = bucket->maximum;
			return;
		}
		below += bucket->count;
	}
	elog(ERROR, "bracket of a sample does not hold rank " INT64_FORMAT,
		 target->rank);
}

/* What is searched: among the deviations from a center, only their median. */
static int
search_quantiles(const ModelIndicator *indicator, const BoundsSearch *search,
				 double probabilities[MAX_QUANTILES])
{
	if (search->centered)
		return extreme_method_quantiles(&indicator->extreme, probabilities);
	return needed_quantiles(&indicator->extreme,
							(MissingPolicy) indicator->missing, probabilities);
}

static void
set_limits(IndicatorBounds *bounds, ExtremeBounds limits)
{
	bounds->lower = limits.lower;
	bounds->upper = limits.upper;
	bounds->fell_back = limits.fell_back;
}

/* The ranks around each quantile that is wanted. */
static void
set_targets(const ModelIndicator *indicator, int64 n, BoundsSearch *search)
{
	double		probabilities[MAX_QUANTILES];
	int			nquantiles = search_quantiles(indicator, search, probabilities);

	search->ntargets = 0;
	for (int i = 0; i < nquantiles; i++)
	{
		QuantilePosition position = quantile_position(probabilities[i], n);

		search->target[search->ntargets++].rank = position.rank;
		search->target[search->ntargets++].rank =
			position.fraction == 0 ? position.rank : position.rank + 1;
	}
}

/*
 * All targets found: what is missing from the bounds, or for mad the search
 * among the deviations.
 */
static void
conclude_search(const Sample *sample, const ModelIndicator *indicator,
				IndicatorBounds *bounds, BoundsSearch *search)
{
	double		probabilities[MAX_QUANTILES];
	double		quantiles[MAX_QUANTILES];
	int			nquantiles = search_quantiles(indicator, search, probabilities);
	double		median;

	for (int i = 0; i < nquantiles; i++)
		quantiles[i] = quantile_interpolate(search->target[2 * i].low,
											search->target[2 * i + 1].low,
											quantile_position(probabilities[i], sample->n).fraction);
	median = nquantiles > 0 ? quantiles[nquantiles - 1] : NAN;
	if (indicator->extreme.kind == EXTREME_MAD)
	{
		if (!search->centered)
		{
			memset(search, 0, sizeof(*search));
			search->centered = true;
			search->center = quantiles[0];
			return;
		}
		quantiles[1] = quantiles[0];
		quantiles[0] = median = search->center;
	}
	bounds->status = BOUNDS_EXACT;
	if (indicator->missing == MISSING_MEDIAN)
		bounds->imputed = median;
	if (extreme_method_quantiles(&indicator->extreme, probabilities) > 0)
		set_limits(bounds, extreme_bounds_from(&indicator->extreme, quantiles,
											   NULL, bounds->minimum,
											   bounds->maximum));
}

static void
finish_search(const Sample *sample, const ModelIndicator *indicator,
			  IndicatorBounds *bounds, BoundsSearch *search)
{
	bool		found = true;

	if (sample->kind == SAMPLE_ORDER)
		set_targets(indicator, sample->n, search);
	for (int i = 0; i < search->ntargets; i += 2)
	{
		SearchTarget *pair = &search->target[i];

		if (sample->kind == SAMPLE_ORDER)
			locate_pair(sample, pair);
		else
		{
			locate_in_bracket(sample, &pair[0]);
			locate_in_bracket(sample, &pair[1]);
		}
		found &= pair[0].low == pair[0].high && pair[1].low == pair[1].high;
	}
	bounds->status = BOUNDS_SEARCHED;
	if (found)
		conclude_search(sample, indicator, bounds, search);
}

/* Bounds of a method that needs no search, of a sample that is not whole. */
static ExtremeBounds
limits_without_search(const Sample *sample, const ModelIndicator *indicator,
					  const IndicatorBounds *bounds)
{
	double		limits[2];

	if (indicator->extreme.kind == EXTREME_JRC)
	{
		int			count = (int) indicator->extreme.parameter[0] + 1;
		double		lowest[JRC_MAX_POINTS + 1];
		double		highest[JRC_MAX_POINTS + 1];
		double	   *scratch = palloc(Max(sample->low.n, sample->high.n) * sizeof(double));

		lowest_values(sample->low.values, sample->low.n, count, scratch, lowest);
		highest_values(sample->high.values, sample->high.n, count, scratch, highest);
		jrc_bounds(&indicator->extreme, sample->moments, lowest, highest, count, limits);
		pfree(scratch);
	}
	return extreme_bounds_from(&indicator->extreme, limits, sample->sums,
							   bounds->minimum, bounds->maximum);
}

static void
finish_whole(const Sample *sample, const ModelIndicator *indicator,
			 IndicatorBounds *bounds)
{
	double	   *scratch = palloc(2 * sample->n * sizeof(double));

	set_limits(bounds, extreme_bounds_of_sample(&indicator->extreme,
												sample->low.values, sample->n,
												bounds->minimum,
												bounds->maximum, scratch));
	if (indicator->missing == MISSING_MEDIAN)
		bounds->imputed = quantile_of_sample(0.5, sample->low.values,
											 sample->n, scratch);
	pfree(scratch);
}

/* What the first pass says without a further one. */
static void
finish_first_pass(const Sample *sample, const ModelIndicator *indicator,
				  IndicatorBounds *bounds)
{
	double		unused[MAX_QUANTILES];

	bounds->minimum = sample->minimum;
	bounds->maximum = sample->maximum;
	if (indicator->missing == MISSING_MEAN)
		bounds->imputed = exact_sum_mean(sample->sums);
	if (sample->kind == SAMPLE_ORDER && !sample->spilled)
		finish_whole(sample, indicator, bounds);
	else if (extreme_method_quantiles(&indicator->extreme, unused) == 0)
		set_limits(bounds, limits_without_search(sample, indicator, bounds));
}

void
sample_finish(const Sample *sample, const ModelIndicator *indicator,
			  const BoundsSearch *search, int64 rows,
			  IndicatorBounds *bounds, BoundsSearch *next)
{
	bool		first_pass = sample->kind != SAMPLE_BRACKETS && !sample->centered;

	memset(bounds, 0, sizeof(*bounds));
	memset(next, 0, sizeof(*next));
	if (sample->kind == SAMPLE_DONE)
	{
		memcpy(bounds, &indicator->bounds, sizeof(*bounds));
		if (bounds->n + bounds->missing != rows)
			sample_changed();
		return;
	}
	bounds->status = BOUNDS_EXACT;
	bounds->n = sample->n;
	bounds->missing = rows - sample->n;
	bounds->minimum = bounds->maximum = NAN;
	bounds->lower = bounds->upper = NAN;
	bounds->imputed = NAN;

	if (!first_pass)
	{
		if (sample->n != indicator->bounds.n ||
			bounds->missing != indicator->bounds.missing)
			sample_changed();
		memcpy(bounds, &indicator->bounds, sizeof(*bounds));
		memcpy(next, search, sizeof(*next));
	}
	else if (sample->n > 0)
		finish_first_pass(sample, indicator, bounds);

	if (sample->n == 0)
	{
		if (indicator->extreme.kind == EXTREME_FIXED)
		{
			bounds->lower = indicator->extreme.parameter[0];
			bounds->upper = indicator->extreme.parameter[1];
		}
	}
	else if (sample->spilled || sample->kind == SAMPLE_BRACKETS)
		finish_search(sample, indicator, bounds, next);
	else if (sample->centered)
		sample_changed();		/* deviations are of more than fit in memory */
	if (bounds->status == BOUNDS_EXACT)
		memset(next, 0, sizeof(*next));
}
