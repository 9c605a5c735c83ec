/*-------------------------------------------------------------------------
 *
 * discrimination.h
 *	  How well scores tell those who had an event from those who had none.
 *
 *-------------------------------------------------------------------------
 */
#ifndef DISCRIMINATION_H
#define DISCRIMINATION_H

/* Up to here every count and sum is exact in 128 bits. */
#define OUTCOMES_MAX	(INT64CONST(1) << 31)

/* How many firms have a score, and how many of them had the event. */
typedef struct OutcomeStep
{
	double		score;
	int64		firms;
	int64		events;
} OutcomeStep;

typedef struct Discrimination
{
	int64		firms;
	int64		events;
	double		auc;			/* NaN unless there are events and others */
	double		auc_lower;		/* NaN with fewer than two of either */
	double		auc_upper;
	double		ks;				/* NaN as auc */
} Discrimination;

/* A run of steps with one rate. */
typedef struct OutcomeBlock
{
	double		lowest;
	double		highest;
	int64		firms;
	int64		events;
} OutcomeBlock;

/*
 * The distinct scores, ascending, from the sorted keys (see float_key.h) of
 * those with the event and of the others; "steps" has room for one a key.
 */
extern int64 outcome_steps(const uint64 *event, int64 nevents,
						   const uint64 *other, int64 nothers, OutcomeStep *steps);

/*
 * The area under the ROC curve, that is the share of pairs of a firm with the
 * event and one without in which the former has the higher score, ties counting
 * one half; its interval of 95 % after DeLong, DeLong and Clarke-Pearson
 * (Biometrics 44, 1988), within 0 and 1; and the statistic of Kolmogorov and
 * Smirnov, the largest distance between both distributions.
 */
extern void find_discrimination(const OutcomeStep *steps, int64 nsteps,
								Discrimination *found);

/*
 * The rates of events that rise (or fall) with the score and are closest to
 * what was seen, by least squares (pool adjacent violators).  Returns how many
 * blocks there are, ascending by score; "blocks" has room for one a step.
 */
extern int64 pool_violators(const OutcomeStep *steps, int64 nsteps, bool rising,
							OutcomeBlock *blocks);

#endif							/* DISCRIMINATION_H */
