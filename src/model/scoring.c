/*-------------------------------------------------------------------------
 *
 * scoring.c
 *	  Scoring rules: steps, straight lines, points for every full unit, ranks.
 *
 * A value reaches a threshold if it is not below it, if both are the same
 * decimal of twelve significant digits, or if it lacks less than 10^-12 of the
 * greatest threshold.  Decimals are those that PostgreSQL prints: the shortest
 * that read back as the same double, rounded half away from zero.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"
#include "utils/builtins.h"

#include "model/scoring.h"
#include "numbers/float_key.h"
#include "support/compat.h"

#define SIGNIFICANT_DIGITS	12

/* Of the greatest threshold. */
#define TOLERANCE			1e-12

/* More units than doubles count exactly are never reached one by one. */
#define MAX_UNITS			1e9

typedef struct ScoringName
{
	const char *name;
	ScoringKind kind;
} ScoringName;

static const ScoringName rules[] =
{
	{"minmax", SCORING_MINMAX},
	{"steps", SCORING_STEPS},
	{"steps_above", SCORING_STEPS_ABOVE},
	{"linear", SCORING_LINEAR},
	{"per", SCORING_PER},
	{"percent_rank", SCORING_PERCENT_RANK}
};

/* ---------------- decimals ---------------- */

/* A number of at most twelve digits times a power of ten, its sign apart. */
typedef struct ShortDecimal
{
	int			sign;
	int			exponent;
	int64		digits;
} ShortDecimal;

static ShortDecimal
short_decimal(double value)
{
	char		digits[DOUBLE_SHORTEST_DECIMAL_LEN];
	ShortDecimal result = {value < 0 ? -1 : value > 0, 0, 0};
	int			count = 0;
	bool		fraction = false;
	const char *at = digits;
	int64		limit = 1;

	if (value == 0)
		return result;
	double_to_shortest_decimal_buf(fabs(value), digits);
	for (; *at != '\0' && *at != 'e'; at++)
	{
		if (*at == '.')
		{
			fraction = true;
			continue;
		}
		if (fraction)
			result.exponent--;
		if (count > 0 || *at != '0')
			count++;

		/* One digit more than are kept decides about rounding. */
		if (count <= SIGNIFICANT_DIGITS)
			result.digits = 10 * result.digits + (*at - '0');
		else
		{
			result.exponent++;
			if (count == SIGNIFICANT_DIGITS + 1 && *at >= '5')
				result.digits++;
		}
	}
	if (*at == 'e')
		result.exponent += atoi(at + 1);

	/* Always twelve digits, so that equal numbers are written alike. */
	for (int i = 0; i < SIGNIFICANT_DIGITS; i++)
		limit *= 10;
	if (result.digits == limit)
	{
		result.digits /= 10;
		result.exponent++;
	}
	while (result.digits < limit / 10)
	{
		result.digits *= 10;
		result.exponent--;
	}
	return result;
}

/* Negative, 0 or positive as "a" is less than, equal to or greater than "b". */
static int
compare_decimals(double a, double b)
{
	ShortDecimal x = short_decimal(a);
	ShortDecimal y = short_decimal(b);

	if (x.sign != y.sign)
		return x.sign - y.sign;
	if (x.exponent != y.exponent)
		return x.exponent < y.exponent ? -x.sign : x.sign;
	return x.digits == y.digits ? 0 : x.digits < y.digits ? -x.sign : x.sign;
}

static bool
reaches(double value, double threshold, double greatest)
{
	return value >= threshold || threshold - value < TOLERANCE * greatest ||
		compare_decimals(value, threshold) >= 0;
}

static bool
is_beyond(double value, double threshold, double greatest)
{
	return value > threshold && !(value - threshold < TOLERANCE * greatest) &&
		compare_decimals(value, threshold) > 0;
}

/*
 * The least double that passes a test which a threshold decides, by halving the
 * doubles between one that fails and one that passes.
 */
static double
least_that(bool (*passes) (double value, double threshold, double greatest),
		   double threshold, double greatest)
{
	double		width = Max(fabs(threshold), greatest) * 1e-10;
	uint64		low = float_key(threshold - width);
	uint64		high = float_key(threshold + width);

	while (high - low > 1)
	{
		uint64		middle = low + (high - low) / 2;

		if (passes(key_float(middle), threshold, greatest))
			high = middle;
		else
			low = middle;
	}
	return key_float(high) + 0.0;
}

/* ---------------- making ---------------- */

/* What a threshold needs beside its points. */
static void
complete_point(ScoringPoint *point, double threshold, double points,
			   double greatest)
{
	point->threshold = threshold;
	point->points = points;

	/* Nothing is near to a threshold of 0 that is the only one. */
	point->reach = greatest == 0 ? 0 : least_that(reaches, threshold, greatest);
	point->beyond = greatest == 0 ? key_float(float_key(0.0) + 1) :
		least_that(is_beyond, threshold, greatest);
}

static const char *
make_per(double unit, double points, double most, Scoring *scoring)
{
	ScoringPoint *point = palloc0(sizeof(ScoringPoint));

	if (!(unit > 0 && points > 0 && most > 0))
		return "unit, points and most must be above zero";
	if (most / points > MAX_UNITS)
		return "more than 1000000000 units are needed for the most points";
	point->threshold = unit;
	point->points = points;
	scoring->kind = SCORING_PER;
	scoring->count = 1;
	scoring->most = most;
	scoring->points = point;
	return NULL;
}

const char *
scoring_make(ScoringKind kind, int count, const double *thresholds,
			 const double *points, double most, Scoring *scoring)
{
	ScoringPoint *made;
	double		greatest = 0;

	if (kind == SCORING_PER)
		return make_per(thresholds[0], points[0], most, scoring);

	scoring->kind = kind;
	scoring->count = count;
	scoring->most = 0;
	for (int i = 0; i < count; i++)
	{
		if (i > 0 && !(thresholds[i - 1] < thresholds[i]))
			return "its thresholds do not ascend";
		if (points[i] < 0)
			return "its points must not be negative";
		greatest = Max(greatest, fabs(thresholds[i]));
		scoring->most = Max(scoring->most, points[i]);
	}
	if (greatest > 1e300)
		return "its thresholds must lie between -1e300 and 1e300";
	if (!(scoring->most > 0))
		return "it gives no points";
	scoring->points = made = palloc0(count * sizeof(ScoringPoint));
	for (int i = 0; i < count; i++)
		complete_point(&made[i], thresholds[i], points[i], greatest);
	return NULL;
}

/* ---------------- text ---------------- */

typedef struct Reader
{
	const char *at;
	const char *end;
} Reader;

static void
skip_blanks(Reader *reader)
{
	while (reader->at < reader->end && strchr(" \t\n\r", *reader->at) != NULL)
		reader->at++;
}

/* A character behind blanks, if it is the next one. */
static bool
take(Reader *reader, char wanted)
{
	skip_blanks(reader);
	if (reader->at == reader->end || *reader->at != wanted)
		return false;
	reader->at++;
	return true;
}

static bool
take_number(Reader *reader, double *number)
{
	char		buffer[64];
	size_t		length = 0;
	char	   *stop;

	skip_blanks(reader);
	while (reader->at + length < reader->end && length < sizeof(buffer) - 1 &&
		   strchr("0123456789+-.eE", reader->at[length]) != NULL)
	{
		buffer[length] = reader->at[length];
		length++;
	}
	buffer[length] = '\0';
	*number = strtod(buffer, &stop) + 0.0;
	reader->at += length;
	return length > 0 && stop == buffer + length && isfinite(*number);
}

static bool
take_name(Reader *reader, ScoringKind *kind)
{
	const char *name;
	size_t		length;

	skip_blanks(reader);
	name = reader->at;
	while (reader->at < reader->end &&
		   ((*reader->at >= 'a' && *reader->at <= 'z') || *reader->at == '_'))
		reader->at++;
	length = reader->at - name;
	for (int i = 0; i < (int) lengthof(rules); i++)
		if (strlen(rules[i].name) == length &&
			memcmp(rules[i].name, name, length) == 0)
		{
			*kind = rules[i].kind;
			return true;
		}
	return false;
}

const char *
scoring_parse(const char *string, int length, Scoring *scoring)
{
	Reader		reader = {string, string + length};
	double		thresholds[SCORING_MAX_POINTS];
	double		points[SCORING_MAX_POINTS];
	double		most = 0;
	int			count = 0;

	memset(scoring, 0, sizeof(*scoring));
	if (memchr(string, '\0', length) != NULL)
		return "it contains a zero byte";
	if (!take_name(&reader, &scoring->kind))
		return "its name is not known";
	if (scoring_needs_no_fit(scoring->kind))
	{
		if (!take(&reader, '('))
			return "it has no parameters";
		do
		{
			if (count == (scoring->kind == SCORING_PER ? 1 : SCORING_MAX_POINTS))
				return "it has too many parameters";
			if (!take_number(&reader, &thresholds[count]))
				return "a parameter is not a finite number";
			if (!take(&reader, scoring->kind == SCORING_PER ? ',' : ':'))
				return scoring->kind == SCORING_PER ? "it has too few parameters" :
					"a threshold has no points (threshold:points)";
			if (!take_number(&reader, &points[count++]))
				return "a parameter is not a finite number";
			if (scoring->kind != SCORING_PER)
				continue;
			if (!take(&reader, ','))
				return "it has too few parameters";
			if (!take_number(&reader, &most))
				return "a parameter is not a finite number";
		} while (take(&reader, ','));
		if (!take(&reader, ')'))
			return "its parameter list is not closed";
	}
	skip_blanks(&reader);
	if (reader.at != reader.end)
		return "there is something behind its end";
	if (!scoring_needs_no_fit(scoring->kind))
		return NULL;
	return scoring_make(scoring->kind, count, thresholds, points, most, scoring);
}

static void
print_number(StringInfo text, double number)
{
	char		buffer[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(number, buffer);
	appendStringInfoString(text, buffer);
}

void
scoring_print(const Scoring *scoring, StringInfo text)
{
	appendStringInfoString(text, rules[scoring->kind].name);
	for (int i = 0; i < scoring->count; i++)
	{
		appendStringInfoChar(text, i == 0 ? '(' : ',');
		print_number(text, scoring->points[i].threshold);
		appendStringInfoChar(text, scoring->kind == SCORING_PER ? ',' : ':');
		print_number(text, scoring->points[i].points);
	}
	if (scoring->kind == SCORING_PER)
	{
		appendStringInfoChar(text, ',');
		print_number(text, scoring->most);
	}
	if (scoring->count > 0)
		appendStringInfoChar(text, ')');
}

void
bad_scoring(const char *value, int length, const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid scoring rule \"%.*s\"", length, value),
			 errdetail("The rule is not valid: %s.", problem),
			 errhint("Scoring rules are %s.", SCORING_SYNTAX)));
}

PG_FUNCTION_INFO_V1(valid_scoring);
/*
 * valid_scoring(text) → boolean, for CHECK constraints: true, or an error that
 * says what is wrong and what is allowed.
 */
Datum
valid_scoring(PG_FUNCTION_ARGS)
{
	const text *argument = PG_GETARG_TEXT_PP(0);
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Scoring		scoring;
	const char *problem = scoring_parse(value, length, &scoring);

	if (problem != NULL)
		bad_scoring(value, length, problem);
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(scoring_points);
/*
 * _innovation_score.scoring_points(text) → float8: the most points of a rule,
 * NULL for minmax and percent_rank
 */
Datum
scoring_points(PG_FUNCTION_ARGS)
{
	const text *argument = PG_GETARG_TEXT_PP(0);
	const char *value = VARDATA_ANY(argument);
	int			length = VARSIZE_ANY_EXHDR(argument);
	Scoring		scoring;
	const char *problem = scoring_parse(value, length, &scoring);

	if (problem != NULL)
		bad_scoring(value, length, problem);
	if (!scoring_needs_no_fit(scoring.kind))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(scoring.most);
}

/* ---------------- values ---------------- */

/* The last threshold that a value reaches, or has beyond it; -1: none. */
static int
step_of(const Scoring *scoring, double value)
{
	int			step = scoring->count - 1;

	while (step >= 0 && value < (scoring->kind == SCORING_STEPS_ABOVE ?
								 scoring->points[step].beyond :
								 scoring->points[step].reach))
		step--;
	return step;
}

/* The units after which there are no more points. */
static double
units_needed(const Scoring *scoring)
{
	return ceil(scoring->most / scoring->points[0].points * (1 - TOLERANCE));
}

static double
full_units(const Scoring *scoring, double value)
{
	double		unit = scoring->points[0].threshold;
	double		needed = units_needed(scoring);
	double		quotient = value / unit;
	double		units = floor(quotient);

	if (!(quotient < needed))
		return needed;
	if (quotient < -1)
		return 0;

	/* Few values are so near to the next whole number that it counts. */
	if (units + 1 - quotient < 1e-10 * needed &&
		reaches(value, (units + 1) * unit, needed * unit))
		units++;
	return Max(units, 0);
}

static double
linear_points(const Scoring *scoring, double value)
{
	const ScoringPoint *points = scoring->points;
	int			step = step_of(scoring, value);

	if (step < 0)
		return points[0].points;
	if (step == scoring->count - 1 || value < points[step].beyond)
		return points[step].points;

	/* Halves, since the distance of thresholds may have no double. */
	return points[step].points +
		(points[step + 1].points - points[step].points) *
		((value / 2 - points[step].threshold / 2) /
		 (points[step + 1].threshold / 2 - points[step].threshold / 2));
}

/* How many different values of the sample are below this one, or equal to it. */
static int
ranked_before(const Scoring *scoring, double value, bool equal)
{
	int			low = 0;
	int			high = scoring->nranked;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		double		ranked = scoring->ranked[middle].value;

		if (ranked < value || (equal && ranked == value))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many values of the sample there are before the one of this place. */
static int64
values_before(const Scoring *scoring, int place)
{
	return place == scoring->nranked ? scoring->nvalues : scoring->ranked[place].below;
}

/*
 * The share of the other values that are worse.  A value that is not in the
 * sample may have all of them below; a value that has no others has none.
 */
static double
percent_rank(const Scoring *scoring, double value)
{
	int64		others = scoring->nvalues - 1;
	int64		worse = scoring->descending ?
	scoring->nvalues - values_before(scoring, ranked_before(scoring, value, true)) :
	values_before(scoring, ranked_before(scoring, value, false));

	return others < 1 ? 0 : (double) Min(worse, others) / (double) others;
}

double
scoring_value(const Scoring *scoring, double value)
{
	double		points;

	switch (scoring->kind)
	{
		case SCORING_PERCENT_RANK:
			return percent_rank(scoring, value);
		case SCORING_PER:
			points = full_units(scoring, value) * scoring->points[0].points;
			return Min(points, scoring->most) / scoring->most;
		case SCORING_LINEAR:
			points = linear_points(scoring, value);
			break;
		default:
			{
				int			step = step_of(scoring, value);

				points = step < 0 ? 0 : scoring->points[step].points;
			}
	}
	return points / scoring->most;
}

/* The double next to the decimal of twelve digits that a value is. */
static double
as_decimal(double value)
{
	ShortDecimal decimal = short_decimal(value);
	char text[	64];

	snprintf(text, sizeof(text), INT64_FORMAT "e%d",
			 decimal.sign * decimal.digits, decimal.exponent);
	return strtod(text, NULL);
}

void
scoring_place(const Scoring *scoring, double value, double *lower, double *upper)
{
	*lower = *upper = NAN;
	if (scoring->kind == SCORING_PERCENT_RANK)
	{
		int			next = ranked_before(scoring, value, true);

		if (next > 0)
			*lower = scoring->ranked[next - 1].value;
		if (next < scoring->nranked)
			*upper = scoring->ranked[next].value;
	}
	else if (scoring->kind == SCORING_PER)
	{
		double		units = full_units(scoring, value);

		if (units > 0)
			*lower = as_decimal(units * scoring->points[0].threshold);
		if (units < units_needed(scoring))
			*upper = as_decimal((units + 1) * scoring->points[0].threshold);
	}
	else
	{
		int			step = step_of(scoring, value);

		if (step >= 0)
			*lower = scoring->points[step].threshold;
		if (step + 1 < scoring->count)
			*upper = scoring->points[step + 1].threshold;
	}
}

int
scoring_stops(const Scoring *scoring)
{
	return scoring->kind == SCORING_PER ? (int) units_needed(scoring) + 1 :
		scoring->kind == SCORING_PERCENT_RANK ? scoring->nranked : scoring->count;
}

double
scoring_stop(const Scoring *scoring, int number, bool up)
{
	const ScoringPoint *points = scoring->points;
	double		threshold;
	double		greatest;
	double		distance;

	if (scoring->kind == SCORING_PERCENT_RANK)
		return scoring->ranked[number].value;
	if (scoring->kind == SCORING_PER)
		return number == 0 ? 0 : as_decimal(number * points[0].threshold);
	threshold = points[number].threshold;
	if (up == (scoring->kind == SCORING_STEPS))
		return threshold;

	/* Beside the threshold, farther away than what counts as equal to it. */
	greatest = Max(fabs(points[0].threshold),
				   fabs(points[scoring->count - 1].threshold));
	distance = greatest == 0 ? TOLERANCE :
		pow(10, floor(log10(greatest)) - (SIGNIFICANT_DIGITS - 2));
	return as_decimal(up ? threshold + distance : threshold - distance);
}
