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
#include "method/extreme_sample.h"

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

/* How many values below zero a spilled sample has. */
static int64
count_negatives(const Sample *sample)
{
	const SampleBuckets *buckets = sample->buckets;
	int64		negatives = 0;

	for (int page = 0; page < BUCKET_PAGES / 2; page++)
		if (buckets->page[page] != 0)
			for (int i = 0; i < BUCKETS_PER_PAGE; i++)
				negatives += buckets->counts[buckets->page[page] - 1][i];
	return negatives;
}

/*
 * The tail of a spilled sample that has a rank, and its place there; or NULL.
 * Tails of samples of "nonzero" are without the zeros.
 */
static const SampleTail *
tail_of_rank(const Sample *sample, int64 rank, int64 *place)
{
	int64		zeros = sample_zeros(sample);
	int64		from_top = sample->n - 1 - rank;

	if (zeros > 0)
	{
		int64		negatives = count_negatives(sample);

		if (rank >= negatives + zeros)
			rank -= zeros;
		else if (rank >= negatives)
			return NULL;
		else
			from_top -= zeros;
	}
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
	const SampleTail *tail;

	/* Deviations are of values other than zero, which may be few enough. */
	if (!sample->spilled)
	{
		for (int i = 0; i < 2; i++)
			target_found(&pair[i], select_value(sample->low.values, sample->n, pair[i].rank));
		return;
	}
	tail = tail_of_rank(sample, pair[0].rank, &place);

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

static void
set_limits(IndicatorBounds *bounds, ExtremeBounds limits)
{
	bounds->lower = limits.lower;
	bounds->upper = limits.upper;
	bounds->fell_back = limits.fell_back;
}

/* The values that the method looks at. */
static int64
looked_at(const Sample *sample)
{
	return sample_present(sample) - sample->zeros;
}

/* What a sample has found of the values that its method looks at. */
static ExtremeFindings
begin_findings(const Sample *sample, const IndicatorBounds *bounds)
{
	ExtremeFindings findings = {0};

	findings.n = looked_at(sample);
	findings.minimum = bounds->minimum;
	findings.maximum = !sample->nonzero ? bounds->maximum :
		findings.n == 0 ? 0 : sample->most;
	findings.limit = sample->limit;
	findings.transform = sample->transformed ? &sample->transform : NULL;
	return findings;
}

/* The ranks around a quantile, among n values of which "zeros" are passed over. */
static void
set_pair(const Sample *sample, double probability, int64 n, int64 zeros,
		 SearchTarget *pair)
{
	QuantilePosition position = quantile_position(probability, n);
	int64		negatives = zeros == 0 ? 0 : count_negatives(sample);

	pair[0].rank = position.rank;
	pair[1].rank = position.fraction == 0 ? position.rank : position.rank + 1;
	for (int i = 0; i < 2; i++)
		if (pair[i].rank >= negatives)
			pair[i].rank += zeros;
}

/* The ranks around each quantile that is wanted. */
static void
set_targets(const Sample *sample, const ModelIndicator *indicator,
			BoundsSearch *search)
{
	double		probabilities[MAX_QUANTILES];
	int			nquantiles = needed_quantiles(&indicator->extreme,
											  (MissingPolicy) indicator->missing, probabilities);
	int			own = extreme_method_quantiles(&indicator->extreme, probabilities);

	if (sample->centered)
	{
		set_pair(sample, 0.5, sample->n, 0, &search->target[search->ntargets]);
		search->ntargets += 2;
		return;
	}
	for (int i = 0; i < nquantiles; i++)
	{
		SearchTarget *pair = &search->target[2 * i];

		/* Nothing but zeros: every quantile is one of them. */
		if (i < own && looked_at(sample) == 0)
			pair[0].rank = pair[1].rank = 0;
		else
			set_pair(sample, probabilities[i],
					 i < own ? looked_at(sample) : sample->n,
					 i < own ? sample->zeros : 0, pair);
	}
	search->ntargets = 2 * nquantiles;
}

/* Between values as they are, or, with a transform, between transformed ones. */
static double
found_quantile(const SearchTarget *pair, double probability, int64 n,
			   const Transform *transform)
{
	return quantile_interpolate(value_looked_at(transform, pair[0].low),
								value_looked_at(transform, pair[1].low),
								quantile_position(probability, n).fraction);
}

/*
 * The second step: true if this pass was the last one, and "second" has what it
 * found; otherwise the search says what comes next.
 */
static bool
take_step(const Sample *sample, const ModelIndicator *indicator,
		  const IndicatorBounds *bounds, ExtremeFindings *findings,
		  BoundsSearch *search)
{
	double		about[2];
	ExtremeStep step = extreme_method_next(&indicator->extreme, findings->quantile, about);
	bool		from_zero = indicator->extreme.nonzero && findings->limit < 0 && bounds->minimum >= 0;
	double		least = sample_looks_at(sample, bounds->minimum);
	double		most = sample_looks_at(sample, findings->maximum);

	if (step == STEP_QUANTILES || findings->n == 0)
		return true;
	if (search->step != STEP_QUANTILES)
	{
		if (step == STEP_INSIDE)
			for (int i = 0; i < 2; i++)
				findings->second[i] = sample_looks_at(sample, sample->inside[i]);
		else
			findings->second[0] = found_quantile(&search->target[search->ntargets - 2],
												 0.5, findings->n, NULL);
		return true;
	}

	/* Fences beyond the sample have nothing but its ends inside. */
	if (step == STEP_INSIDE && (from_zero || about[0] <= least) && about[1] >= most)
	{
		findings->second[0] = least;
		findings->second[1] = most;
		return true;
	}
	search->step = step;
	memcpy(search->about, about, sizeof(search->about));
	return false;
}

/* All targets found: what is missing from the bounds, or the second step. */
static void
conclude_search(const Sample *sample, const ModelIndicator *indicator,
				IndicatorBounds *bounds, BoundsSearch *search)
{
	double		probabilities[MAX_QUANTILES];
	int			nquantiles = needed_quantiles(&indicator->extreme,
											  (MissingPolicy) indicator->missing, probabilities);
	int			own = extreme_method_quantiles(&indicator->extreme, probabilities);
	ExtremeFindings findings = begin_findings(sample, bounds);

	for (int i = 0; i < own && findings.n > 0; i++)
		findings.quantile[i] = found_quantile(&search->target[2 * i],
											  probabilities[i], findings.n, findings.transform);
	if (!take_step(sample, indicator, bounds, &findings, search))
		return;
	bounds->status = BOUNDS_EXACT;
	if (indicator->missing == MISSING_MEDIAN)
		bounds->imputed = found_quantile(&search->target[2 * (nquantiles - 1)], 0.5,
										 sample_present(sample), NULL);
	if (own > 0)
		set_limits(bounds, extreme_method_bounds(&indicator->extreme, &findings));
}

static void
finish_search(const Sample *sample, const ModelIndicator *indicator,
			  IndicatorBounds *bounds, BoundsSearch *search)
{
	int			before = search->ntargets;
	bool		found = true;

	if (sample->kind == SAMPLE_ORDER)
		set_targets(sample, indicator, search);
	for (int i = 0; i < search->ntargets; i += 2)
	{
		SearchTarget *pair = &search->target[i];

		if (sample->kind == SAMPLE_ORDER && i >= before)
			locate_pair(sample, pair);
		else if (sample->kind == SAMPLE_BRACKETS)
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
	ExtremeFindings findings = begin_findings(sample, bounds);
	int			needs = extreme_method_needs(&indicator->extreme);
	double		lowest[JRC_MAX_POINTS + 1];
	double		highest[JRC_MAX_POINTS + 1];
	ExactSum	sum;
	ExactMoments moments;

	/* Zeros add nothing to sums but their number. */
	if (needs & NEEDS_SUMS)
	{
		sum = sample->transformed ? *sample->transformed_sums : *sample->sums;
		if (!sample->transformed)
			sum.count -= sample->zeros;
		findings.sum = &sum;
	}
	if (needs & NEEDS_MOMENTS)
	{
		double	   *scratch = palloc(Max(sample->low.n, sample->high.n) * sizeof(double));

		moments = *sample->moments;
		if (!sample->transformed)
			moments.sum.count -= sample->zeros;
		findings.moments = &moments;
		findings.nends = (int) Min(findings.n, (int64) extreme_method_ends(&indicator->extreme));
		lowest_values(sample->low.values, sample->low.n, findings.nends, scratch, lowest);
		highest_values(sample->high.values, sample->high.n, findings.nends, scratch, highest);
		for (int i = 0; i < findings.nends; i++)
		{
			lowest[i] = sample_looks_at(sample, lowest[i]);
			highest[i] = sample_looks_at(sample, highest[i]);
		}
		findings.lowest = lowest;
		findings.highest = highest;
		pfree(scratch);
	}
	return extreme_method_bounds(&indicator->extreme, &findings);
}

static void
finish_whole(const Sample *sample, const ModelIndicator *indicator,
			 IndicatorBounds *bounds)
{
	double	   *scratch = palloc(extreme_method_scratch(&indicator->extreme) *
								 sample->n * sizeof(double));

	set_limits(bounds, extreme_bounds_of_sample(&indicator->extreme,
												sample->low.values, sample->n,
												bounds->minimum, bounds->maximum,
												sample->limit,
												extreme_method_transform(&indicator->extreme, &indicator->transform),
												scratch));
	if (indicator->missing == MISSING_MEDIAN)
		bounds->imputed = quantile_of_sample(0.5, sample->low.values,
											 sample->n, scratch);
	pfree(scratch);
}

/* The value of a rank among counted ones. */
static double
counted_value(const ValueCounts *counts, int64 rank)
{
	const ValueCount *at = counts->counts;

	for (; rank >= at->count; at++)
		rank -= at->count;
	return at->value;
}

static double
counted_quantile(const ValueCounts *counts, double probability, int64 n)
{
	QuantilePosition position = quantile_position(probability, n);

	return quantile_interpolate(counted_value(counts, position.rank),
								counted_value(counts, Min(position.rank + 1, n - 1)),
								position.fraction);
}

RankedValues
sample_ranked(const Sample *sample, const ModelIndicator *indicator)
{
	const ValueCounts *counts = &sample->counts;
	RankedValues ranked = {0, NULL};
	RankedValue *values;
	int64		below = 0;

	if (sample->kind == SAMPLE_DONE)
		return model_ranked(indicator);
	if (sample->kind != SAMPLE_COUNTS || counts->n == 0)
		return ranked;

	/* Too many for a model are refused where it is made. */
	values = MemoryContextAllocHuge(CurrentMemoryContext, counts->n * sizeof(RankedValue));
	for (int64 i = 0; i < counts->n; i++)
	{
		values[i].value = counts->counts[i].value;
		values[i].below = below;
		below += counts->counts[i].count;
	}
	ranked.count = (int) Min(counts->n, PG_INT32_MAX);
	ranked.values = values;
	return ranked;
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
	if (sample->kind == SAMPLE_COUNTS)
	{
		if (indicator->missing == MISSING_MEDIAN)
			bounds->imputed = counted_quantile(&sample->counts, 0.5, sample->n);
	}
	else if (sample->kind == SAMPLE_ORDER && !sample->spilled)
		finish_whole(sample, indicator, bounds);
	else if (extreme_method_quantiles(&indicator->extreme, unused) == 0)
		set_limits(bounds, limits_without_search(sample, indicator, bounds));
}

void
sample_finish(const Sample *sample, const ModelIndicator *indicator,
			  const BoundsSearch *search, int64 rows,
			  IndicatorBounds *bounds, BoundsSearch *next)
{
	bool		first_pass = search == NULL || search->ntargets == 0;
	bool		needs_search = sample->spilled || sample->centered ||
	sample->kind == SAMPLE_BRACKETS || sample->kind == SAMPLE_INSIDE;

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
	bounds->n = sample_present(sample);
	bounds->missing = rows - bounds->n;
	bounds->minimum = bounds->maximum = NAN;
	bounds->lower = bounds->upper = NAN;
	bounds->imputed = NAN;

	if (!first_pass)
	{
		if (bounds->n != indicator->bounds.n ||
			bounds->missing != indicator->bounds.missing)
			sample_changed();
		memcpy(bounds, &indicator->bounds, sizeof(*bounds));
		memcpy(next, search, sizeof(*next));
	}
	else if (sample->n > 0)
		finish_first_pass(sample, indicator, bounds);

	if (bounds->n == 0)
	{
		double		lower;
		double		upper;

		if (extreme_method_fixed(&indicator->extreme, &lower, &upper))
		{
			bounds->lower = lower;
			bounds->upper = upper;
		}
	}
	else if (needs_search)
	{
		/* Deviations of all values are of more than fit in memory. */
		if (sample->centered && !sample->nonzero && sample->n <= SAMPLE_WHOLE)
			sample_changed();
		finish_search(sample, indicator, bounds, next);
	}
	if (bounds->status == BOUNDS_EXACT)
		memset(next, 0, sizeof(*next));
}
