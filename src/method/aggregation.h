/*-------------------------------------------------------------------------
 *
 * aggregation.h
 *	  How the parts of a category, and the categories of a scheme, become one
 *	  value: weighted means.
 *
 *-------------------------------------------------------------------------
 */
#ifndef AGGREGATION_H
#define AGGREGATION_H

#include "method/method_text.h"

typedef enum AggregationKind
{
	AGGREGATION_ARITHMETIC,
	AGGREGATION_GEOMETRIC,
	AGGREGATION_HARMONIC,
	AGGREGATION_GENERALIZED,

	/* no means: the part that gives the most, or the least, counts alone */
	AGGREGATION_MAX,
	AGGREGATION_MIN,

	/* 1 less the geometric mean of what lacks to 1 */
	AGGREGATION_INVERSE_GEOMETRIC
} AggregationKind;

typedef struct Aggregation
{
	AggregationKind kind;
	double		parameter[METHOD_MAX_ARGUMENTS];
} Aggregation;

#define AGGREGATION_SYNTAX	"arithmetic, geometric, inverse_geometric, harmonic, generalized(p), max, min"

/* As extreme_method_parse and extreme_method_print. */
extern const char *aggregation_parse(const char *text, int length,
									 Aggregation *aggregation);
extern void aggregation_print(const Aggregation *aggregation, char *text);

/* Does it add: arithmetic by that name, or generalized(1)? */
extern bool aggregation_is_additive(const Aggregation *aggregation);

/* 1 for max, -1 for min, 0 for a mean. */
extern int	aggregation_chooses(const Aggregation *aggregation);

/*
 * The mean, which max and min have none of, of "count" values of 0 to 1, of which those of weight 0 do not
 * count; NaN where none counts.  A value v enters as floor + (1 - floor) * v,
 * 0 <= floor < 1, and the mean of these is taken back to 0 to 1.  Equal values
 * have themselves as their mean, exactly.
 */
extern double aggregation_mean(const Aggregation *aggregation, double floor,
							   const double *weights, const double *values,
							   int count);

#endif							/* AGGREGATION_H */
