/*-------------------------------------------------------------------------
 *
 * weights_method.h
 *	  Weights from data: the formulas.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WEIGHTS_METHOD_H
#define WEIGHTS_METHOD_H

#include "weights/weights_sums.h"

/* What a method found in one indicator; NaN where it does not ask for that. */
typedef struct IndicatorWeight
{
	double		share;			/* of the weights, which sum to 1 */
	int64		n;				/* firms with a value */
	double		mean;
	double		stddev;			/* divisor n - 1 */
	double		entropy;		/* from 0 to 1 */
	double		divergence;		/* 1 - entropy */
	double		conflict;		/* sum over the others of 1 - correlation */
	double		information;	/* stddev * conflict */
	double		loading;		/* correlation with the first component */
	double		explained;		/* that component's share of the variance */
} IndicatorWeight;

/* NULL, or why the method gives no weights to these firms. */
extern const char *find_weights(const WeightSums *sums, IndicatorWeight *weights);

#endif							/* WEIGHTS_METHOD_H */
