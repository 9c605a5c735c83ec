/*-------------------------------------------------------------------------
 *
 * discrimination.c
 *	  How well scores tell those who had an event from those who had none.
 *
 * Everything is counted in integers; rounding begins with the last division, so
 * that no order of rows can show.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "support/compat.h"
#include "numbers/float_key.h"
#include "validate/discrimination.h"

/* The 97.5 % quantile of the normal distribution. */
#define NORMAL_QUANTILE	1.959963984540054

int64
outcome_steps(const uint64 *event, int64 nevents,
			  const uint64 *other, int64 nothers, OutcomeStep *steps)
{
	int64		n = 0;
	int64		i = 0;
	int64		j = 0;

	while (i < nevents || j < nothers)
	{
		uint64		key = i == nevents ? other[j] :
		j == nothers ? event[i] : Min(event[i], other[j]);
		int64		first_event = i;
		int64		first_other = j;

		while (i < nevents && event[i] == key)
			i++;
		while (j < nothers && other[j] == key)
			j++;
		steps[n].score = key_float(key);
		steps[n].events = i - first_event;
		steps[n].firms = i - first_event + j - first_other;
		n++;
	}
	return n;
}

/*
 * The sample variance of the placements of one side, each a share of the other
 * side's "others" firms.  Given the sums of twice as many, and of their squares.
 */
static double
placement_variance(int128 sum, int128 squares, int64 n, int64 others)
{
	return (double) (squares * n - sum * sum) /
		(4.0 * (double) n * (double) (n - 1) * (double) others * (double) others);
}

void
find_discrimination(const OutcomeStep *steps, int64 nsteps, Discrimination *found)
{
	int64		events = 0;
	int64		others = 0;
	int64		events_below = 0;
	int64		others_below = 0;
	int128		sum = 0;		/* twice the pairs that are in order */
	int128		event_squares = 0;
	int128		other_squares = 0;
	int128		distance = 0;

	for (int64 i = 0; i < nsteps; i++)
	{
		events += steps[i].events;
		others += steps[i].firms - steps[i].events;
	}
	found->firms = events + others;
	found->events = events;
	found->auc = found->auc_lower = found->auc_upper = found->ks = NAN;
	if (events == 0 || others == 0)
		return;

	for (int64 i = 0; i < nsteps; i++)
	{
		int64		own_events = steps[i].events;
		int64		own_others = steps[i].firms - own_events;

		/* twice how many of the other side are in order with each firm */
		int128		of_event = 2 * others_below + own_others;
		int128		of_other = 2 * (events - events_below) - own_events;
		int128		apart;

		sum += of_event * own_events;
		event_squares += of_event * of_event * own_events;
		other_squares += of_other * of_other * own_others;
		events_below += own_events;
		others_below += own_others;
		apart = (int128) events_below * others - (int128) others_below * events;
		distance = Max(distance, Max(apart, -apart));
	}
	found->auc = (double) sum / (2.0 * (double) events * (double) others);
	found->ks = (double) distance / ((double) events * (double) others);
	if (events > 1 && others > 1)
	{
		double		margin = NORMAL_QUANTILE *
		sqrt(placement_variance(sum, event_squares, events, others) / (double) events +
			 placement_variance(sum, other_squares, others, events) / (double) others);

		found->auc_lower = Max(found->auc - margin, 0.0);
		found->auc_upper = Min(found->auc + margin, 1.0);
	}
}

/* Is the rate of the first block at least that of the second? */
static bool
at_least(const OutcomeBlock *first, const OutcomeBlock *second)
{
	return (int128) first->events * second->firms >= (int128) second->events * first->firms;
}

int64
pool_violators(const OutcomeStep *steps, int64 nsteps, bool rising, OutcomeBlock *blocks)
{
	int64		n = 0;

	for (int64 i = 0; i < nsteps; i++)
	{
		blocks[n].lowest = blocks[n].highest = steps[i].score;
		blocks[n].firms = steps[i].firms;
		blocks[n].events = steps[i].events;
		n++;

		while (n > 1 && (rising ? at_least(&blocks[n - 2], &blocks[n - 1]) :
						 at_least(&blocks[n - 1], &blocks[n - 2])))
		{
			blocks[n - 2].highest = blocks[n - 1].highest;
			blocks[n - 2].firms += blocks[n - 1].firms;
			blocks[n - 2].events += blocks[n - 1].events;
			n--;
		}
	}
	return n;
}
