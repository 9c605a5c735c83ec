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

#include "float_key.h"
#include "order_statistic.h"
#include "sample.h"

#define PAGE_SHIFT			52
#define BUCKET_SHIFT		49

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

void
sample_init(Sample *sample, const ModelIndicator *indicator,
			const BoundsSearch *search, bool fresh)
{
	double		probabilities[2];
	int			nquantiles;

	memset(sample, 0, sizeof(*sample));
	sample->minimum = INFINITY;
	sample->maximum = -INFINITY;
	sample->low.cut = INFINITY;
	sample->high.cut = -INFINITY;

	if (!fresh && indicator->bounds.status == BOUNDS_EXACT)
	{
		sample->kind = SAMPLE_DONE;
		return;
	}
	nquantiles = extreme_method_quantiles(&indicator->extreme, probabilities);
	if (indicator->extreme.kind == EXTREME_SIGMA)
	{
		sample->kind = SAMPLE_SUMS;
		sample->sums = palloc(sizeof(ExactSum));
		exact_sum_init(sample->sums);
		return;
	}
	if (nquantiles == 0)
	{
		sample->kind = SAMPLE_EXTENT;
		return;
	}

	sample->kind = SAMPLE_ORDER;
	if (!fresh)
	{
		sample->centered = search->centered;
		sample->center = search->center;
		if (search->ntargets > 0)
		{
			sample->kind = SAMPLE_BRACKETS;
			init_brackets(sample, search);
			return;
		}
	}
	for (int i = 0; i < nquantiles; i++)
	{
		sample->has_low |= probabilities[i] <= TAIL_SHARE;
		sample->has_high |= probabilities[i] >= 1 - TAIL_SHARE;
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
 * Keep the SAMPLE_TAIL lowest values of a tail; "sign" is -1 for the high end.
 */
static void
prune(SampleTail *tail, int sign)
{
	double	   *scratch;
	double		cut;
	int64		kept = 0;
	int64		ties;

	if (tail->n <= SAMPLE_TAIL)
		return;
	scratch = palloc(tail->n * sizeof(double));
	cut = order_statistic(tail->values, tail->n,
						  sign > 0 ? SAMPLE_TAIL - 1 : tail->n - SAMPLE_TAIL,
						  scratch);
	pfree(scratch);
	for (int64 i = 0; i < tail->n; i++)
	{
		double		value = tail->values[i];

		tail->values[kept] = value;
		kept += sign > 0 ? value < cut : value > cut;
	}
	for (ties = kept; ties < SAMPLE_TAIL; ties++)
		tail->values[ties] = cut;
	tail->n = SAMPLE_TAIL;
	tail->cut = cut;
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

/* The counts of a page that has none yet. */
static int64 *
add_page(SampleBuckets *buckets, int page)
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

int64 *
sample_bucket_page(SampleBuckets *buckets, int page)
{
	if (likely(buckets->page[page] != 0))
		return buckets->counts[buckets->page[page] - 1];
	return add_page(buckets, page);
}

static void
count_in_buckets(SampleBuckets *buckets, const double *values, int count)
{
	int64		zeros = 0;

	for (int i = 0; i < count; i++)
	{
		uint64		key;

		if (values[i] == 0)
		{
			zeros++;
			continue;
		}
		key = float_key(values[i]);
		sample_bucket_page(buckets, key >> PAGE_SHIFT)[(key >> BUCKET_SHIFT) % BUCKETS_PER_PAGE]++;
	}
	buckets->zeros += zeros;
}

void
sample_make_buckets(Sample *sample)
{
	sample->spilled = true;
	sample->buckets = palloc0(sizeof(SampleBuckets));
	if (sample->has_low)
		sample_reserve(&sample->low, SAMPLE_TAIL_ROOM + SAMPLE_BLOCK);
	if (sample->has_high)
		sample_reserve(&sample->high, SAMPLE_TAIL_ROOM + SAMPLE_BLOCK);
}

static void
add_spilled(Sample *sample, const double *values, int count)
{
	count_in_buckets(sample->buckets, values, count);
	if (sample->has_low)
		add_low(sample, values, count);
	if (sample->has_high)
		add_high(sample, values, count);
}

/* The sample outgrew SAMPLE_WHOLE: from now on, tails and buckets. */
static void
spill(Sample *sample)
{
	SampleTail	whole = sample->low;

	memset(&sample->low, 0, sizeof(SampleTail));
	sample->low.cut = INFINITY;
	sample_make_buckets(sample);
	for (int64 i = 0; i < whole.n; i += SAMPLE_BLOCK)
		add_spilled(sample, whole.values + i, Min(whole.n - i, SAMPLE_BLOCK));
	if (whole.values != NULL)
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

static void
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

	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_SUMS:
			for (int i = 0; i < count; i++)
				exact_sum_add(sample->sums, values[i]);
			break;
		case SAMPLE_ORDER:
			add_order(sample, values, count);
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				add_bracket(&sample->bracket[i], values, count);
			break;
	}
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
	if (sample->centered)
		for (int i = 0; i < n; i++)
			present[i] = deviation_from(present[i], sample->center);
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
	sample->buckets->zeros += other->buckets->zeros;
	for (int page = 0; page < BUCKET_PAGES; page++)
	{
		int64	   *counts;

		if (other->buckets->page[page] == 0)
			continue;
		counts = sample_bucket_page(sample->buckets, page);
		for (int i = 0; i < BUCKETS_PER_PAGE; i++)
			counts[i] += other->buckets->counts[other->buckets->page[page] - 1][i];
	}
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
		case SAMPLE_SUMS:
			exact_sum_merge(sample->sums, other->sums);
			break;
		case SAMPLE_ORDER:
			merge_order(sample, other);
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				merge_bracket(&sample->bracket[i], &other->bracket[i]);
			break;
	}
	sample->n += other->n;
	sample->minimum = Min(sample->minimum, other->minimum);
	sample->maximum = Max(sample->maximum, other->maximum);
}

void
sample_canonicalize(Sample *sample)
{
	if (sample->spilled)
	{
		prune(&sample->low, 1);
		prune(&sample->high, -1);
	}
	sort_doubles(sample->low.values, sample->low.n);
	sort_doubles(sample->high.values, sample->high.n);
	for (int i = 0; i < sample->nbrackets; i++)
		if (sample->bracket[i].values != NULL)
			sort_doubles(sample->bracket[i].values, sample->bracket[i].n);
	if (sample->sums != NULL)
		exact_sum_canonicalize(sample->sums);
}

/* ---------------- finishing ---------------- */

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
				uint64		first = ((uint64) page << PAGE_SHIFT) + ((uint64) i << BUCKET_SHIFT);
				uint64		last = first + (UINT64CONST(1) << BUCKET_SHIFT) - 1;

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
