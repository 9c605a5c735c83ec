/*-------------------------------------------------------------------------
 *
 * extreme_method.c
 *	  Extreme-value methods: their grammar and the bounds that they give.
 *
 * Sources of the methods: quantiles by linear interpolation are type 7 of
 * Hyndman & Fan (1996), "Sample Quantiles in Statistical Packages"; fences at
 * k interquartile ranges are Tukey's (1977), "Exploratory Data Analysis"; the
 * factor 1.4826 makes the median absolute deviation estimate the standard
 * deviation of a normal distribution (Rousseeuw & Croux 1993); for jrc see jrc.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "method/extreme_method.h"
#include "numbers/float_key.h"
#include "numbers/order_statistic.h"

#define MAD_CONSISTENCY		1.4826

/* Kind of "jrc" without parameters, and what they are then. */
#define JRC_BY_DEFAULT		(-1)

static const double jrc_defaults[METHOD_MAX_ARGUMENTS] = {5, 2, 3.5};

static const MethodForm forms[] = {
	{"none", EXTREME_NONE, 0},
	{"percentile", EXTREME_PERCENTILE, 2},
	{"iqr", EXTREME_IQR, 1},
	{"sigma", EXTREME_SIGMA, 1},
	{"mad", EXTREME_MAD, 1},
	{"fixed", EXTREME_FIXED, 2},
	{"jrc", EXTREME_JRC, 3},
	{"jrc", JRC_BY_DEFAULT, 0},
	{NULL, 0, 0}
};

const char *
extreme_method_parse(const char *text, int length, ExtremeMethod *method)
{
	const double *parameter = method->parameter;
	const char *problem;
	int			kind;

	problem = method_text_parse(text, length, forms, &kind, method->parameter);
	if (problem != NULL)
		return problem;
	if (kind == JRC_BY_DEFAULT)
	{
		kind = EXTREME_JRC;
		memcpy(method->parameter, jrc_defaults, sizeof(jrc_defaults));
	}
	method->kind = (ExtremeKind) kind;

	switch (method->kind)
	{
		case EXTREME_PERCENTILE:
			if (!(0 <= parameter[0] && parameter[0] < parameter[1] &&
				  parameter[1] <= 1))
				return "its parameters must satisfy 0 <= p < q <= 1";
			break;
		case EXTREME_IQR:
		case EXTREME_SIGMA:
		case EXTREME_MAD:
			if (parameter[0] < 0)
				return "its parameter must not be negative";
			break;
		case EXTREME_FIXED:
			if (!(parameter[0] < parameter[1]))
				return "its parameters must satisfy a < b";
			break;
		case EXTREME_JRC:
			if (!(parameter[0] >= 0 && parameter[0] <= JRC_MAX_POINTS &&
				  parameter[0] == floor(parameter[0])))
				return "its first parameter must be a whole number from 0 to " CppAsString2(JRC_MAX_POINTS);
			if (parameter[1] < 0)
				return "its second parameter must not be negative";
			break;
		case EXTREME_NONE:
			break;
	}
	return NULL;
}

void
extreme_method_print(const ExtremeMethod *method, char *text)
{
	method_text_print(forms, method->kind, method->parameter, text);
}

bool
extreme_method_equal(const ExtremeMethod *a, const ExtremeMethod *b)
{
	return a->kind == b->kind &&
		memcmp(a->parameter, b->parameter, sizeof(a->parameter)) == 0;
}

int
extreme_method_quantiles(const ExtremeMethod *method, double *probabilities)
{
	switch (method->kind)
	{
		case EXTREME_PERCENTILE:
			probabilities[0] = method->parameter[0];
			probabilities[1] = method->parameter[1];
			return 2;
		case EXTREME_IQR:
			probabilities[0] = 0.25;
			probabilities[1] = 0.75;
			return 2;
		case EXTREME_MAD:
			probabilities[0] = 0.5;
			return 1;
		default:
			return 0;
	}
}

/* factor * spread, where an infinite spread times 0 is 0. */
static double
margin(double factor, double spread)
{
	return factor == 0 ? 0 : factor * spread;
}

ExtremeBounds
extreme_bounds_from(const ExtremeMethod *method, const double *quantiles,
					const ExactSum *sum, double minimum, double maximum)
{
	double		factor = method->parameter[0];
	ExtremeBounds bounds = {minimum, maximum, false};
	double		center;
	double		width;

	switch (method->kind)
	{
		case EXTREME_NONE:
			return bounds;
		case EXTREME_FIXED:
			bounds.lower = method->parameter[0];
			bounds.upper = method->parameter[1];
			return bounds;
		case EXTREME_PERCENTILE:
		case EXTREME_JRC:
			bounds.lower = quantiles[0];
			bounds.upper = quantiles[1];
			break;
		case EXTREME_IQR:
			width = margin(factor, quantiles[1] - quantiles[0]);
			bounds.lower = quantiles[0] - width;
			bounds.upper = quantiles[1] + width;
			break;
		case EXTREME_SIGMA:
			center = exact_sum_mean(sum);
			width = margin(factor, exact_sum_stddev(sum));
			bounds.lower = center - width;
			bounds.upper = center + width;
			break;
		case EXTREME_MAD:
			width = margin(factor * MAD_CONSISTENCY, quantiles[1]);
			bounds.lower = quantiles[0] - width;
			bounds.upper = quantiles[0] + width;
			break;
	}

	bounds.lower = Max(bounds.lower, minimum);
	bounds.upper = Min(bounds.upper, maximum);
	if (bounds.lower >= bounds.upper && minimum < maximum)
	{
		bounds.lower = minimum;
		bounds.upper = maximum;
		bounds.fell_back = true;
	}
	return bounds;
}

ExtremeBounds
extreme_bounds_of_sample(const ExtremeMethod *method, const double *values,
						 int64 n, double minimum, double maximum,
						 double *scratch)
{
	double		probabilities[2];
	double		quantiles[2];
	int			nquantiles = extreme_method_quantiles(method, probabilities);
	ExactSum	sum;

	for (int i = 0; i < nquantiles; i++)
		quantiles[i] = quantile_of_sample(probabilities[i], values, n, scratch);

	if (method->kind == EXTREME_MAD)
	{
		double	   *deviations = scratch + n;

		for (int64 i = 0; i < n; i++)
		{
			if (i % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			deviations[i] = deviation_from(values[i], quantiles[0]);
		}
		quantiles[1] = quantile_of_sample(0.5, deviations, n, scratch);
	}
	if (method->kind == EXTREME_JRC)
		jrc_bounds_of_sample(method, values, n, scratch, quantiles);
	if (method->kind == EXTREME_SIGMA)
	{
		exact_sum_init(&sum);
		for (int64 i = 0; i < n; i++)
		{
			if (i % 65536 == 0)
				CHECK_FOR_INTERRUPTS();
			exact_sum_add(&sum, values[i]);
		}
	}
	return extreme_bounds_from(method, quantiles, &sum, minimum, maximum);
}
