/*-------------------------------------------------------------------------
 *
 * scoring.h
 *	  Scoring rules: how the value of an indicator becomes 0 to 1.
 *
 * minmax is the way of bounds and directions (normalization.h).  percent_rank
 * counts the values of the sample below.  The other rules are tables of points
 * that need no sample: steps, straight lines between points, points for every
 * full unit.
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
	SCORING_PER,
	SCORING_PERCENT_RANK
} ScoringKind;

#define SCORING_SYNTAX \
	"minmax, steps(t1:p1,...), steps_above(t1:p1,...), linear(x1:p1,...), per(unit,points,most), percent_rank"

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

/* A value of the sample, and how many are below it: the data of percent_rank. */
typedef struct RankedValue
{
	double		value;
	int64		below;
} RankedValue;

typedef struct Scoring
{
	ScoringKind kind;
	int			count;
	double		most;			/* the most points that it gives */
	const ScoringPoint *points; /* of "per" one: unit and points */

	/* of percent_rank, once it is fitted */
	bool		descending;		/* less is better */
	int			nranked;
	int64		nvalues;		/* in the sample */
	const RankedValue *ranked;	/* its different values, ascending */
} Scoring;

/* Does a rule give points without a sample? */
static inline bool
scoring_needs_no_fit(ScoringKind kind)
{
	return kind != SCORING_MINMAX && kind != SCORING_PERCENT_RANK;
}

/*
 * As extreme_method_parse: NULL and a rule in memory of its own, or what is
 * wrong.
 */
extern const char *scoring_parse(const char *string, int length, Scoring *scoring);
extern void scoring_print(const Scoring *scoring, StringInfo text);

/* An error that says what is wrong with a text. */
extern void bad_scoring(const char *value, int length, const char *problem);

/*
 * A table of points of these pairs of thresholds and points (and, of
 * "per", the most points); NULL, or what is wrong.
 */
extern const char *scoring_make(ScoringKind kind, int count,
								const double *thresholds, const double *points,
								double most, Scoring *scoring);

/* What a rule other than minmax makes of a value: 0 to 1. */
extern double scoring_value(const Scoring *scoring, double value);

/*
 * The thresholds (or values of the sample) around a value, lower <= value < upper
 * as the rule takes them, NaN where there is none.
 */
extern void scoring_place(const Scoring *scoring, double value,
						  double *lower, double *upper);

/*
 * The values at which steps or units begin, as decimals that a user would
 * write: going up the first one that is in the step of this number, going down
 * the first one that is below it; of units these are the full ones, of
 * percent_rank the values of the sample.  How many there are, in ascending
 * order.
 */
extern int	scoring_stops(const Scoring *scoring);
extern double scoring_stop(const Scoring *scoring, int number, bool up);

#endif							/* SCORING_H */
