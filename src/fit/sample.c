/*-------------------------------------------------------------------------
 *
 * sample.c
 *	  What a pass of fit() keeps of the values of one indicator.
 *
 * The bounds of most methods are order statistics.  Selecting them exactly in
 * one pass takes memory for all values (Munro & Paterson 1980, "Selection and
 * sorting with limited storage"); in a few passes a little memory does.  Two
 * observations make one pass enough for most tables: groups are often small,
 * and percentiles near the ends need only the values near the ends, however
 * many lie between.  For the rest, buckets by sign, exponent and leading bits
 * of the mantissa (as in HdrHistogram and DDSketch, but only to bracket a rank,
 * never to estimate it) tell the next pass where to look.
 *
 * Everything that decides what is kept depends on counts and values only, never
 * on the order of rows, and merging adds counts and unites multisets.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/float_key.h"
#include "numbers/order_statistic.h"
#include "fit/sample.h"

/*
 * Tails are kept where they stay exact well beyond SAMPLE_WHOLE values: for
 * quantiles within this share of an end.
 */
#define TAIL_SHARE			0.1

/* ---------------- beginning ---------------- */

static void
init_brackets(Sample *sample, const BoundsSearch *search)
{
	int64		allowed;

	for (int i = 0; i < search->ntargets; i++)
	{
		const SearchTarget *target = &search->target[i];
		SampleBracket *bracket;
		int			j = 0;

		if (target->low == target->high)
			continue;
		while (j < sample->nbrackets &&
			   sample->bracket[j].low != target->low)
			j++;
		if (j < sample->nbrackets)
			continue;
		bracket = &sample->bracket[sample->nbrackets++];
		bracket->low = target->low;
		bracket->high = target->high;
		bracket->below = target->below;
		bracket->inside = target->inside;
	}

	allowed = SAMPLE_COLLECTED / Max(sample->nbrackets, 1);
	for (int i = 0; i < sample->nbrackets; i++)
	{
		SampleBracket *bracket = &sample->bracket[i];
		uint64		width = float_key(bracket->high) - float_key(bracket->low);

		/* Room for a block beyond, so that appending needs no branch. */
		if (bracket->inside <= allowed)
		{
			bracket->values = palloc((bracket->inside + SAMPLE_BLOCK) * sizeof(double));
			continue;
		}
		while (width >> bracket->shift >= BRACKET_BUCKETS)
			bracket->shift++;
		bracket->buckets = palloc0(BRACKET_BUCKETS * sizeof(FineBucket));
	}
}

/* The first pass, or one that begins a search among deviations. */
static void
init_order(Sample *sample, const double *probabilities, int nquantiles)
{
	sample->kind = SAMPLE_ORDER;
	for (int i = 0; i < nquantiles; i++)
	{
		sample->has_low |= probabilities[i] <= TAIL_SHARE;
		sample->has_high |= probabilities[i] >= 1 - TAIL_SHARE;
	}
}

static ExactSum *
make_sum(void)
{
	ExactSum   *sum = palloc(sizeof(ExactSum));

	exact_sum_init(sum);
	return sum;
}

void
sample_init(Sample *sample, const ModelIndicator *indicator,
			const BoundsSearch *search, bool fresh)
{
	double		probabilities[MAX_QUANTILES];
	int			nquantiles;
	int			needs = extreme_method_needs(&indicator->extreme);

	memset(sample, 0, sizeof(*sample));
	sample->minimum = INFINITY;
	sample->maximum = -INFINITY;
	sample->most = -INFINITY;
	sample->inside[0] = INFINITY;
	sample->inside[1] = -INFINITY;
	sample->low.cut = INFINITY;
	sample->high.cut = -INFINITY;
	sample->nonzero = indicator->extreme.nonzero;
	sample->transformed = extreme_method_transform(&indicator->extreme, &indicator->transform) != NULL;
	sample->transform = indicator->transform;
	sample->limit = transform_limit(&indicator->transform);
	sample->limited = isfinite(sample->limit);

	if (!fresh && indicator->bounds.status == BOUNDS_EXACT)
	{
		sample->kind = SAMPLE_DONE;
		return;
	}
	if (fresh || indicator->bounds.status == BOUNDS_UNKNOWN)
	{
		if (indicator->missing == MISSING_MEAN || ((needs & NEEDS_SUMS) && !sample->transformed))
			sample->sums = make_sum();
		if ((needs & NEEDS_SUMS) && sample->transformed)
			sample->transformed_sums = make_sum();
	}
	if (indicator->scoring == SCORING_PERCENT_RANK)
	{
		sample->kind = SAMPLE_COUNTS;
		return;
	}
	nquantiles = needed_quantiles(&indicator->extreme,
								  (MissingPolicy) indicator->missing,
								  probabilities);
	sample->has_buckets = nquantiles > 0;
	if (needs & NEEDS_MOMENTS)
		sample->has_moments = sample->has_low = sample->has_high = true;
	if (!sample->has_buckets && !sample->has_moments)
	{
		sample->kind = SAMPLE_EXTENT;
		return;
	}

	if (fresh || search->ntargets == 0)
	{
		init_order(sample, probabilities, nquantiles);
		return;
	}
	sample->center = search->about[0];
	memcpy(sample->fence, search->about, sizeof(sample->fence));
	sample->centered = search->step == STEP_DEVIATIONS;
	if (search->step == STEP_INSIDE)
		sample->kind = SAMPLE_INSIDE;
	else if (sample->centered && search->ntargets == 2 * nquantiles)
		init_order(sample, NULL, 0);
	else
	{
		sample->kind = SAMPLE_BRACKETS;
		init_brackets(sample, search);
	}
}

/* ---------------- adding ---------------- */

void
sample_changed(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("sample differs from the one that the score model was fitted on so far"),
			 errhint("Fit all passes over the same rows, in one transaction of isolation level REPEATABLE READ if they may change.")));
}

static void
add_fine(SampleBracket *bracket, double value)
{
	FineBucket *bucket = &bracket->buckets[(float_key(value) -
											float_key(bracket->low)) >> bracket->shift];

	if (bucket->count++ == 0)
		bucket->minimum = bucket->maximum = value;
	else if (value < bucket->minimum)
		bucket->minimum = value;
	else if (value > bucket->maximum)
		bucket->maximum = value;
}

static void
add_bracket(SampleBracket *bracket, const double *values, int count)
{
	double		low = bracket->low;
	double		high = bracket->high;

	if (bracket->values != NULL)
	{
		int64		n = bracket->n;

		if (n > bracket->inside)
			sample_changed();
		for (int i = 0; i < count; i++)
		{
			bracket->values[n] = values[i];
			n += (values[i] >= low) & (values[i] <= high);
		}
		bracket->n = n;
		return;
	}
	for (int i = 0; i < count; i++)
		if (values[i] >= low && values[i] <= high)
		{
			add_fine(bracket, values[i]);
			bracket->n++;
		}
}

static void
add_inside(Sample *sample, const double *values, int count)
{
	for (int i = 0; i < count; i++)
	{
		double		value = sample_looks_at(sample, values[i]);

		if (sample->nonzero && values[i] == 0)
			continue;
		if (value >= sample->fence[0] && values[i] < sample->inside[0])
			sample->inside[0] = values[i];
		if (value <= sample->fence[1] && values[i] > sample->inside[1])
			sample->inside[1] = values[i];
	}
}

/* Add present values, as sample_value() or deviation_from() gave them. */
static void
add_present(Sample *sample, const double *values, int count)
{
	double		minimum = sample->minimum;
	double		maximum = sample->maximum;

	sample->n += count;
	for (int i = 0; i < count; i++)
	{
		minimum = values[i] < minimum ? values[i] : minimum;
		maximum = values[i] > maximum ? values[i] : maximum;
	}
	sample->minimum = minimum;
	sample->maximum = maximum;
	if (sample->sums != NULL)
		for (int i = 0; i < count; i++)
			exact_sum_add(sample->sums, values[i]);
	if (sample->transformed_sums != NULL)
		for (int i = 0; i < count; i++)
			if (!sample_passes_over(sample, values[i]))
				exact_sum_add(sample->transformed_sums, sample_looks_at(sample, values[i]));

	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_ORDER:
			sample_add_order(sample, values, count);
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				add_bracket(&sample->bracket[i], values, count);
			break;
		case SAMPLE_INSIDE:
			add_inside(sample, values, count);
			break;
		case SAMPLE_COUNTS:
			value_counts_add(&sample->counts, values, count);
			break;
	}
}

/* Take out the values at or below the limit; returns how many are left. */
static int
drop_below(const Sample *sample, double *values, int count)
{
	int			kept = 0;

	for (int i = 0; i < count; i++)
	{
		double		value = values[i];

		values[kept] = value;
		kept += value > sample->limit;
	}
	return kept;
}

static void
count_zeros(Sample *sample, const double *values, int count)
{
	for (int i = 0; i < count; i++)
		if (values[i] == 0)
			sample->zeros++;
		else
			sample->most = Max(sample->most, values[i]);
}

void
sample_add(Sample *sample, const double *values, int stride, int count)
{
	double		present[SAMPLE_BLOCK];
	int			n = 0;

	if (sample->kind == SAMPLE_DONE)
		return;
	for (int i = 0; i < count; i++)
	{
		double		value = values[(Size) i * stride];

		present[n] = sample_value(value);
		n += value_is_present(value);
	}
	if (unlikely(sample->limited))
		n = drop_below(sample, present, n);
	if (unlikely(sample->nonzero))
	{
		count_zeros(sample, present, n);
		if (sample->centered)
			n = (int) sample_drop_zeros(present, n);
	}
	if (sample->centered)
		for (int i = 0; i < n; i++)
			present[i] = deviation_from(sample_looks_at(sample, present[i]), sample->center);
	/* With nothing but missing values, there may be no room yet to add to. */
	if (n > 0)
		add_present(sample, present, n);
}

/* ---------------- merging ---------------- */

static void
merge_bracket(SampleBracket *bracket, const SampleBracket *other)
{
	if (bracket->n + other->n > bracket->inside)
		sample_changed();
	if (bracket->values != NULL)
		memcpy(bracket->values + bracket->n, other->values,
			   other->n * sizeof(double));
	else
	{
		for (int i = 0; i < BRACKET_BUCKETS; i++)
		{
			FineBucket *bucket = &bracket->buckets[i];
			const FineBucket *more = &other->buckets[i];

			if (more->count == 0)
				continue;
			if (bucket->count == 0 || more->minimum < bucket->minimum)
				bucket->minimum = more->minimum;
			if (bucket->count == 0 || more->maximum > bucket->maximum)
				bucket->maximum = more->maximum;
			bucket->count += more->count;
		}
	}
	bracket->n += other->n;
}

void
sample_merge(Sample *sample, const Sample *other)
{
	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_ORDER:
			sample_merge_order(sample, other);
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				merge_bracket(&sample->bracket[i], &other->bracket[i]);
			break;
		case SAMPLE_INSIDE:
			sample->inside[0] = Min(sample->inside[0], other->inside[0]);
			sample->inside[1] = Max(sample->inside[1], other->inside[1]);
			break;
		case SAMPLE_COUNTS:
			value_counts_merge(&sample->counts, &other->counts);
			break;
	}
	if (sample->sums != NULL)
		exact_sum_merge(sample->sums, other->sums);
	if (sample->transformed_sums != NULL)
		exact_sum_merge(sample->transformed_sums, other->transformed_sums);
	sample->n += other->n;
	sample->zeros += other->zeros;
	sample->most = Max(sample->most, other->most);
	sample->minimum = Min(sample->minimum, other->minimum);
	sample->maximum = Max(sample->maximum, other->maximum);
}

void
sample_canonicalize(Sample *sample)
{
	sample_prune(sample);
	sort_doubles(sample->low.values, sample->low.n);
	sort_doubles(sample->high.values, sample->high.n);
	for (int i = 0; i < sample->nbrackets; i++)
		if (sample->bracket[i].values != NULL)
			sort_doubles(sample->bracket[i].values, sample->bracket[i].n);
	if (sample->sums != NULL)
		exact_sum_canonicalize(sample->sums);
	if (sample->transformed_sums != NULL)
		exact_sum_canonicalize(sample->transformed_sums);
	if (sample->moments != NULL)
		exact_moments_canonicalize(sample->moments);
}
