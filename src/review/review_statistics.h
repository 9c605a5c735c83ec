/*-------------------------------------------------------------------------
 *
 * review_statistics.h
 *	  Trimmed means, and how far judges agree on what they rank.
 *
 *-------------------------------------------------------------------------
 */
#ifndef REVIEW_STATISTICS_H
#define REVIEW_STATISTICS_H

/*
 * How many of n > 0 values a trimmed mean drops at each end: floor(n * share),
 * but never so many that nothing is left.  One value, or the middle two, remain
 * at least: the mean of these is the median.
 */
extern int64 trimmed_by_share(int64 n, double share);
extern int64 trimmed_by_count(int64 n, int64 count);

/*
 * Mean, rounded once, of n > 0 finite values without the "dropped" lowest and
 * highest ones; dropped <= (n - 1) / 2.  The values are put in order.
 */
extern double trimmed_mean(double *values, int64 n, int64 dropped);

/*
 * Kendall's coefficient of concordance W of m judges who rank n items
 * (M. G. Kendall & B. Babington Smith 1939, "The Problem of m Rankings", Annals
 * of Mathematical Statistics 10, 275-287; with ties: M. G. Kendall, "Rank
 * Correlation Methods", chapter 6):
 *
 *	 W = 12 S / (m^2 (n^3 - n) - m T)
 *	 S = sum over items of (sum of ranks - m (n + 1) / 2)^2
 *	 T = sum over judges and groups of t tied items of t^3 - t
 *
 * chi_square = m (n - 1) W is Friedman's statistic, df = n - 1, and p_value the
 * probability of as much agreement, or more, among judges who rank at random, by
 * the chi-squared approximation, which wants n of 8 or more.
 *
 * w, chi_square and p_value are NaN for fewer than two judges or items, or if
 * every judge ties all items.
 */
typedef struct Concordance
{
	int64		judges;
	int64		items;
	double		w;
	double		chi_square;
	int64		df;
	double		p_value;
} Concordance;

/*
 * The ratings of each judge stand in a row of "items" numbers, NaN where one is
 * missing.  An item counts that every judge has rated; a judge counts who has
 * rated any.
 */
extern void find_concordance(const double *ratings, int64 judges, int64 items,
							 Concordance *result);

/* Probability that chi-squared with df > 0 degrees of freedom is x or more. */
extern double chi_square_upper_tail(double x, int64 df);

#endif							/* REVIEW_STATISTICS_H */
