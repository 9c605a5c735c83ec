/*-------------------------------------------------------------------------
 *
 * weights_ahp.c
 *	  Weights from pairwise comparisons: ahp_weights and ahp_group.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "weights/weights_eigen.h"

#define AHP_MAX_SIZE	PERRON_MAX_SIZE

/* How far an element may be from the reciprocal of its mirror image. */
#define RECIPROCAL_TOLERANCE	0.05

/* Of ratios; far beyond any that somebody can judge. */
#define AHP_MAX_RATIO	1e9

/*
 * The mean consistency index of random matrices of size 1, 2, ...: T. L. Saaty,
 * The Analytic Hierarchy Process, McGraw-Hill 1980, page 21.
 */
static const double saaty_random_index[] = {
	0.00, 0.00, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48,
	1.56, 1.57, 1.59
};

/*
 * Beyond the table the straight line that J. A. Alonso and M. T. Lamata fitted
 * to the largest eigenvalues of random matrices (International Journal of
 * Uncertainty, Fuzziness and Knowledge-Based Systems 14 (2006), 445-459).
 */
static double
random_index(int n)
{
	if (n <= (int) lengthof(saaty_random_index))
		return saaty_random_index[n - 1];
	return (2.7699 * n - 4.3513 - n) / (n - 1);
}

#define bad_matrix(...) \
	ereport(ERROR, \
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), __VA_ARGS__))

/* The size of a comparison matrix, checked. */
static int
matrix_size(ArrayType *array)
{
	int			n;

	if (ARR_NDIM(array) != 2 || ARR_DIMS(array)[0] != ARR_DIMS(array)[1])
		bad_matrix(errmsg("comparison matrix must be square"),
				   ARR_NDIM(array) == 2 ?
				   errdetail("It has %d rows of %d elements.",
							 ARR_DIMS(array)[0], ARR_DIMS(array)[1]) :
				   errdetail("It has %d dimensions, not 2.", ARR_NDIM(array)));
	n = ARR_DIMS(array)[0];
	if (n > AHP_MAX_SIZE)
		bad_matrix(errmsg("comparison matrix of %d rows is too large", n),
				   errdetail("The most is %d.", AHP_MAX_SIZE),
				   errhint("Compare within categories, and the categories with each other."));
	return n;
}

/*
 * Read a comparison matrix and check it.  Of an element and its mirror image
 * the larger one counts, and the other becomes its exact reciprocal: people
 * judge in whole numbers and write 0.33 for a third.
 */
static void
read_matrix(ArrayType *array, int n, double *matrix)
{
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		bad_matrix(errmsg("comparison matrix must not contain nulls"));
	memcpy(matrix, ARR_DATA_PTR(array), sizeof(double) * n * n);
	for (int i = 0; i < n * n; i++)
		if (!(matrix[i] >= 1 / AHP_MAX_RATIO && matrix[i] <= AHP_MAX_RATIO))
			bad_matrix(errmsg("element [%d][%d] of the comparison matrix is %g",
							  i / n + 1, i % n + 1, matrix[i]),
					   errdetail("Elements are positive ratios, from %g to %g.",
								 1 / AHP_MAX_RATIO, AHP_MAX_RATIO));
	for (int i = 0; i < n; i++)
	{
		if (matrix[i * n + i] != 1)
			bad_matrix(errmsg("element [%d][%d] of the comparison matrix is %g, not 1",
							  i + 1, i + 1, matrix[i * n + i]),
					   errdetail("Everything is as important as itself."));
		for (int k = i + 1; k < n; k++)
		{
			double	   *above = &matrix[i * n + k];
			double	   *below = &matrix[k * n + i];

			if (fabs(*above * *below - 1) > RECIPROCAL_TOLERANCE)
				bad_matrix(errmsg("comparison matrix is not reciprocal: element [%d][%d] is %g, but [%d][%d] is %g",
								  i + 1, k + 1, *above, k + 1, i + 1, *below),
						   errdetail("Their product must be 1; a difference of %g is taken for rounding.",
									 RECIPROCAL_TOLERANCE));
			if (*above >= *below)
				*below = 1 / *above;
			else
				*above = 1 / *below;
		}
	}
}

static ArrayType *
make_float_array(const double *numbers, int ndims, int *dims)
{
	int			count = ndims == 1 ? dims[0] : dims[0] * dims[1];
	int			bounds[2] = {1, 1};
	Datum	   *elements = palloc(count * sizeof(Datum));

	for (int i = 0; i < count; i++)
		elements[i] = Float8GetDatum(numbers[i]);
	return construct_md_array(elements, NULL, ndims, dims, bounds, FLOAT8OID,
							  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

static Datum
make_row(FunctionCallInfo fcinfo, Datum *values)
{
	TupleDesc	tupdesc;
	bool		nulls[3] = {false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values,
											 nulls));
}

PG_FUNCTION_INFO_V1(ahp_weights);
/*
 * ahp_weights(matrix float8[])
 *	→ (weights float8[], lambda_max float8, consistency_ratio float8)
 *
 * The weights that a matrix of pairwise comparisons implies: its principal
 * eigenvector, which sums to 1, the eigenvalue (the size of the matrix where
 * the judgements are consistent, more otherwise) and Saaty's consistency ratio,
 * 0 for a size of 1 or 2.  Element [i][k] says how many times as important as k
 * i is.  Error 22023 for what is no such matrix.  Method: T. L. Saaty, The
 * Analytic Hierarchy Process, McGraw-Hill 1980.
 */
Datum
ahp_weights(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			n = matrix_size(array);
	double	   *matrix = palloc(sizeof(double) * n * n);
	double	   *work = palloc(2 * sizeof(double) * n * n);
	double		weights[AHP_MAX_SIZE];
	double		lambda;
	double		ratio = 0;
	Datum		values[3];

	read_matrix(array, n, matrix);

	/* Less than n only by rounding: Saaty's theorem 7-15. */
	lambda = fmax(perron_vector(matrix, n, weights, work), n);
	if (n > 2)
		ratio = (lambda - n) / (n - 1) / random_index(n);
	values[0] = PointerGetDatum(make_float_array(weights, 1, &n));
	values[1] = Float8GetDatum(lambda);
	values[2] = Float8GetDatum(ratio);
	PG_RETURN_DATUM(make_row(fcinfo, values));
}

/* ---------------- groups ---------------- */

/* Binary logarithms, below 32, are summed in units of 2^-54. */
#define LOGARITHM_SCALE	0x1p54
#define HIGH_SCALE		0x1p32

/*
 * What the experts say of one pair.  A ratio below 1 is written as minus its
 * reciprocal, so that a judgement and its reverse differ in the sign only.
 */
typedef struct PairJudgement
{
	int64		high;			/* sum of logarithms, in units of 2^32 */
	uint64		low;			/* and in single units */
	double		least;
	double		most;
} PairJudgement;

typedef struct GroupJudgement
{
	int64		experts;
	int			n;
	double	   *matrix;			/* of the expert who is being read */
	PairJudgement pair[FLEXIBLE_ARRAY_MEMBER];	/* above the diagonal, by rows */
} GroupJudgement;

#define PAIR_COUNT(n)	((n) * ((n) - 1) / 2)

static GroupJudgement *
create_group(int n, MemoryContext context)
{
	GroupJudgement *group;

	group = MemoryContextAllocZero(context,
								   offsetof(GroupJudgement, pair) +
								   PAIR_COUNT(n) * sizeof(PairJudgement));
	group->n = n;
	group->matrix = MemoryContextAlloc(context, sizeof(double) * n * n);
	for (int i = 0; i < PAIR_COUNT(n); i++)
	{
		group->pair[i].least = INFINITY;
		group->pair[i].most = -INFINITY;
	}
	return group;
}

static void
check_group(const GroupJudgement *group, int n)
{
	if (group->n != n)
		bad_matrix(errmsg("comparison matrices of a group must be of one size"),
				   errdetail("There are some of %d and some of %d rows.",
							 Min(group->n, n), Max(group->n, n)));
}

PG_FUNCTION_INFO_V1(ahp_group_accumulate);
/* ahp_group_accumulate(internal, matrix float8[]) → internal */
Datum
ahp_group_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	GroupJudgement *group = PG_ARGISNULL(0) ? NULL : (GroupJudgement *) PG_GETARG_POINTER(0);
	PairJudgement *pair;
	ArrayType  *array;
	int			n;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	array = PG_GETARG_ARRAYTYPE_P(1);
	n = matrix_size(array);
	if (group == NULL)
		group = create_group(n, context);
	check_group(group, n);
	read_matrix(array, n, group->matrix);

	pair = group->pair;
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++)
		{
			double		above = group->matrix[i * n + k];
			double		below = group->matrix[k * n + i];
			double		ratio = above >= below ? above : -below;
			double		logarithm = copysign(log2(fabs(ratio)), ratio);
			int64		units = (int64) rint(logarithm * LOGARITHM_SCALE);

			pair->high += units >> 32;
			pair->low += units & PG_UINT32_MAX;
			pair->least = fmin(pair->least, ratio);
			pair->most = fmax(pair->most, ratio);
			pair++;
		}
	group->experts++;
	PG_RETURN_POINTER(group);
}

PG_FUNCTION_INFO_V1(ahp_group_combine);
/* ahp_group_combine(internal, internal) → internal */
Datum
ahp_group_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	GroupJudgement *group = PG_ARGISNULL(0) ? NULL : (GroupJudgement *) PG_GETARG_POINTER(0);
	const GroupJudgement *other;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);
	other = (const GroupJudgement *) PG_GETARG_POINTER(1);
	if (group == NULL)
		group = create_group(other->n, context);
	check_group(group, other->n);
	for (int i = 0; i < PAIR_COUNT(group->n); i++)
	{
		PairJudgement *pair = &group->pair[i];

		pair->high += other->pair[i].high;
		pair->low += other->pair[i].low;
		pair->least = fmin(pair->least, other->pair[i].least);
		pair->most = fmax(pair->most, other->pair[i].most);
	}
	group->experts += other->experts;
	PG_RETURN_POINTER(group);
}

PG_FUNCTION_INFO_V1(ahp_group_serialize);
/* ahp_group_serialize(internal) → bytea */
Datum
ahp_group_serialize(PG_FUNCTION_ARGS)
{
	const GroupJudgement *group = (const GroupJudgement *) PG_GETARG_POINTER(0);
	StringInfoData buffer;

	(void) aggregate_context(fcinfo);
	pq_begintypsend(&buffer);
	pq_sendint32(&buffer, group->n);
	pq_sendint64(&buffer, group->experts);
	for (int i = 0; i < PAIR_COUNT(group->n); i++)
	{
		pq_sendint64(&buffer, group->pair[i].high);
		pq_sendint64(&buffer, group->pair[i].low);
		pq_sendfloat8(&buffer, group->pair[i].least);
		pq_sendfloat8(&buffer, group->pair[i].most);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(ahp_group_deserialize);
/* ahp_group_deserialize(bytea, internal) → internal */
Datum
ahp_group_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData buffer;
	GroupJudgement *group;

	(void) aggregate_context(fcinfo);
	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	group = create_group(pq_getmsgint(&buffer, 4), CurrentMemoryContext);
	group->experts = pq_getmsgint64(&buffer);
	for (int i = 0; i < PAIR_COUNT(group->n); i++)
	{
		group->pair[i].high = pq_getmsgint64(&buffer);
		group->pair[i].low = pq_getmsgint64(&buffer);
		group->pair[i].least = pq_getmsgfloat8(&buffer);
		group->pair[i].most = pq_getmsgfloat8(&buffer);
	}
	pq_getmsgend(&buffer);
	PG_RETURN_POINTER(group);
}

PG_FUNCTION_INFO_V1(ahp_group_final);
/*
 * ahp_group_final(internal) → float8[]
 *
 * The geometric mean of each element, the one mean that keeps a matrix
 * reciprocal (J. Aczel, T. L. Saaty: Procedures for Synthesizing Ratio
 * Judgements, Journal of Mathematical Psychology 27 (1983), 93-102).
 */
Datum
ahp_group_final(PG_FUNCTION_ARGS)
{
	const GroupJudgement *group;
	const PairJudgement *pair;
	double	   *matrix;
	int			dims[2];
	int			n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	group = (const GroupJudgement *) PG_GETARG_POINTER(0);
	n = group->n;
	matrix = palloc(sizeof(double) * n * n);
	pair = group->pair;
	for (int i = 0; i < n; i++)
	{
		matrix[i * n + i] = 1;
		for (int k = i + 1; k < n; k++)
		{
			double		sum = (double) pair->high * HIGH_SCALE + (double) pair->low;
			double		mean = sum / LOGARITHM_SCALE / (double) group->experts;
			double		ratio = copysign(exp2(fabs(mean)), mean);

			/* Where all say the same, the mean is just that. */
			ratio = fmin(fmax(ratio, pair->least), pair->most);
			matrix[i * n + k] = ratio > 0 ? ratio : -1 / ratio;
			matrix[k * n + i] = ratio > 0 ? 1 / ratio : -ratio;
			pair++;
		}
	}
	dims[0] = dims[1] = n;
	PG_RETURN_ARRAYTYPE_P(make_float_array(matrix, 2, dims));
}
