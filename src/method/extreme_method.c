/*-------------------------------------------------------------------------
 *
 * extreme_method.c
 *	  Extreme-value methods: their grammar and the bounds that they give.
 *
 * Sources of the methods: quantiles by linear interpolation are type 7 of
 * Hyndman & Fan (1996), "Sample Quantiles in Statistical Packages"; fences at
 * k interquartile ranges, and the most extreme values inside them (the whiskers
 * of a box plot), are Tukey's (1977), "Exploratory Data Analysis"; the factor
 * 1.4826 makes the median absolute deviation estimate the standard deviation of
 * a normal distribution (Rousseeuw & Croux 1993); for jrc see jrc.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <math.h>

#include "method/extreme_method.h"

#define MAD_CONSISTENCY		1.4826

/* Kind of "jrc" without parameters, and what they are then. */
#define JRC_BY_DEFAULT		EXTREME_KINDS

static const double jrc_defaults[METHOD_MAX_ARGUMENTS] = {5, 2, 3.5};

const ExtremeMethod extreme_method_none = {1, false, false, {{EXTREME_NONE, SIDE_BOTH, {0}}, {0, 0, {0}}}};

static const MethodForm forms[] = {
	{"none", EXTREME_NONE, 0, false, NULL},
	{"percentile", EXTREME_PERCENTILE, 2, true, NULL},
	{"iqr", EXTREME_IQR, 1, false, NULL},
	{"iqr", EXTREME_INSIDE, 1, false, "inside"},
	{"sigma", EXTREME_SIGMA, 1, false, NULL},
	{"zscore", EXTREME_ZSCORE, 1, false, NULL},
	{"mad", EXTREME_MAD, 1, false, NULL},
	{"fixed", EXTREME_FIXED, 2, true, NULL},
	{"jrc", EXTREME_JRC, 3, false, NULL},
	{"jrc", JRC_BY_DEFAULT, 0, false, NULL},
	{NULL, 0, 0, false, NULL}
};

/* ---------------- one kind each ---------------- */

/*
 * What a kind of method does; NULL where it has nothing to do.  "sides" are
 * those that are wanted of a part.
 */
typedef struct ExtremeCallbacks
{
	int			needs;
	bool		beyond;			/* may its bounds lie beyond the sample? */
	ExtremeStep last_step;

	/* What is wrong with the parameters, or NULL. */
	const char *(*check) (const ExtremePart *part);
	int			(*quantiles) (const ExtremePart *part, int sides,
							  double *probabilities);

	/* What the last step is about, where that is not the first. */
	void		(*about) (const ExtremePart *part, const double *quantile,
						  double about[2]);

	/* Lower and upper; "quantile" begins with the part's own ones. */
	void		(*limits) (const ExtremePart *part, int sides,
						   const ExtremeFindings *findings,
						   const double *quantile, double limits[2]);
} ExtremeCallbacks;

/* factor * spread, where an infinite spread times 0 is 0. */
static double
margin(double factor, double spread)
{
	return factor == 0 ? 0 : factor * spread;
}

static const char *
check_factor(const ExtremePart *part)
{
	return part->parameter[0] < 0 ? "its parameter must not be negative" : NULL;
}

static const char *
check_percentile(const ExtremePart *part)
{
	double		p = part->sides & SIDE_LOWER ? part->parameter[0] : -1;
	double		q = part->sides & SIDE_UPPER ? part->parameter[1] : 2;

	if (part->sides == SIDE_BOTH)
		return 0 <= p && p < q && q <= 1 ? NULL :
			"its parameters must satisfy 0 <= p < q <= 1";
	return (p == -1 || (0 <= p && p <= 1)) && (q == 2 || (0 <= q && q <= 1)) ? NULL :
		"its parameter must be between 0 and 1";
}

static int
percentile_quantiles(const ExtremePart *part, int sides, double *probabilities)
{
	int			count = 0;

	if (sides & SIDE_LOWER)
		probabilities[count++] = part->parameter[0];
	if (sides & SIDE_UPPER)
		probabilities[count++] = part->parameter[1];
	return count;
}

static void
percentile_limits(const ExtremePart *part pg_attribute_unused(), int sides,
				  const ExtremeFindings *findings pg_attribute_unused(),
				  const double *quantile, double limits[2])
{
	if (sides & SIDE_LOWER)
		limits[0] = *quantile++;
	if (sides & SIDE_UPPER)
		limits[1] = *quantile;
}

static int
quartiles(const ExtremePart *part pg_attribute_unused(),
		  int sides pg_attribute_unused(), double *probabilities)
{
	probabilities[0] = 0.25;
	probabilities[1] = 0.75;
	return 2;
}

static void
fences(const ExtremePart *part, const double *quantile, double about[2])
{
	double		width = margin(part->parameter[0], quantile[1] - quantile[0]);

	about[0] = Max(quantile[0] - width, -DBL_MAX);
	about[1] = Min(quantile[1] + width, DBL_MAX);
}

/*
 * Those that values are held against: a value that lies on a fence as a decimal
 * is inside, whatever the last bits of the quantiles are.
 */
static void
inclusive_fences(const ExtremePart *part, const double *quantile, double about[2])
{
	double		scale;

	fences(part, quantile, about);
	scale = Max(Max(fabs(about[0]), fabs(about[1])),
				Max(fabs(quantile[0]), fabs(quantile[1])));
	about[0] = Max(about[0] - 1e-12 * scale, -DBL_MAX);
	about[1] = Min(about[1] + 1e-12 * scale, DBL_MAX);
}

static void
iqr_limits(const ExtremePart *part, int sides pg_attribute_unused(),
		   const ExtremeFindings *findings pg_attribute_unused(),
		   const double *quantile, double limits[2])
{
	fences(part, quantile, limits);
}

static void
inside_limits(const ExtremePart *part pg_attribute_unused(),
			  int sides pg_attribute_unused(), const ExtremeFindings *findings,
			  const double *quantile pg_attribute_unused(), double limits[2])
{
	limits[0] = findings->second[0];
	limits[1] = findings->second[1];
}

static void
sigma_limits(const ExtremePart *part, int sides pg_attribute_unused(),
			 const ExtremeFindings *findings,
			 const double *quantile pg_attribute_unused(), double limits[2])
{
	double		center = exact_sum_mean(findings->sum);
	double		width = margin(part->parameter[0], exact_sum_stddev(findings->sum));

	limits[0] = Max(center - width, -DBL_MAX);
	limits[1] = Min(center + width, DBL_MAX);
}

static int
median(const ExtremePart *part pg_attribute_unused(),
	   int sides pg_attribute_unused(), double *probabilities)
{
	probabilities[0] = 0.5;
	return 1;
}

static void
mad_about(const ExtremePart *part pg_attribute_unused(), const double *quantile,
		  double about[2])
{
	about[0] = quantile[0];
}

static void
mad_limits(const ExtremePart *part, int sides pg_attribute_unused(),
		   const ExtremeFindings *findings, const double *quantile,
		   double limits[2])
{
	double		width = margin(part->parameter[0] * MAD_CONSISTENCY,
							   findings->second[0]);

	limits[0] = quantile[0] - width;
	limits[1] = quantile[0] + width;
}

static const char *
check_jrc(const ExtremePart *part)
{
	const double *parameter = part->parameter;

	if (!(parameter[0] >= 0 && parameter[0] <= JRC_MAX_POINTS &&
		  parameter[0] == floor(parameter[0])))
		return "its first parameter must be a whole number from 0 to " CppAsString2(JRC_MAX_POINTS);
	return parameter[1] < 0 ? "its second parameter must not be negative" : NULL;
}

static void
jrc_limits(const ExtremePart *part, int sides pg_attribute_unused(),
		   const ExtremeFindings *findings,
		   const double *quantile pg_attribute_unused(), double limits[2])
{
	jrc_bounds(part->parameter, findings->moments, findings->lowest,
			   findings->highest, findings->nends, limits);
}

static const ExtremeCallbacks callbacks[EXTREME_KINDS] = {
	[EXTREME_NONE] = {0, false, STEP_QUANTILES, NULL, NULL, NULL, NULL},
	[EXTREME_PERCENTILE] = {NEEDS_VALUES, false, STEP_QUANTILES,
	check_percentile, percentile_quantiles, NULL, percentile_limits},
	[EXTREME_IQR] = {NEEDS_VALUES, false, STEP_QUANTILES,
	check_factor, quartiles, NULL, iqr_limits},
	[EXTREME_SIGMA] = {NEEDS_SUMS, false, STEP_QUANTILES,
	check_factor, NULL, NULL, sigma_limits},
	[EXTREME_MAD] = {NEEDS_VALUES, false, STEP_DEVIATIONS,
	check_factor, median, mad_about, mad_limits},
	[EXTREME_FIXED] = {0, true, STEP_QUANTILES, NULL, NULL, NULL, NULL},
	[EXTREME_JRC] = {NEEDS_MOMENTS | NEEDS_VALUES, false, STEP_QUANTILES,
	check_jrc, NULL, NULL, jrc_limits},
	[EXTREME_INSIDE] = {NEEDS_VALUES, false, STEP_INSIDE,
	check_factor, quartiles, inclusive_fences, inside_limits},
	[EXTREME_ZSCORE] = {NEEDS_SUMS, true, STEP_QUANTILES,
	check_factor, NULL, NULL, sigma_limits},
};

/* ---------------- grammar ---------------- */

/* Parse one part, and what is behind it up to the next. */
static const char *
parse_part(const char **at, const char *end, ExtremePart *part)
{
	const char *problem;
	int			kind;

	problem = method_text_scan(at, end, forms, &kind, part->parameter);
	if (problem != NULL)
		return problem;
	part->sides = SIDE_BOTH;
	if (kind == JRC_BY_DEFAULT)
	{
		kind = EXTREME_JRC;
		memcpy(part->parameter, jrc_defaults, sizeof(jrc_defaults));
	}
	part->kind = kind;
	for (int i = 0; i < 2; i++)
		if (isnan(part->parameter[i]))
		{
			part->parameter[i] = 0;
			part->sides &= i == 0 ? ~SIDE_LOWER : ~SIDE_UPPER;
		}
	if (part->sides == 0)
		return "both of its parameters are left out";
	return callbacks[kind].check == NULL ? NULL : callbacks[kind].check(part);
}

/* Take a word and the blanks behind it; false if it is another one. */
static bool
take_word(const char **at, const char *end, const char *word)
{
	const char *rest = *at + strlen(word);

	if (rest > end || memcmp(*at, word, strlen(word)) != 0 ||
		(rest < end && !isspace((unsigned char) *rest)))
		return false;
	while (rest < end && isspace((unsigned char) *rest))
		rest++;
	*at = rest;
	return true;
}

/* The rest of the text, which says what values the method looks at. */
static bool
parse_looks_at(const char *at, const char *end, ExtremeMethod *method)
{
	if (!take_word(&at, end, "of"))
		return false;
	method->transformed = take_word(&at, end, "transformed");
	method->nonzero = take_word(&at, end, "nonzero");
	return at == end && (method->transformed || method->nonzero);
}

const char *
extreme_method_parse(const char *input, int length, ExtremeMethod *method)
{
	const char *at = input;
	const char *end = input + length;
	const char *problem;
	int			sides = 0;
	double		lower;
	double		upper;

	if (memchr(input, '\0', length) != NULL)
		return "it contains a zero byte";
	memset(method, 0, sizeof(*method));
	for (;;)
	{
		ExtremePart *part = &method->part[method->nparts];

		problem = parse_part(&at, end, part);
		if (problem != NULL)
			return problem;
		if ((part->sides & ~sides) == 0)
			return "its second part gives no side that the first leaves open";
		sides |= part->sides;
		method->nparts++;
		if (at == end || *at != '+')
			break;
		if (sides == SIDE_BOTH)
			return "no side is left open for what follows its \"+\"";
		at++;
	}
	if (at != end && !parse_looks_at(at, end, method))
		return "there is something behind its end";
	if (extreme_method_fixed(method, &lower, &upper) && !(lower < upper))
		return "its parameters must satisfy a < b";
	return NULL;
}

void
extreme_method_print(const ExtremeMethod *method, char *output)
{
	for (int i = 0; i < method->nparts; i++)
	{
		const ExtremePart *part = &method->part[i];
		double		parameter[METHOD_MAX_ARGUMENTS];

		memcpy(parameter, part->parameter, sizeof(parameter));
		if (!(part->sides & SIDE_LOWER))
			parameter[0] = NAN;
		if (!(part->sides & SIDE_UPPER))
			parameter[1] = NAN;
		if (i > 0)
			output = strcpy(output, " + ") + strlen(" + ");
		method_text_print(forms, part->kind, parameter, output);
		output += strlen(output);
	}
	if (method->transformed || method->nonzero)
		sprintf(output, " of%s%s", method->transformed ? " transformed" : "",
				method->nonzero ? " nonzero" : "");
}

/* A method has no bytes that it does not use. */
bool
extreme_method_equal(const ExtremeMethod *a, const ExtremeMethod *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* ---------------- what a method needs ---------------- */

/* The sides that a part gives: of what it says, what no part before it does. */
static int
wanted_sides(const ExtremeMethod *method, int part)
{
	return method->part[part].sides & ~(part == 0 ? 0 : method->part[0].sides);
}

int
extreme_method_needs(const ExtremeMethod *method)
{
	int			needs = 0;

	for (int i = 0; i < method->nparts; i++)
		needs |= callbacks[method->part[i].kind].needs;
	return needs;
}

int
extreme_method_scratch(const ExtremeMethod *method)
{
	return 1 + (method->nonzero || method->transformed) +
		(extreme_method_last_step(method) == STEP_DEVIATIONS);
}

int
extreme_method_ends(const ExtremeMethod *method)
{
	const ExtremePart *last = &method->part[method->nparts - 1];

	return (int) last->parameter[0] + 1;
}

bool
extreme_method_fixed(const ExtremeMethod *method, double *lower, double *upper)
{
	double		limits[2] = {-INFINITY, INFINITY};

	for (int i = 0; i < method->nparts; i++)
		for (int side = 0; side < 2; side++)
			if (method->part[i].kind == EXTREME_FIXED && (wanted_sides(method, i) & (1 << side)))
				limits[side] = method->part[i].parameter[side];
	*lower = limits[0];
	*upper = limits[1];
	return isfinite(*lower) && isfinite(*upper);
}

int
extreme_method_quantiles(const ExtremeMethod *method,
						 double probabilities[EXTREME_MAX_QUANTILES])
{
	int			count = 0;

	for (int i = 0; i < method->nparts; i++)
	{
		const ExtremePart *part = &method->part[i];

		if (callbacks[part->kind].quantiles != NULL)
			count += callbacks[part->kind].quantiles(part, wanted_sides(method, i),
													 probabilities + count);
	}
	return count;
}

/* The part with a second step is the last one: it gives both sides. */
ExtremeStep
extreme_method_last_step(const ExtremeMethod *method)
{
	return callbacks[method->part[method->nparts - 1].kind].last_step;
}

ExtremeStep
extreme_method_next(const ExtremeMethod *method, const double *quantile,
					double about[2])
{
	const ExtremePart *last = &method->part[method->nparts - 1];
	ExtremeStep step = callbacks[last->kind].last_step;
	double		unused[EXTREME_MAX_QUANTILES];

	about[0] = about[1] = 0;
	if (step != STEP_QUANTILES)
	{
		int			own = callbacks[last->kind].quantiles(last, SIDE_BOTH, unused);

		callbacks[last->kind].about(last, quantile +
									extreme_method_quantiles(method, unused) - own,
									about);
	}
	return step;
}

/* ---------------- bounds ---------------- */

/* A bound that is not fixed gives way to one that is. */
static void
yield_to_fixed(ExtremeBounds *bounds, double fixed_lower)
{
	if (bounds->lower <= bounds->upper)
		return;
	if (isfinite(fixed_lower))
		bounds->upper = bounds->lower;
	else
		bounds->lower = bounds->upper;
}

/*
 * A bound of transformed values as a value: the very one that it was made of, if
 * that is one of those that are known.
 */
static double
bound_as_value(const Transform *transform, double bound, const double *known, int nknown)
{
	if (transform == NULL)
		return bound;
	for (int i = 0; i < nknown; i++)
		if (isfinite(known[i]) && transform_value(transform, known[i]) == bound)
			return known[i];
	return transform_inverse(transform, bound);
}

ExtremeBounds
extreme_method_bounds(const ExtremeMethod *method, const ExtremeFindings *findings)
{
	const Transform *transform = findings->transform;
	const double *quantile = findings->quantile;
	ExtremeBounds ends = {findings->minimum, findings->maximum, false};
	ExtremeBounds bounds;
	bool		from_zero = method->nonzero && findings->minimum >= 0 && findings->limit < 0;
	double		known[5] = {findings->minimum, findings->maximum, 0};
	double		lowest;

	extreme_method_fixed(method, &known[3], &known[4]);
	if (method->nonzero && (findings->n == 0 || from_zero))
		ends.lower = 0;
	if (isfinite(known[3]))
		ends.lower = known[3];
	if (isfinite(known[4]))
		ends.upper = known[4];
	lowest = ends.lower;
	ends.lower = value_looked_at(transform, ends.lower);
	ends.upper = value_looked_at(transform, ends.upper);
	bounds = ends;
	for (int i = 0; i < method->nparts && findings->n > 0; i++)
	{
		const ExtremePart *part = &method->part[i];
		const ExtremeCallbacks *kind = &callbacks[part->kind];
		int			sides = wanted_sides(method, i);
		double		unused[EXTREME_MAX_QUANTILES];
		double		limits[2];

		if (kind->limits == NULL)
			continue;
		kind->limits(part, sides, findings, quantile, limits);
		if (kind->quantiles != NULL)
			quantile += kind->quantiles(part, sides, unused);
		if (sides & SIDE_LOWER)
			bounds.lower = kind->beyond ? limits[0] : Max(limits[0], ends.lower);
		if (sides & SIDE_UPPER)
			bounds.upper = kind->beyond ? limits[1] : Min(limits[1], ends.upper);
	}

	/* Counted from zero, whatever the lowest of the others is. */
	if (from_zero && !isfinite(known[3]))
		bounds.lower = ends.lower;
	if (transform == NULL && !(bounds.lower > findings->limit))
		bounds.lower = ends.lower;

	if (bounds.lower >= bounds.upper && ends.lower < ends.upper)
	{
		bounds = ends;
		bounds.fell_back = true;
	}
	yield_to_fixed(&bounds, known[3]);
	bounds.lower = bound_as_value(transform, bounds.lower, known, lengthof(known));
	bounds.upper = bound_as_value(transform, bounds.upper, known, lengthof(known));

	/* An inverse may end where its transform is not defined. */
	if (transform != NULL && !(bounds.lower > findings->limit))
		bounds.lower = lowest;
	return bounds;
}
