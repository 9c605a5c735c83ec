/*-------------------------------------------------------------------------
 *
 * decimal.c
 *	  Rounding of doubles as decimals, half away from zero.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "numbers/decimal.h"

static double
power_of_ten(int exponent)
{
	double		power = 1;

	for (int i = 0; i < exponent; i++)
		power *= 10;
	return power;
}

int
decimal_places(double full_marks)
{
	int			places = DECIMAL_DIGITS;

	/* Compared, since log10() need not be exact. */
	while (places > 0 && full_marks >= power_of_ten(DECIMAL_DIGITS + 1 - places))
		places--;
	while (places < DECIMAL_MAX_PLACES &&
		   full_marks < 1 / power_of_ten(places - DECIMAL_DIGITS))
		places++;
	return places;
}

void
decimals_init(Decimals *decimals, int places, int count)
{
	decimals->scale = power_of_ten(places);
	decimals->unit = power_of_ten(count);

	/* A step of 10^19 has no int64; all that is below the limit rounds to 0. */
	decimals->step = (int64) power_of_ten(Min(places - count, 18));
}

int
decimals_count(const Decimals *decimals)
{
	int			count = 0;

	while (power_of_ten(count) < decimals->unit)
		count++;
	return count;
}

bool
decimal_reaches_half(double value, double scale, double scaled, int64 whole)
{
	double		error = fma(value, scale, -scaled);

	return error >= 0.5 - (scaled - (double) whole);
}
