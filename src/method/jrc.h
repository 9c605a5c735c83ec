/*-------------------------------------------------------------------------
 *
 * jrc.h
 *	  The extreme-value method jrc(winmax, skew, kurt).
 *
 *-------------------------------------------------------------------------
 */
#ifndef JRC_H
#define JRC_H

#include "numbers/exact_moments.h"

/* The most points that method jrc can be told to winsorize. */
#define JRC_MAX_POINTS	1000

/*
 * Lower and upper bound by the method's three parameters.  It wants the exact
 * moments of a sample and its lowest values in ascending, its highest in
 * descending order: winmax + 1 of each, or all.
 */
extern void jrc_bounds(const double *parameter, const ExactMoments *moments,
					   const double *lowest, const double *highest, int count,
					   double *bounds);

#endif							/* JRC_H */
