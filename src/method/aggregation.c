/*-------------------------------------------------------------------------
 *
 * aggregation.c
 *	  How the parts of a category, and the categories of a scheme, become one
 *	  value: weighted means.
 *
 * Sources: OECD and JRC, Handbook on Constructing Composite Indicators (2008),
 * on additive and geometric aggregation; the generalized means are the power
 * means of Hardy, Littlewood and Polya, "Inequalities" (1934); the geometric
 * mean from the other end of the scale is that of INFORM, the index of risk of
 * the JRC (De Groeve, Poljansek and Vernaccini, 2015).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "method/aggregation.h"

static const MethodForm forms[] = {
	{"arithmetic", AGGREGATION_ARITHMETIC, 0, false, NULL},
	{"geometric", AGGREGATION_GEOMETRIC, 0, false, NULL},
	{"harmonic", AGGREGATION_HARMONIC, 0, false, NULL},
	{"generalized", AGGREGATION_GENERALIZED, 1, false, NULL},
	{"max", AGGREGATION_MAX, 0, false, NULL},
	{"min", AGGREGATION_MIN, 0, false, NULL},
	{"inverse_geometric", AGGREGATION_INVERSE_GEOMETRIC, 0, false, NULL},
	{NULL, 0, 0, false, NULL}
};

/* An exponent so small gives the geometric mean, to the last digit. */
#define NO_EXPONENT		1e-15

const char *
aggregation_parse(const char *text, int length, Aggregation *aggregation)
{
	const char *problem;
	int			kind;

	problem = method_text_parse(text, length, forms, &kind,
								aggregation->parameter);
	if (problem == NULL)
		aggregation->kind = (AggregationKind) kind;
	return problem;
}

void
aggregation_print(const Aggregation *aggregation, char *text)
{
	method_text_print(forms, aggregation->kind, aggregation->parameter, text);
}

/* The means that have names come by them, whatever they are called. */
static AggregationKind
effective_kind(const Aggregation *aggregation)
{
	double		exponent = aggregation->parameter[0];

	if (aggregation->kind != AGGREGATION_GENERALIZED)
		return aggregation->kind;
	if (exponent == 1)
		return AGGREGATION_ARITHMETIC;
	if (exponent == -1)
		return AGGREGATION_HARMONIC;
	if (fabs(exponent) < NO_EXPONENT)
		return AGGREGATION_GEOMETRIC;
	return AGGREGATION_GENERALIZED;
}

bool
aggregation_is_additive(const Aggregation *aggregation)
{
	return effective_kind(aggregation) == AGGREGATION_ARITHMETIC;
}

int
aggregation_chooses(const Aggregation *aggregation)
{
	return aggregation->kind == AGGREGATION_MAX ? 1 :
		aggregation->kind == AGGREGATION_MIN ? -1 : 0;
}

static inline double
raised(double floor, double value)
{
	return floor + (1 - floor) * value;
}

/*
 * Of the values, or of what each of them lacks to 1: nothing, where points that
 * are rounded up make more of it.
 */
static double
geometric_mean(bool inverse, double floor, const double *weights,
			   const double *values, int count, double total)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		if (weights[i] > 0)
			sum += weights[i] * log(raised(floor, inverse ? Max(1 - values[i], 0) : values[i]));
	return exp(sum / total);
}

static double
harmonic_mean(double floor, const double *weights, const double *values,
			  int count, double total)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		if (weights[i] > 0)
			sum += weights[i] / raised(floor, values[i]);
	return total / sum;
}

/*
 * (sum of w * v^p / sum of w)^(1/p), relative to the value whose power is the
 * largest, so that no power overflows, and by what differs from 1, so that
 * small exponents lose no digits.
 */
static double
power_mean(double exponent, double floor, const double *weights,
		   const double *values, int count, double total, double largest)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		if (weights[i] > 0)
			sum += weights[i] *
				expm1(exponent * log(raised(floor, values[i]) / largest));
	return largest * exp(log1p(sum / total) / exponent);
}

double
aggregation_mean(const Aggregation *aggregation, double floor,
				 const double *weights, const double *values, int count)
{
	double		total = 0;
	double		weighted = 0;
	double		lowest = NAN;
	double		highest = NAN;
	double		exponent = aggregation->parameter[0];
	double		mean = 0;

	for (int i = 0; i < count; i++)
	{
		if (!(weights[i] > 0))
			continue;
		if (isnan(values[i]))
			return NAN;
		lowest = values[i] >= lowest ? lowest : values[i];
		highest = values[i] <= highest ? highest : values[i];
		total += weights[i];
		weighted += weights[i] * values[i];
	}
	if (!(lowest < highest))
		return lowest;

	switch (effective_kind(aggregation))
	{
		case AGGREGATION_ARITHMETIC:
		case AGGREGATION_MAX:
		case AGGREGATION_MIN:
			return weighted / total;
		case AGGREGATION_GEOMETRIC:
			mean = geometric_mean(false, floor, weights, values, count, total);
			break;
		case AGGREGATION_INVERSE_GEOMETRIC:
			mean = geometric_mean(true, floor, weights, values, count, total);
			break;
		case AGGREGATION_HARMONIC:
			mean = harmonic_mean(floor, weights, values, count, total);
			break;
		case AGGREGATION_GENERALIZED:
			/* Powers of 0 have no limit above. */
			if (exponent < 0 && !(raised(floor, lowest) > 0))
				return 0;
			mean = power_mean(exponent, floor, weights, values, count, total,
							  raised(floor, exponent > 0 ? highest : lowest));
			break;
	}
	mean = (mean - floor) / (1 - floor);
	if (aggregation->kind == AGGREGATION_INVERSE_GEOMETRIC)
		mean = 1 - mean;
	return mean < lowest ? lowest : mean > highest ? highest : mean;
}
