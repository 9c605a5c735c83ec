/*-------------------------------------------------------------------------
 *
 * sample_order.c
 *	  What a first pass keeps for order statistics: all values, and once they
 *	  are too many, tails, buckets and moments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/float_key.h"
#include "numbers/order_statistic.h"
#include "fit/sample.h"

/* ---------------- adding ---------------- */

int64
sample_drop_zeros(double *values, int64 n)
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

/* What a spilled sample keeps of all values. */
static void
count_all(Sample *sample, const double *values, int64 count)
{
	if (sample->has_buckets)
		count_in_buckets(sample->buckets, values, count);
	if (sample->has_moments)
		for (int64 i = 0; i < count; i++)
			if (!sample_passes_over(sample, values[i]))
				exact_moments_add(sample->moments, sample_looks_at(sample, values[i]));
}

static void
add_tails(Sample *sample, const double *values, int count)
{
	double		others[SAMPLE_BLOCK];

	if (sample->nonzero && !sample->centered)
	{
		memcpy(others, values, count * sizeof(double));
		values = others;
		count = sample_drop_zeros(others, count);
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
		sample_drop_zeros(whole.values, whole.n) : whole.n;
	if (sample->has_low)
		begin_tail(&sample->low, whole.values, n, 1);
	if (sample->has_high)
		begin_tail(&sample->high, whole.values, n, -1);
	pfree(whole.values);
}

void
sample_add_order(Sample *sample, const double *values, int count)
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

void
sample_merge_order(Sample *sample, const Sample *other)
{
	if (!other->spilled)
	{
		merge_tail(sample, &other->low, sample_add_order);
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
