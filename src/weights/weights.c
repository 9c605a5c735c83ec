/*-------------------------------------------------------------------------
 *
 * weights.c
 *	  What propose_weights() computes: an aggregate over the values of firms and
 *	  the weights that follow from it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "support/compat.h"
#include "support/function_glue.h"
#include "model/model.h"
#include "score/row_score.h"
#include "model/value_row.h"
#include "weights/weights_eigen.h"
#include "weights/weights_method.h"
#include "weights/weights_sums.h"

static WeightMethod
method_argument_get(text *argument)
{
	char	   *name = text_to_cstring(argument);
	int			method = find_word(weight_method_names, name);

	if (method < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown method \"%s\" of weights from data", name)));
	return (WeightMethod) method;
}

static WeightSums *
create_sums(WeightMethod method, const ScoreModel *model, MemoryContext context)
{
	int			place[MODEL_MAX_INDICATORS];
	int			nbase = 0;

	for (int i = 0; i < model->nindicators; i++)
		if (model_categories(model)[model_indicators(model)[i].category].role == ROLE_BASE)
			place[nbase++] = i;
	return weight_sums_create(method, model->nindicators, nbase, place, context);
}

/* Missing values give no points where the scheme says so: they count as 0. */
static void
score_missing(const ScoreModel *model, double *normalized)
{
	const ModelIndicator *indicators = model_indicators(model);

	for (int i = 0; i < model->nindicators; i++)
		if (isnan(normalized[i]) &&
			(indicators[i].missing == MISSING_ZERO ||
			 (model->in_points && indicators[i].missing == MISSING_REWEIGHT)))
			normalized[i] = 0;
}

PG_FUNCTION_INFO_V1(weight_sums_accumulate);
/*
 * weight_sums_accumulate(internal, method text, scored boolean,
 *						  model score_model, VARIADIC vals float8[]) → internal
 *
 * Transition function of weight_sums.  A row without a model, or without
 * values, is no row.  Where "scored" says so, missing values count as they do
 * in scores.
 */
Datum
weight_sums_accumulate(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	WeightSums *sums = PG_ARGISNULL(0) ? NULL : (WeightSums *) PG_GETARG_POINTER(0);
	const ScoreModel *model;
	double		buffer[MODEL_MAX_INDICATORS];
	double		normalized[MODEL_MAX_INDICATORS];

	for (int i = 1; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			return unchanged_state(fcinfo);
	model = model_argument(fcinfo, 3);
	check_fitted(model);
	if (sums == NULL)
		sums = create_sums(method_argument_get(PG_GETARG_TEXT_PP(1)), model, context);
	if (sums->nindicators != model->nindicators)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("score models of a group must have the same indicators")));
	row_normalize(model, -1, value_row_get(PG_GETARG_ARRAYTYPE_P(4), model, buffer),
				  normalized);
	if (PG_GETARG_BOOL(2))
		score_missing(model, normalized);
	weight_sums_add(sums, normalized);
	PG_RETURN_POINTER(sums);
}

static WeightSums *
sums_from_bytes(bytea *bytes, MemoryContext context)
{
	StringInfoData buffer;

	initStringInfo(&buffer);
	appendBinaryStringInfo(&buffer, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	return weight_sums_read(&buffer, context);
}

PG_FUNCTION_INFO_V1(weight_sums_combine);
/* weight_sums_combine(internal, internal) → internal */
Datum
weight_sums_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	WeightSums *sums = PG_ARGISNULL(0) ? NULL : (WeightSums *) PG_GETARG_POINTER(0);
	const WeightSums *other;

	if (PG_ARGISNULL(1))
		return unchanged_state(fcinfo);

	/* The second state may live shorter than the first: never keep it. */
	other = (const WeightSums *) PG_GETARG_POINTER(1);
	if (sums == NULL)
		sums = weight_sums_create(other->method, other->nindicators,
								  other->nbase, other->place, context);
	weight_sums_merge(sums, other);
	PG_RETURN_POINTER(sums);
}

PG_FUNCTION_INFO_V1(weight_sums_serialize);
/* weight_sums_serialize(internal) → bytea: also the final function */
Datum
weight_sums_serialize(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	pq_begintypsend(&buffer);
	weight_sums_write((const WeightSums *) PG_GETARG_POINTER(0), &buffer);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(weight_sums_deserialize);
/* weight_sums_deserialize(bytea, internal) → internal */
Datum
weight_sums_deserialize(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	PG_RETURN_POINTER(sums_from_bytes(PG_GETARG_BYTEA_PP(0), CurrentMemoryContext));
}

PG_FUNCTION_INFO_V1(find_weights_of);
/*
 * _innovation_score.find_weights(sums bytea)
 *	→ SETOF (place, share, n, mean, stddev, entropy, divergence, conflict,
 *			 information, loading, explained)
 *
 * A row for each base indicator, with its place in the model from 1.  Error
 * 55000 where the firms leave the method nothing to weigh.
 */
Datum
find_weights_of(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	WeightSums *sums = sums_from_bytes(PG_GETARG_BYTEA_PP(0), CurrentMemoryContext);
	IndicatorWeight *weights = palloc(sums->nbase * sizeof(IndicatorWeight));
	const char *problem = find_weights(sums, weights);

	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("method \"%s\" finds no weights in these firms",
						weight_method_names[sums->method]),
				 errdetail_internal("%s", problem)));
	init_materialized_srf(fcinfo);
	for (int i = 0; i < sums->nbase; i++)
	{
		const IndicatorWeight *weight = &weights[i];
		Datum		values[11];
		bool		nulls[11] = {false};

		values[0] = Int32GetDatum(sums->place[i] + 1);
		set_number(&values[1], &nulls[1], weight->share);
		values[2] = Int64GetDatum(weight->n);
		set_number(&values[3], &nulls[3], weight->mean);
		set_number(&values[4], &nulls[4], weight->stddev);
		set_number(&values[5], &nulls[5], weight->entropy);
		set_number(&values[6], &nulls[6], weight->divergence);
		set_number(&values[7], &nulls[7], weight->conflict);
		set_number(&values[8], &nulls[8], weight->information);
		set_number(&values[9], &nulls[9], weight->loading);
		set_number(&values[10], &nulls[10], weight->explained);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(weight_counts_of);
/* _innovation_score.weight_counts(sums bytea) → SETOF (place, n) */
Datum
weight_counts_of(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	WeightSums *sums = sums_from_bytes(PG_GETARG_BYTEA_PP(0), CurrentMemoryContext);

	init_materialized_srf(fcinfo);
	for (int i = 0; i < sums->nbase; i++)
	{
		Datum		values[2];
		bool		nulls[2] = {false};

		values[0] = Int32GetDatum(sums->place[i] + 1);
		values[1] = Int64GetDatum(sums->complete[i].n + sums->incomplete[i].n);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(symmetric_eigen_rows);
/*
 * _innovation_score.symmetric_eigen(matrix float8[]) → SETOF (eigenvalue, eigenvector)
 *
 * So that tests can hold the solver against other libraries.  Only the elements
 * on and above the diagonal are read.
 */
Datum
symmetric_eigen_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int			n = ARR_NDIM(array) == 2 ? ARR_DIMS(array)[0] : 0;
	double	   *matrix;
	double	   *values;
	double	   *vectors;

	if (n == 0 || ARR_DIMS(array)[1] != n || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("matrix must be square and without nulls")));
	matrix = palloc(sizeof(double) * n * n);
	vectors = palloc(sizeof(double) * n * n);
	values = palloc(sizeof(double) * n);
	memcpy(matrix, ARR_DATA_PTR(array), sizeof(double) * n * n);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			matrix[i * n + k] = matrix[k * n + i];
	if (!symmetric_eigen(matrix, n, values, vectors))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("eigenvalues of the matrix could not be found")));
	init_materialized_srf(fcinfo);
	for (int i = 0; i < n; i++)
	{
		Datum	   *elements = palloc(n * sizeof(Datum));
		Datum		row[2];
		bool		nulls[2] = {false};

		for (int k = 0; k < n; k++)
			elements[k] = Float8GetDatum(vectors[i * n + k]);
		row[0] = Float8GetDatum(values[i]);
		row[1] = PointerGetDatum(construct_array(elements, n, FLOAT8OID,
												 sizeof(float8), FLOAT8PASSBYVAL,
												 TYPALIGN_DOUBLE));
		tuplestore_putvalues(set->setResult, set->setDesc, row, nulls);
	}
	return (Datum) 0;
}
