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

#include "miscadmin.h"
#include "utils/memutils.h"

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
sample_reserve(SampleTail *tail, int64 wanted)
{
	int64		room;

	if (wanted <= tail->room)
		return;
	room = Max(wanted, Min(tail->room * 2, SAMPLE_WHOLE + SAMPLE_BLOCK));
	if (tail->values == NULL)
		tail->values = palloc(room * sizeof(double));
	else
		tail->values = repalloc(tail->values, room * sizeof(double));
	tail->room = room;
}

/*
 * Keep the SAMPLE_TAIL lowest of some values, which may be the tail's own;
 * "sign" is -1 for the high end.
 */
static void
keep_tail(SampleTail *tail, const double *values, int64 n, int sign)
{
	double	   *scratch = palloc(n * sizeof(double));
	double		cut = order_statistic(values, n, sign > 0 ? SAMPLE_TAIL - 1 : n - SAMPLE_TAIL,
									  scratch);
	int64		kept = 0;

	pfree(scratch);

	/* Fewer lie beyond the cut than there is room for: those at it fill it. */
	for (int64 i = 0; i < n; i++)
	{
		double		value = values[i];

		tail->values[kept] = value;
		kept += sign > 0 ? value < cut : value > cut;
	}
	while (kept < SAMPLE_TAIL)
		tail->values[kept++] = cut;
	tail->n = SAMPLE_TAIL;
	tail->cut = cut;
}

static void
prune(SampleTail *tail, int sign)
{
	if (tail->n > SAMPLE_TAIL)
		keep_tail(tail, tail->values, tail->n, sign);
}

void
sample_prune(Sample *sample)
{
	if (!sample->spilled)
		return;
	prune(&sample->low, 1);
	prune(&sample->high, -1);
}

static void
add_low(Sample *sample, const double *values, int count)
{
	SampleTail *tail = &sample->low;
	double		cut;
	double	   *kept;
	int64		n;

	if (tail->n + count > SAMPLE_TAIL_ROOM)
		prune(tail, 1);
	cut = tail->cut;
	kept = tail->values;
	n = tail->n;
	for (int i = 0; i < count; i++)
	{
		kept[n] = values[i];
		n += values[i] < cut;
	}
	tail->n = n;
}

static void
add_high(Sample *sample, const double *values, int count)
{
	SampleTail *tail = &sample->high;
	double		cut;
	double	   *kept;
	int64		n;

	if (tail->n + count > SAMPLE_TAIL_ROOM)
		prune(tail, -1);
	cut = tail->cut;
	kept = tail->values;
	n = tail->n;
	for (int i = 0; i < count; i++)
	{
		kept[n] = values[i];
		n += values[i] > cut;
	}
	tail->n = n;
}

int64 *
sample_add_page(SampleBuckets *buckets, int page)
{
	if (buckets->npages == buckets->room)
	{
		buckets->room = Max(buckets->room * 2, 16);
		if (buckets->counts == NULL)
			buckets->counts = palloc(buckets->room * sizeof(*buckets->counts));
		else
			buckets->counts = repalloc(buckets->counts,
									   buckets->room * sizeof(*buckets->counts));
	}
	memset(buckets->counts[buckets->npages], 0, sizeof(*buckets->counts));
	buckets->page[page] = ++buckets->npages;
	return buckets->counts[buckets->npages - 1];
}

static void
count_in_buckets(SampleBuckets *buckets, const double *values, int64 count)
{
	int64		zeros = 0;

	for (int64 i = 0; i < count; i++)
	{
		uint64		key;

		if (values[i] == 0)
		{
			zeros++;
			continue;
		}
		key = float_key(values[i]);
		sample_bucket_page(buckets, key >> SAMPLE_PAGE_SHIFT)[(key >> SAMPLE_BUCKET_SHIFT) % BUCKETS_PER_PAGE]++;
	}
	buckets->zeros += zeros;
}

void
sample_make_spilled(Sample *sample)
{
	sample->spilled = true;
	if (sample->has_buckets)
		sample->buckets = palloc0(sizeof(SampleBuckets));
	if (sample->has_moments)
	{
		sample->moments = palloc(sizeof(ExactMoments));
		exact_moments_init(sample->moments);
	}
	if (sample->has_low)
		sample_reserve(&sample->low, SAMPLE_TAIL_ROOM + SAMPLE_BLOCK);
	if (sample->has_high)
		sample_reserve(&sample->high, SAMPLE_TAIL_ROOM + SAMPLE_BLOCK);
}

/*
 * Zeros that a method does not look at add nothing to sums but their number,
 * which is taken away in the end; their transforms may add something.
 */
static bool
is_passed_over(const Sample *sample, double value)
{
	return sample->transformed && sample->nonzero && value == 0;
}

/* What a spilled sample keeps of all values. */
static void
count_all(Sample *sample, const double *values, int64 count)
{
	if (sample->has_buckets)
		count_in_buckets(sample->buckets, values, count);
	if (sample->has_moments)
		for (int64 i = 0; i < count; i++)
			if (!is_passed_over(sample, values[i]))
				exact_moments_add(sample->moments, sample_looks_at(sample, values[i]));
}

/* Take out the zeros, in place; returns how many values are left. */
static int64
drop_zeros(double *values, int64 n)
{
	int64		kept = 0;

	for (int64 i = 0; i < n; i++)
	{
		double		value = values[i];

		values[kept] = value;
		kept += value != 0;
	}
	return kept;
}

static void
add_tails(Sample *sample, const double *values, int count)
{
	double		others[SAMPLE_BLOCK];

	if (sample->nonzero && !sample->centered)
	{
		memcpy(others, values, count * sizeof(double));
		values = others;
		count = drop_zeros(others, count);
	}
	if (sample->has_low)
		add_low(sample, values, count);
	if (sample->has_high)
		add_high(sample, values, count);
}

static void
add_spilled(Sample *sample, const double *values, int count)
{
	count_all(sample, values, count);
	add_tails(sample, values, count);
}

/* Begin a tail with values that were kept whole. */
static void
begin_tail(SampleTail *tail, const double *values, int64 n, int sign)
{
	if (n > SAMPLE_TAIL)
	{
		keep_tail(tail, values, n, sign);
		return;
	}
	memcpy(tail->values, values, n * sizeof(double));
	tail->n = n;
}

/* The sample outgrew SAMPLE_WHOLE: from now on, what the others stand for. */
static void
spill(Sample *sample)
{
	SampleTail	whole = sample->low;
	int64		n;

	memset(&sample->low, 0, sizeof(SampleTail));
	sample->low.cut = INFINITY;
	sample_make_spilled(sample);
	if (whole.n == 0)
		return;
	count_all(sample, whole.values, whole.n);
	n = sample->nonzero && !sample->centered ?
		drop_zeros(whole.values, whole.n) : whole.n;
	if (sample->has_low)
		begin_tail(&sample->low, whole.values, n, 1);
	if (sample->has_high)
		begin_tail(&sample->high, whole.values, n, -1);
	pfree(whole.values);
}

static void
add_order(Sample *sample, const double *values, int count)
{
	if (!sample->spilled && sample->low.n + count > SAMPLE_WHOLE)
		spill(sample);
	if (sample->spilled)
	{
		add_spilled(sample, values, count);
		return;
	}
	sample_reserve(&sample->low, sample->low.n + count);
	memcpy(sample->low.values + sample->low.n, values, count * sizeof(double));
	sample->low.n += count;
}

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
			if (!is_passed_over(sample, values[i]))
				exact_sum_add(sample->transformed_sums, sample_looks_at(sample, values[i]));

	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_ORDER:
			add_order(sample, values, count);
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
			n = (int) drop_zeros(present, n);
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
merge_tail(Sample *sample, const SampleTail *tail,
		   void (*add) (Sample *, const double *, int))
{
	for (int64 i = 0; i < tail->n; i += SAMPLE_BLOCK)
		add(sample, tail->values + i, Min(tail->n - i, SAMPLE_BLOCK));
}

static void
merge_buckets(SampleBuckets *buckets, const SampleBuckets *other)
{
	buckets->zeros += other->zeros;
	for (int page = 0; page < BUCKET_PAGES; page++)
	{
		int64	   *counts;

		if (other->page[page] == 0)
			continue;
		counts = sample_bucket_page(buckets, page);
		for (int i = 0; i < BUCKETS_PER_PAGE; i++)
			counts[i] += other->counts[other->page[page] - 1][i];
	}
}

static void
merge_order(Sample *sample, const Sample *other)
{
	if (!other->spilled)
	{
		merge_tail(sample, &other->low, add_order);
		return;
	}
	if (!sample->spilled)
		spill(sample);
	if (sample->has_low)
		merge_tail(sample, &other->low, add_low);
	if (sample->has_high)
		merge_tail(sample, &other->high, add_high);
	if (sample->has_moments)
		exact_moments_merge(sample->moments, other->moments);
	if (sample->has_buckets)
		merge_buckets(sample->buckets, other->buckets);
}

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
			merge_order(sample, other);
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
