/*-------------------------------------------------------------------------
 *
 * weights_sums.c
 *	  Sums over normalized values that do not depend on the order of the rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "libpq/pqformat.h"

#include "support/compat.h"
#include "weights/weights_sums.h"

const char *const weight_method_names[] =
{"stddev", "entropy", "critic", "pca", NULL};

#define damaged() \
	ereport(ERROR, \
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), \
			 errmsg("invalid binary weight sums")))

/* ---------------- one sum ---------------- */

#define UPPER_SCALE		0x1p32
#define LOWER_SCALE		0x1p94

/* The lower digit holds 2^-30, four units of the upper one, before it is full. */
static inline void
add_digits(FixedSum *sum, uint64 upper, uint64 lower)
{
	sum->lower += lower;
	sum->upper += upper + 4 * (uint64) (sum->lower < lower);
}

static inline void
add_number(FixedSum *sum, double number)
{
	int64		upper = (int64) (number * UPPER_SCALE);
	double		rest = number - (double) upper / UPPER_SCALE;	/* exact */

	Assert(number >= 0 && number <= 1);
	add_digits(sum, (uint64) upper, (uint64) (int64) (rest * LOWER_SCALE));
}

static inline void
add_sum(FixedSum *sum, const FixedSum *other)
{
	add_digits(sum, other->upper, other->lower);
}

double
fixed_sum_value(const FixedSum *sum)
{
	return (double) sum->upper / UPPER_SCALE + (double) sum->lower / LOWER_SCALE;
}

FixedSum
fixed_sum_plus(FixedSum a, const FixedSum *b)
{
	add_sum(&a, b);
	return a;
}

/* ---------------- all of them ---------------- */

static OwnSums *
create_own(int n, MemoryContext context)
{
	OwnSums    *own = MemoryContextAllocZero(context, n * sizeof(OwnSums));

	for (int i = 0; i < n; i++)
	{
		own[i].least = INFINITY;
		own[i].most = -INFINITY;
	}
	return own;
}

static void
create_pairs(WeightSums *sums)
{
	sums->pairs = MemoryContextAllocZero(sums->context,
										 pair_count(sums->nbase) * sizeof(PairSums));
}

WeightSums *
weight_sums_create(WeightMethod method, int nindicators, int nbase,
				   const int *place, MemoryContext context)
{
	WeightSums *sums = MemoryContextAllocZero(context, sizeof(WeightSums));

	sums->method = method;
	sums->nindicators = nindicators;
	sums->nbase = nbase;
	sums->context = context;
	sums->place = MemoryContextAlloc(context, nbase * sizeof(int));
	memcpy(sums->place, place, nbase * sizeof(int));
	sums->row = MemoryContextAlloc(context, nbase * sizeof(double));
	sums->complete = create_own(nbase, context);
	sums->incomplete = create_own(nbase, context);
	if (method == WEIGHTS_CRITIC || method == WEIGHTS_PCA)
		sums->products = MemoryContextAllocZero(context,
												pair_count(nbase) * sizeof(FixedSum));
	return sums;
}

static void
add_own(OwnSums *own, double value, WeightMethod method)
{
	own->n++;
	own->least = fmin(own->least, value);
	own->most = fmax(own->most, value);
	if (value == 0)
		return;
	add_number(&own->value, value);
	add_number(&own->square, value * value);
	if (method == WEIGHTS_ENTROPY)
		add_number(&own->entropy, -value * log(value));
}

/* Most indicators are zero for most firms: such products are left out. */
static void
add_products(WeightSums *sums)
{
	const double *row = sums->row;
	FixedSum   *product = sums->products;

	for (int i = 0; i < sums->nbase - 1; i++)
	{
		int			others = sums->nbase - i - 1;

		if (row[i] != 0)
			for (int k = 0; k < others; k++)
				add_number(&product[k], row[i] * row[i + 1 + k]);
		product += others;
	}
}

static void
add_pairs(WeightSums *sums)
{
	const double *row = sums->row;
	PairSums   *pair;

	if (sums->pairs == NULL)
		create_pairs(sums);
	pair = sums->pairs;
	for (int i = 0; i < sums->nbase; i++)
		for (int k = i + 1; k < sums->nbase; k++, pair++)
		{
			if (isnan(row[i]) || isnan(row[k]))
				continue;
			pair->n++;
			add_number(&pair->a, row[i]);
			add_number(&pair->b, row[k]);
			add_number(&pair->aa, row[i] * row[i]);
			add_number(&pair->bb, row[k] * row[k]);
			add_number(&pair->ab, row[i] * row[k]);
		}
}

void
weight_sums_add(WeightSums *sums, const double *normalized)
{
	bool		complete = true;
	OwnSums    *own;

	for (int i = 0; i < sums->nbase; i++)
	{
		sums->row[i] = normalized[sums->place[i]];
		complete &= !isnan(sums->row[i]);
	}
	own = complete ? sums->complete : sums->incomplete;
	for (int i = 0; i < sums->nbase; i++)
		if (!isnan(sums->row[i]))
			add_own(&own[i], sums->row[i], sums->method);
	if (sums->products == NULL)
		return;
	if (complete)
		add_products(sums);
	else
		add_pairs(sums);
}

static void
merge_own(OwnSums *own, const OwnSums *other, int n)
{
	for (int i = 0; i < n; i++)
	{
		own[i].n += other[i].n;
		add_sum(&own[i].value, &other[i].value);
		add_sum(&own[i].square, &other[i].square);
		add_sum(&own[i].entropy, &other[i].entropy);
		own[i].least = fmin(own[i].least, other[i].least);
		own[i].most = fmax(own[i].most, other[i].most);
	}
}

void
weight_sums_merge(WeightSums *sums, const WeightSums *other)
{
	if (sums->method != other->method ||
		sums->nindicators != other->nindicators ||
		sums->nbase != other->nbase ||
		memcmp(sums->place, other->place, sums->nbase * sizeof(int)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sums of different indicators or methods cannot be merged")));
	merge_own(sums->complete, other->complete, sums->nbase);
	merge_own(sums->incomplete, other->incomplete, sums->nbase);
	if (sums->products != NULL)
		for (int i = 0; i < pair_count(sums->nbase); i++)
			add_sum(&sums->products[i], &other->products[i]);
	if (other->pairs == NULL)
		return;
	if (sums->pairs == NULL)
		create_pairs(sums);
	for (int i = 0; i < pair_count(sums->nbase); i++)
	{
		PairSums   *pair = &sums->pairs[i];
		const PairSums *more = &other->pairs[i];

		pair->n += more->n;
		add_sum(&pair->a, &more->a);
		add_sum(&pair->b, &more->b);
		add_sum(&pair->aa, &more->aa);
		add_sum(&pair->bb, &more->bb);
		add_sum(&pair->ab, &more->ab);
	}
}

/* ---------------- in binary ---------------- */

static void
write_sum(const FixedSum *sum, StringInfo buffer)
{
	pq_sendint64(buffer, sum->upper);
	pq_sendint64(buffer, sum->lower);
}

static void
read_sum(FixedSum *sum, StringInfo buffer)
{
	sum->upper = pq_getmsgint64(buffer);
	sum->lower = pq_getmsgint64(buffer);
}

static void
write_own(const OwnSums *own, int n, StringInfo buffer)
{
	for (int i = 0; i < n; i++)
	{
		pq_sendint64(buffer, own[i].n);
		write_sum(&own[i].value, buffer);
		write_sum(&own[i].square, buffer);
		write_sum(&own[i].entropy, buffer);
		pq_sendfloat8(buffer, own[i].least);
		pq_sendfloat8(buffer, own[i].most);
	}
}

static void
read_own(OwnSums *own, int n, StringInfo buffer)
{
	for (int i = 0; i < n; i++)
	{
		own[i].n = pq_getmsgint64(buffer);
		read_sum(&own[i].value, buffer);
		read_sum(&own[i].square, buffer);
		read_sum(&own[i].entropy, buffer);
		own[i].least = pq_getmsgfloat8(buffer);
		own[i].most = pq_getmsgfloat8(buffer);
	}
}

void
weight_sums_write(const WeightSums *sums, StringInfo buffer)
{
	pq_sendint32(buffer, sums->method);
	pq_sendint32(buffer, sums->nindicators);
	pq_sendint32(buffer, sums->nbase);
	for (int i = 0; i < sums->nbase; i++)
		pq_sendint32(buffer, sums->place[i]);
	write_own(sums->complete, sums->nbase, buffer);
	write_own(sums->incomplete, sums->nbase, buffer);
	if (sums->products != NULL)
		for (int i = 0; i < pair_count(sums->nbase); i++)
			write_sum(&sums->products[i], buffer);
	pq_sendbyte(buffer, sums->pairs != NULL);
	if (sums->pairs != NULL)
		for (int i = 0; i < pair_count(sums->nbase); i++)
		{
			const PairSums *pair = &sums->pairs[i];

			pq_sendint64(buffer, pair->n);
			write_sum(&pair->a, buffer);
			write_sum(&pair->b, buffer);
			write_sum(&pair->aa, buffer);
			write_sum(&pair->bb, buffer);
			write_sum(&pair->ab, buffer);
		}
}

WeightSums *
weight_sums_read(StringInfo buffer, MemoryContext context)
{
	int			method = pq_getmsgint(buffer, 4);
	int			nindicators = pq_getmsgint(buffer, 4);
	int			nbase = pq_getmsgint(buffer, 4);
	int			place[MODEL_MAX_INDICATORS];
	WeightSums *sums;

	if (method < 0 || method > WEIGHTS_PCA ||
		nindicators < 0 || nindicators > MODEL_MAX_INDICATORS ||
		nbase < 0 || nbase > nindicators)
		damaged();
	for (int i = 0; i < nbase; i++)
	{
		place[i] = pq_getmsgint(buffer, 4);
		if (place[i] < 0 || place[i] >= nindicators)
			damaged();
	}
	sums = weight_sums_create((WeightMethod) method, nindicators, nbase, place,
							  context);
	read_own(sums->complete, nbase, buffer);
	read_own(sums->incomplete, nbase, buffer);
	if (sums->products != NULL)
		for (int i = 0; i < pair_count(nbase); i++)
			read_sum(&sums->products[i], buffer);
	if (pq_getmsgbyte(buffer) != 0)
	{
		create_pairs(sums);
		for (int i = 0; i < pair_count(nbase); i++)
		{
			PairSums   *pair = &sums->pairs[i];

			pair->n = pq_getmsgint64(buffer);
			read_sum(&pair->a, buffer);
			read_sum(&pair->b, buffer);
			read_sum(&pair->aa, buffer);
			read_sum(&pair->bb, buffer);
			read_sum(&pair->ab, buffer);
		}
	}
	pq_getmsgend(buffer);
	return sums;
}
