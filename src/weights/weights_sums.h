/*-------------------------------------------------------------------------
 *
 * weights_sums.h
 *	  What weights from data need to know of the firms: sums over normalized
 *	  values that do not depend on the order of the rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WEIGHTS_SUMS_H
#define WEIGHTS_SUMS_H

#include "lib/stringinfo.h"

#include "model/model.h"

typedef enum WeightMethod
{
	WEIGHTS_STDDEV,
	WEIGHTS_ENTROPY,
	WEIGHTS_CRITIC,
	WEIGHTS_PCA
} WeightMethod;

/*
 * A sum of fewer than 2^32 numbers from 0 to 1, each cut off below 2^-94: two
 * integers, in units of 2^-32 and 2^-94, so that the order of additions cannot
 * matter.
 */
typedef struct FixedSum
{
	uint64		upper;
	uint64		lower;
} FixedSum;

/* Of the values of one indicator. */
typedef struct OwnSums
{
	int64		n;
	FixedSum	value;
	FixedSum	square;
	FixedSum	entropy;		/* -x ln x; for method entropy only */
	double		least;
	double		most;
} OwnSums;

/* Of the rows that have values of both indicators of a pair. */
typedef struct PairSums
{
	int64		n;
	FixedSum	a;
	FixedSum	b;
	FixedSum	aa;
	FixedSum	bb;
	FixedSum	ab;
} PairSums;

/*
 * Rows without a missing value, the most by far, are summed apart from the
 * others: for their pairs the products are enough.  Pairs are those above the
 * diagonal, by rows.
 */
typedef struct WeightSums
{
	WeightMethod method;
	int			nindicators;	/* of the model */
	int			nbase;			/* of which base indicators */
	int		   *place;			/* their places in the model, from 0 */
	OwnSums    *complete;		/* [base indicator] */
	OwnSums    *incomplete;
	FixedSum   *products;		/* [pair]; NULL where the method needs none */
	PairSums   *pairs;			/* NULL as long as no row is incomplete */
	double	   *row;			/* room for the row that is being added */
	MemoryContext context;
} WeightSums;

extern const char *const weight_method_names[];

extern WeightSums *weight_sums_create(WeightMethod method, int nindicators,
									  int nbase, const int *place,
									  MemoryContext context);

/* Add a row: a normalized value an indicator of the model, NaN where missing. */
extern void weight_sums_add(WeightSums *sums, const double *normalized);

/* An error unless both are sums of the same indicators. */
extern void weight_sums_merge(WeightSums *sums, const WeightSums *other);

extern void weight_sums_write(const WeightSums *sums, StringInfo buffer);
extern WeightSums *weight_sums_read(StringInfo buffer, MemoryContext context);

extern double fixed_sum_value(const FixedSum *sum);
extern FixedSum fixed_sum_plus(FixedSum a, const FixedSum *b);

static inline int
pair_count(int n)
{
	return n * (n - 1) / 2;
}

/* The place of a pair, a < b. */
static inline int
pair_place(int n, int a, int b)
{
	return a * (2 * n - a - 1) / 2 + b - a - 1;
}

#endif							/* WEIGHTS_SUMS_H */
