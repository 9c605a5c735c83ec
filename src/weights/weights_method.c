/*-------------------------------------------------------------------------
 *
 * weights_method.c
 *	  Weights from data: the formulas.
 *
 * An indicator whose values are all the same tells firms apart by no method: its
 * weight is 0, and it takes no part in what is found for the others.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "weights/weights_eigen.h"
#include "weights/weights_method.h"

/*
 * Below this part of the mean square a variance is taken for what rounding has
 * left, and a correlation that is closer to 1 than this for 1.
 */
#define NEGLIGIBLE		1e-12

/* Eigenvalues that are relatively closer do not tell components apart. */
#define SAME_EIGENVALUE	1e-9

static inline double
sum_of(const FixedSum *a, const FixedSum *b)
{
	FixedSum	both = fixed_sum_plus(*a, b);

	return fixed_sum_value(&both);
}

static bool
varies(const IndicatorWeight *weight)
{
	return weight->stddev > 0;
}

static void
describe_indicator(const WeightSums *sums, int i, IndicatorWeight *weight)
{
	const OwnSums *a = &sums->complete[i];
	const OwnSums *b = &sums->incomplete[i];
	double		n;
	double		total;

	weight->share = 0;
	weight->n = a->n + b->n;
	weight->mean = weight->stddev = weight->entropy = weight->divergence = NAN;
	weight->conflict = weight->information = NAN;
	weight->loading = weight->explained = NAN;
	if (weight->n == 0)
		return;
	n = (double) weight->n;
	total = sum_of(&a->value, &b->value);
	weight->mean = total / n;
	weight->stddev = 0;
	if (fmin(a->least, b->least) < fmax(a->most, b->most))
	{
		double		square = sum_of(&a->square, &b->square);
		double		variance = (n * square - total * total) / n / (n - 1);

		weight->stddev = sqrt(fmax(variance, 0));
	}
	if (sums->method == WEIGHTS_ENTROPY && varies(weight))
	{
		double		terms = sum_of(&a->entropy, &b->entropy);

		/* -sum p ln p for p = x / total, and its largest value, ln n */
		weight->entropy = (log(total) + terms / total) / log(n);
		weight->divergence = fmax(1 - weight->entropy, 0);
	}
}

/* Over the firms that have both values; 0 where these do not vary. */
static double
correlation(const WeightSums *sums, int i, int k)
{
	static const PairSums no_pair;
	int			place = pair_place(sums->nbase, i, k);
	const PairSums *pair = sums->pairs == NULL ? &no_pair : &sums->pairs[place];
	const OwnSums *a = &sums->complete[i];
	const OwnSums *b = &sums->complete[k];
	double		n = (double) (a->n + pair->n);
	double		sum_a = sum_of(&a->value, &pair->a);
	double		sum_b = sum_of(&b->value, &pair->b);
	double		square_a = n * sum_of(&a->square, &pair->aa);
	double		square_b = n * sum_of(&b->square, &pair->bb);
	double		variance_a = square_a - sum_a * sum_a;
	double		variance_b = square_b - sum_b * sum_b;
	double		covariance = n * sum_of(&sums->products[place], &pair->ab) - sum_a * sum_b;
	double		result;

	if (!(variance_a > NEGLIGIBLE * square_a && variance_b > NEGLIGIBLE * square_b))
		return 0;
	result = covariance / sqrt(variance_a) / sqrt(variance_b);
	return fabs(result) > 1 - NEGLIGIBLE ? copysign(1, result) : result;
}

static void
weigh_by_conflict(const WeightSums *sums, IndicatorWeight *weights)
{
	for (int i = 0; i < sums->nbase; i++)
		if (varies(&weights[i]))
			weights[i].conflict = 0;
	for (int i = 0; i < sums->nbase; i++)
		for (int k = i + 1; k < sums->nbase; k++)
		{
			double		conflict;

			if (!varies(&weights[i]) || !varies(&weights[k]))
				continue;
			conflict = 1 - correlation(sums, i, k);
			weights[i].conflict += conflict;
			weights[k].conflict += conflict;
		}
	for (int i = 0; i < sums->nbase; i++)
	{
		weights[i].information = weights[i].stddev * weights[i].conflict;
		if (varies(&weights[i]))
			weights[i].share = weights[i].information;
	}
}

/*
 * The sign of an eigenvector means nothing.  The better sign is that which
 * makes more of a good firm; where loadings sum to 0, the first one decides.
 */
static double
vector_sign(const double *vector, int n)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += vector[i];
	for (int i = 0; i < n && fabs(sum) < SAME_EIGENVALUE; i++)
		sum = vector[i];
	return copysign(1, sum);
}

static const char *
weigh_by_component(const WeightSums *sums, IndicatorWeight *weights)
{
	int			n = 0;
	int		   *which = palloc(sums->nbase * sizeof(int));
	double	   *matrix;
	double	   *values;
	double	   *vectors;
	double		sign;

	for (int i = 0; i < sums->nbase; i++)
		if (varies(&weights[i]))
			which[n++] = i;
	if (n == 0)
		return NULL;
	matrix = palloc(sizeof(double) * n * n);
	vectors = palloc(sizeof(double) * n * n);
	values = palloc(sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		matrix[i * n + i] = 1;
		for (int k = i + 1; k < n; k++)
			matrix[i * n + k] = matrix[k * n + i] =
				correlation(sums, which[i], which[k]);
	}
	if (!symmetric_eigen(matrix, n, values, vectors))
		elog(ERROR, "eigenvalues of a correlation matrix could not be found");
	if (n > 1 && values[0] - values[1] <= SAME_EIGENVALUE * values[0])
		return "The first two principal components explain the same share of the variance, so there is no first one.";
	sign = vector_sign(vectors, n);
	for (int i = 0; i < n; i++)
	{
		IndicatorWeight *weight = &weights[which[i]];

		weight->share = vectors[i] * vectors[i];
		weight->loading = sign * vectors[i] * sqrt(values[0]);
		weight->explained = values[0] / n;
	}
	return NULL;
}

const char *
find_weights(const WeightSums *sums, IndicatorWeight *weights)
{
	const char *problem = NULL;
	double		total = 0;

	for (int i = 0; i < sums->nbase; i++)
		describe_indicator(sums, i, &weights[i]);
	switch (sums->method)
	{
		case WEIGHTS_STDDEV:
			for (int i = 0; i < sums->nbase; i++)
				if (varies(&weights[i]))
					weights[i].share = weights[i].stddev;
			break;
		case WEIGHTS_ENTROPY:
			for (int i = 0; i < sums->nbase; i++)
				if (varies(&weights[i]))
					weights[i].share = weights[i].divergence;
			break;
		case WEIGHTS_CRITIC:
			weigh_by_conflict(sums, weights);
			break;
		case WEIGHTS_PCA:
			problem = weigh_by_component(sums, weights);
			break;
	}
	if (problem != NULL)
		return problem;

	for (int i = 0; i < sums->nbase; i++)
		total += weights[i].share;
	if (!(total > 0))
		return sums->method == WEIGHTS_CRITIC ?
			"No two indicators vary and disagree." :
			"The values of no indicator vary.";
	for (int i = 0; i < sums->nbase; i++)
		weights[i].share /= total;
	return NULL;
}
