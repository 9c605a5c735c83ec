/*-------------------------------------------------------------------------
 *
 * decimal.c
 *	  Rounding of doubles as decimals, half away from zero.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "numbers/decimal.h"

/* Exact, all of them. */
static const double power_of_ten[DECIMAL_MAX_PLACES + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
	1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

int
decimal_places(double full_marks)
{
	int			places = DECIMAL_DIGITS;

	/* Compared, since log10() need not be exact. */
	while (places > 0 && full_marks >= power_of_ten[DECIMAL_DIGITS + 1 - places])
		places--;
	while (places < DECIMAL_MAX_PLACES &&
		   full_marks < 1 / power_of_ten[Max(places - DECIMAL_DIGITS, 0)])
		places++;
	return places;
}

void
decimals_init(Decimals *decimals, int places, int count)
{
	decimals->scale = power_of_ten[places];
	decimals->unit = power_of_ten[count];

	/* A step of 10^19 has no int64; all that is below the limit rounds to 0. */
	decimals->step = (int64) power_of_ten[Min(places - count, 18)];
}

int
decimals_count(const Decimals *decimals)
{
	int			count = 0;

	while (power_of_ten[count] < decimals->unit)
		count++;
	return count;
}

bool
decimal_reaches_half(double value, double scale, double scaled, int64 whole)
{
	double		error = fma(value, scale, -scaled);

	return error >= 0.5 - (scaled - (double) whole);
}
