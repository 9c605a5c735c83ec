/*-------------------------------------------------------------------------
 *
 * sample_finish.c
 *	  What a pass of fit() found: bounds, or where the next pass has to look.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "float_key.h"
#include "order_statistic.h"
#include "sample.h"

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

/* Find a rank in a spilled sample, or the bucket that it lies in. */
static void
locate_spilled(const Sample *sample, SearchTarget *target)
{
	const SampleBuckets *buckets = sample->buckets;
	int64		from_top = sample->n - 1 - target->rank;
	int64		below = 0;

	if (sample->has_low && target->rank < SAMPLE_TAIL)
	{
		target_found(target, select_value(sample->low.values, sample->low.n,
										  target->rank));
		return;
	}
	if (sample->has_high && from_top < SAMPLE_TAIL)
	{
		target_found(target, select_value(sample->high.values, sample->high.n,
										  sample->high.n - 1 - from_top));
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

/* The ranks around each quantile that the method wants. */
static void
set_targets(const ModelIndicator *indicator, int64 n, BoundsSearch *search)
{
	double		probabilities[2];
	int			nquantiles = extreme_method_quantiles(&indicator->extreme, probabilities);

	search->ntargets = 0;
	for (int i = 0; i < nquantiles; i++)
	{
		QuantilePosition position = quantile_position(probabilities[i], n);

		search->target[search->ntargets++].rank = position.rank;
		search->target[search->ntargets++].rank =
			position.fraction == 0 ? position.rank : position.rank + 1;
	}
}

/* All targets found: bounds, or for mad the search among the deviations. */
static void
conclude_search(const Sample *sample, const ModelIndicator *indicator,
				IndicatorBounds *bounds, BoundsSearch *search)
{
	double		probabilities[2];
	double		quantiles[2];
	int			nquantiles = extreme_method_quantiles(&indicator->extreme, probabilities);
	ExtremeBounds result;

	for (int i = 0; i < nquantiles; i++)
		quantiles[i] = quantile_interpolate(search->target[2 * i].low,
											search->target[2 * i + 1].low,
											quantile_position(probabilities[i], sample->n).fraction);
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
		quantiles[0] = search->center;
	}
	result = extreme_bounds_from(&indicator->extreme, quantiles, NULL,
								 bounds->minimum, bounds->maximum);
	bounds->status = BOUNDS_EXACT;
	bounds->lower = result.lower;
	bounds->upper = result.upper;
	bounds->fell_back = result.fell_back;
}

static void
finish_search(const Sample *sample, const ModelIndicator *indicator,
			  IndicatorBounds *bounds, BoundsSearch *search)
{
	bool		found = true;

	if (sample->kind == SAMPLE_ORDER)
		set_targets(indicator, sample->n, search);
	for (int i = 0; i < search->ntargets; i++)
	{
		SearchTarget *target = &search->target[i];

		if (sample->kind == SAMPLE_ORDER)
			locate_spilled(sample, target);
		else
			locate_in_bracket(sample, target);
		found &= target->low == target->high;
	}
	bounds->status = BOUNDS_SEARCHED;
	if (found)
		conclude_search(sample, indicator, bounds, search);
}

static void
finish_in_memory(const Sample *sample, const ModelIndicator *indicator,
				 IndicatorBounds *bounds)
{
	ExtremeBounds result;

	if (sample->kind == SAMPLE_ORDER)
	{
		double	   *scratch = palloc(2 * sample->n * sizeof(double));

		result = extreme_bounds_of_sample(&indicator->extreme,
										  sample->low.values, sample->n,
										  bounds->minimum, bounds->maximum,
										  scratch);
		pfree(scratch);
	}
	else
		result = extreme_bounds_from(&indicator->extreme, NULL, sample->sums,
									 bounds->minimum, bounds->maximum);
	bounds->lower = result.lower;
	bounds->upper = result.upper;
	bounds->fell_back = result.fell_back;
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

	if (first_pass)
	{
		if (sample->n > 0)
		{
			bounds->minimum = sample->minimum;
			bounds->maximum = sample->maximum;
		}
	}
	else
	{
		if (sample->n != indicator->bounds.n ||
			bounds->missing != indicator->bounds.missing)
			sample_changed();
		bounds->minimum = indicator->bounds.minimum;
		bounds->maximum = indicator->bounds.maximum;
		memcpy(next, search, sizeof(*next));
	}

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
	else
		finish_in_memory(sample, indicator, bounds);
	if (bounds->status == BOUNDS_EXACT)
		memset(next, 0, sizeof(*next));
}
