/*-------------------------------------------------------------------------
 *
 * scoring.h
 *	  Scoring rules: how the value of an indicator becomes 0 to 1.
 *
 * minmax is the way of bounds and directions (normalization.h).  The other
 * rules are tables of points that need no sample: steps, straight lines between
 * points, points for every full unit.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SCORING_H
#define SCORING_H

#include "fmgr.h"
#include "lib/stringinfo.h"

typedef enum ScoringKind
{
	SCORING_MINMAX,
	SCORING_STEPS,
	SCORING_STEPS_ABOVE,
	SCORING_LINEAR,
	SCORING_PER
} ScoringKind;

#define SCORING_SYNTAX \
	"minmax, steps(t1:p1,...), steps_above(t1:p1,...), linear(x1:p1,...), per(unit,points,most)"

#define SCORING_MAX_POINTS	100

/*
 * A threshold and the points that it gives.  Thresholds are decimals, so that
 * values which a computation left next to one count as equal to it: they lie
 * between the least double that reaches it and the least that is beyond.
 */
typedef struct ScoringPoint
{
	double		threshold;
	double		points;
	double		reach;
	double		beyond;
} ScoringPoint;

typedef struct Scoring
{
	ScoringKind kind;
	int			count;
	double		most;			/* the most points that it gives */
	const ScoringPoint *points; /* of "per" one: unit and points */
} Scoring;

/*
 * As extreme_method_parse: NULL and a rule in memory of its own, or what is
 * wrong.
 */
extern const char *scoring_parse(const char *string, int length, Scoring *scoring);
extern void scoring_print(const Scoring *scoring, StringInfo text);

/* An error that says what is wrong with a text. */
extern void bad_scoring(const char *value, int length, const char *problem);

/*
 * A rule other than minmax of these pairs of thresholds and points (and, of
 * "per", the most points); NULL, or what is wrong.
 */
extern const char *scoring_make(ScoringKind kind, int count,
								const double *thresholds, const double *points,
								double most, Scoring *scoring);

/* What a rule other than minmax makes of a value: 0 to 1. */
extern double scoring_value(const Scoring *scoring, double value);

/*
 * The thresholds around a value, lower <= value < upper as the rule takes them,
 * NaN where there is none.
 */
extern void scoring_place(const Scoring *scoring, double value,
						  double *lower, double *upper);

/*
 * The values at which steps or units begin, as decimals that a user would
 * write: going up the first one that is in the step of this number, going down
 * the first one that is below it; of units these are the full ones.  How many
 * there are, in ascending order.
 */
extern int	scoring_stops(const Scoring *scoring);
extern double scoring_stop(const Scoring *scoring, int number, bool up);

#endif							/* SCORING_H */
