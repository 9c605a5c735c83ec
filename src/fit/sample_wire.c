/*-------------------------------------------------------------------------
 *
 * sample_wire.c
 *	  A sample in binary: field by field, in network byte order.
 *
 * The kind of a sample and its brackets follow from the model and are not
 * written; sample_read() fills in a sample that sample_init() has made ready,
 * and refuses what such a sample cannot hold.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "port/pg_bswap.h"

#include "support/compat.h"
#include "support/wire_format.h"
#include "numbers/float_key.h"
#include "fit/sample.h"

#define damaged()	wire_damaged("fit state")

static int64
read_count(StringInfo buffer, int64 maximum)
{
	int64		count = pq_getmsgint64(buffer);

	if (count < 0 || count > maximum)
		damaged();
	return count;
}

static double
read_value(StringInfo buffer)
{
	double		value = pq_getmsgfloat8(buffer);

	if (!isfinite(value))
		damaged();
	return sample_value(value);
}

/* Many values at once: states of large groups consist of little else. */
static void
write_values(StringInfo buffer, const double *values, int64 n)
{
	pq_sendint64(buffer, n);
	enlargeStringInfo(buffer, n * sizeof(double));
	for (int64 i = 0; i < n; i++)
	{
		uint64		bits;

		memcpy(&bits, &values[i], sizeof(bits));
		bits = pg_hton64(bits);
		memcpy(buffer->data + buffer->len, &bits, sizeof(bits));
		buffer->len += sizeof(bits);
	}
}

static void
read_values(StringInfo buffer, double *values, int64 n)
{
	const char *data = pq_getmsgbytes(buffer, n * sizeof(double));

	for (int64 i = 0; i < n; i++)
	{
		uint64		bits;

		memcpy(&bits, data + i * sizeof(bits), sizeof(bits));
		bits = pg_ntoh64(bits);
		memcpy(&values[i], &bits, sizeof(bits));
		if (!isfinite(values[i]))
			damaged();
		values[i] = sample_value(values[i]);
	}
}

static void
write_tail(StringInfo buffer, const SampleTail *tail)
{
	write_values(buffer, tail->values, tail->n);
	pq_sendfloat8(buffer, tail->cut);
}

static void
read_tail(StringInfo buffer, SampleTail *tail, int64 maximum)
{
	int64		n = read_count(buffer, maximum);

	sample_reserve(tail, n);
	read_values(buffer, tail->values, n);
	tail->n = n;
	tail->cut = pq_getmsgfloat8(buffer);
	if (isnan(tail->cut))
		damaged();
}

static void
write_buckets(StringInfo buffer, const SampleBuckets *buckets)
{
	pq_sendint64(buffer, buckets->zeros);
	pq_sendint32(buffer, buckets->npages);
	for (int page = 0; page < BUCKET_PAGES; page++)
	{
		if (buckets->page[page] == 0)
			continue;
		pq_sendint16(buffer, page);
		for (int i = 0; i < BUCKETS_PER_PAGE; i++)
			pq_sendint64(buffer, buckets->counts[buckets->page[page] - 1][i]);
	}
}

/* Returns the number of values counted. */
static int64
read_buckets(StringInfo buffer, SampleBuckets *buckets, int64 n)
{
	int64		total = read_count(buffer, n);
	int			npages;
	int			last = -1;

	buckets->zeros = total;
	npages = (int) pq_getmsgint(buffer, 4);
	if (npages < 0 || npages > BUCKET_PAGES)
		damaged();
	for (int i = 0; i < npages; i++)
	{
		int			page = (int) pq_getmsgint(buffer, 2);
		int64	   *counts;

		if (page <= last || page >= BUCKET_PAGES)
			damaged();
		last = page;
		counts = sample_bucket_page(buckets, page);
		for (int j = 0; j < BUCKETS_PER_PAGE; j++)
		{
			counts[j] = read_count(buffer, n - total);
			total += counts[j];
		}
	}
	return total;
}

static void
write_bracket(StringInfo buffer, const SampleBracket *bracket)
{
	int32		used = 0;

	if (bracket->values != NULL)
	{
		write_values(buffer, bracket->values, bracket->n);
		return;
	}
	for (int i = 0; i < BRACKET_BUCKETS; i++)
		used += bracket->buckets[i].count > 0;
	pq_sendint32(buffer, used);
	for (int i = 0; i < BRACKET_BUCKETS; i++)
	{
		const FineBucket *bucket = &bracket->buckets[i];

		if (bucket->count == 0)
			continue;
		pq_sendint16(buffer, i);
		pq_sendint64(buffer, bucket->count);
		pq_sendfloat8(buffer, bucket->minimum);
		pq_sendfloat8(buffer, bucket->maximum);
	}
}

/* A value of a bracket's bucket; which one it belongs to is checked. */
static double
read_bracket_value(StringInfo buffer, const SampleBracket *bracket, int index)
{
	double		value = read_value(buffer);

	if (value < bracket->low || value > bracket->high ||
		(float_key(value) - float_key(bracket->low)) >> bracket->shift != (uint64) index)
		damaged();
	return value;
}

static void
read_bracket(StringInfo buffer, SampleBracket *bracket)
{
	int			used;
	int			last = -1;

	if (bracket->values != NULL)
	{
		bracket->n = read_count(buffer, bracket->inside);
		read_values(buffer, bracket->values, bracket->n);
		for (int64 i = 0; i < bracket->n; i++)
			if (bracket->values[i] < bracket->low ||
				bracket->values[i] > bracket->high)
				damaged();
		return;
	}
	used = (int) pq_getmsgint(buffer, 4);
	if (used < 0 || used > BRACKET_BUCKETS)
		damaged();
	for (int i = 0; i < used; i++)
	{
		int			index = (int) pq_getmsgint(buffer, 2);
		FineBucket *bucket;

		if (index <= last || index >= BRACKET_BUCKETS)
			damaged();
		last = index;
		bucket = &bracket->buckets[index];
		bucket->count = read_count(buffer, bracket->inside - bracket->n);
		bucket->minimum = read_bracket_value(buffer, bracket, index);
		bucket->maximum = read_bracket_value(buffer, bracket, index);
		if (bucket->count == 0 || bucket->minimum > bucket->maximum)
			damaged();
		bracket->n += bucket->count;
	}
}

static void
write_digits(StringInfo buffer, const int64 *digits, int ndigits)
{
	for (int i = 0; i < ndigits; i++)
		pq_sendint64(buffer, digits[i]);
}

static void
write_sums(StringInfo buffer, const ExactSum *sums)
{
	ExactSum	canonical = *sums;

	exact_sum_canonicalize(&canonical);
	write_digits(buffer, canonical.values, VALUE_SUM_DIGITS);
	write_digits(buffer, canonical.squares, SQUARE_SUM_DIGITS);
}

static void
read_digits(StringInfo buffer, int64 *digits, int ndigits)
{
	for (int i = 0; i < ndigits; i++)
	{
		digits[i] = pq_getmsgint64(buffer);
		if (i < ndigits - 1 ? digits[i] >> 32 != 0 :
			digits[i] > PG_INT32_MAX || digits[i] < PG_INT32_MIN)
			damaged();
	}
}

static void
read_sums(StringInfo buffer, ExactSum *sums, int64 n)
{
	sums->count = n;
	read_digits(buffer, sums->values, VALUE_SUM_DIGITS);
	read_digits(buffer, sums->squares, SQUARE_SUM_DIGITS);
	if (!exact_sum_is_possible(sums))
		damaged();
}

static void
write_moments(StringInfo buffer, const ExactMoments *moments)
{
	ExactMoments canonical = *moments;

	exact_moments_canonicalize(&canonical);
	write_sums(buffer, &canonical.sum);
	write_digits(buffer, canonical.cubes, CUBE_SUM_DIGITS);
	write_digits(buffer, canonical.fourths, FOURTH_SUM_DIGITS);
}

static void
read_moments(StringInfo buffer, ExactMoments *moments, int64 n)
{
	read_sums(buffer, &moments->sum, n);
	read_digits(buffer, moments->cubes, CUBE_SUM_DIGITS);
	read_digits(buffer, moments->fourths, FOURTH_SUM_DIGITS);
	if (!exact_moments_are_possible(moments))
		damaged();
}

static void
write_counts(StringInfo buffer, const ValueCounts *counts)
{
	pq_sendint64(buffer, counts->n);
	for (int64 i = 0; i < counts->n; i++)
	{
		pq_sendfloat8(buffer, counts->counts[i].value);
		pq_sendint64(buffer, counts->counts[i].count);
	}
}

static void
read_counts(StringInfo buffer, Sample *sample)
{
	int64		n = read_count(buffer, (buffer->len - buffer->cursor) / (int) sizeof(ValueCount));
	ValueCount *counts = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(ValueCount));
	int64		left = sample->n;

	for (int64 i = 0; i < n; i++)
	{
		counts[i].value = read_value(buffer);
		counts[i].count = read_count(buffer, left);
		left -= counts[i].count;
		if (counts[i].count == 0 || (i > 0 && !(counts[i - 1].value < counts[i].value)))
			damaged();
	}
	if (left != 0 || (n > 0 && (counts[0].value != sample->minimum ||
								counts[n - 1].value != sample->maximum)))
		damaged();
	sample->counts.n = n;
	sample->counts.counts = counts;
}

void
sample_write(const Sample *sample, StringInfo buffer)
{
	if (sample->kind == SAMPLE_DONE)
		return;
	pq_sendint64(buffer, sample->n);
	pq_sendfloat8(buffer, sample->minimum);
	pq_sendfloat8(buffer, sample->maximum);
	if (sample->nonzero)
	{
		pq_sendint64(buffer, sample->zeros);
		pq_sendfloat8(buffer, sample->most);
	}
	if (sample->sums != NULL)
		write_sums(buffer, sample->sums);
	if (sample->transformed_sums != NULL)
		write_sums(buffer, sample->transformed_sums);
	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_ORDER:
			pq_sendbyte(buffer, sample->spilled);
			write_tail(buffer, &sample->low);
			if (sample->spilled)
			{
				write_tail(buffer, &sample->high);
				if (sample->has_buckets)
					write_buckets(buffer, sample->buckets);
				if (sample->has_moments)
					write_moments(buffer, sample->moments);
			}
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				write_bracket(buffer, &sample->bracket[i]);
			break;
		case SAMPLE_INSIDE:
			for (int i = 0; i < 2; i++)
				pq_sendfloat8(buffer, sample->inside[i]);
			break;
		case SAMPLE_COUNTS:
			write_counts(buffer, &sample->counts);
			break;
	}
}

static void
read_order(StringInfo buffer, Sample *sample)
{
	int			spilled = pq_getmsgbyte(buffer);
	int64		least;

	if (spilled > 1 || (spilled == 1) != (sample->n > SAMPLE_WHOLE))
		damaged();
	if (!spilled)
	{
		read_tail(buffer, &sample->low, SAMPLE_WHOLE);
		if (sample->low.n != sample->n)
			damaged();
		return;
	}
	sample_make_spilled(sample);
	read_tail(buffer, &sample->low, sample->has_low ? SAMPLE_TAIL_ROOM : 0);
	read_tail(buffer, &sample->high, sample->has_high ? SAMPLE_TAIL_ROOM : 0);
	least = Min(sample->n - sample_zeros(sample), SAMPLE_TAIL);
	if ((sample->has_low && sample->low.n < least) ||
		(sample->has_high && sample->high.n < least))
		damaged();
	if (sample->has_buckets &&
		read_buckets(buffer, sample->buckets, sample->n) != sample->n)
		damaged();
	if (sample->has_buckets && sample->nonzero && !sample->centered &&
		sample->buckets->zeros != sample->zeros)
		damaged();
	if (sample->has_moments)
		read_moments(buffer, sample->moments,
					 sample->transformed ? sample_transformed(sample) : sample->n);
}

/* What a sample says of zeros, and of the greatest of the other values. */
static void
read_nonzero(StringInfo buffer, Sample *sample)
{
	int64		looked_at;

	sample->zeros = read_count(buffer, sample->centered ? PG_INT64_MAX - sample->n : sample->n);
	sample->most = pq_getmsgfloat8(buffer);
	looked_at = sample_present(sample) - sample->zeros;
	if (looked_at > 0 ? !isfinite(sample->most) || sample->most == 0
		: sample->most != -INFINITY)
		damaged();
}

/* What lies inside fences: values that were seen, or none. */
static void
read_inside(StringInfo buffer, Sample *sample)
{
	for (int i = 0; i < 2; i++)
	{
		double		value = pq_getmsgfloat8(buffer);
		bool		none = value == (i == 0 ? INFINITY : -INFINITY);

		if (!none && !(value >= sample->minimum && value <= sample->maximum))
			damaged();
		sample->inside[i] = value + 0.0;
	}
}

void
sample_read(Sample *sample, StringInfo buffer)
{
	if (sample->kind == SAMPLE_DONE)
		return;
	sample->n = read_count(buffer, PG_INT64_MAX);
	sample->minimum = pq_getmsgfloat8(buffer);
	sample->maximum = pq_getmsgfloat8(buffer);
	if (sample->n > 0 ? !(isfinite(sample->minimum) && isfinite(sample->maximum) &&
						  sample->minimum <= sample->maximum)
		: !(sample->minimum == INFINITY && sample->maximum == -INFINITY))
		damaged();
	if (sample->nonzero)
		read_nonzero(buffer, sample);
	if (sample->sums != NULL)
		read_sums(buffer, sample->sums, sample->n);
	if (sample->transformed_sums != NULL)
		read_sums(buffer, sample->transformed_sums, sample_transformed(sample));
	switch (sample->kind)
	{
		case SAMPLE_DONE:
		case SAMPLE_EXTENT:
			break;
		case SAMPLE_ORDER:
			read_order(buffer, sample);
			break;
		case SAMPLE_BRACKETS:
			for (int i = 0; i < sample->nbrackets; i++)
				read_bracket(buffer, &sample->bracket[i]);
			break;
		case SAMPLE_INSIDE:
			read_inside(buffer, sample);
			break;
		case SAMPLE_COUNTS:
			read_counts(buffer, sample);
			break;
	}
}
