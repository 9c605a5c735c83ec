/*-------------------------------------------------------------------------
 *
 * sharing.c
 *	  Sharing a number of units by weight, within floors and caps.
 *
 * The exact share of a recipient is level * weight, pulled into its bounds, for
 * the one level at which the shares add up to the budget (water-filling).  The
 * sum of the shares is a rising, piece-wise linear function of the level; its
 * turns are where a recipient leaves its floor (level floor / weight) or arrives
 * at its cap.  Taking the turns in order, the level lies before the first one
 * at which the budget is reached.  Whole units are then made by the largest
 * remainder (Hamilton's method): every share is rounded down, and the units
 * that are left go to the largest parts.
 *
 * All of it is integer arithmetic: weights are scaled by a power of two such
 * that the largest one of the partition has 95 bits, which leaves every weight
 * above 2^-42 of it as it is, and levels are fractions, compared by their cross
 * products.  So there is no rounding that an order of rows could change.
 *
 * Sources: M. L. Balinski, H. P. Young: Fair Representation (1982), on largest
 * remainders; Boyd, Vandenberghe: Convex Optimization (2004), 5.5, on
 * water-filling.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"

#include "allocate/sharing.h"

/* Bits of the largest weight when it is scaled. */
#define SCALED_BITS		95

/* Bits of a double's mantissa. */
#define MANTISSA_BITS	53

/* How many rows are handled between two looks at a pending cancel. */
#define INTERRUPT_MASK	((INT64CONST(1) << 14) - 1)

/* 192 bits: high, and 64 bits below. */
typedef struct Product
{
	Wide		high;
	uint64		low;
} Product;

static inline int
wide_compare(Wide a, Wide b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	if (a.low != b.low)
		return a.low < b.low ? -1 : 1;
	return 0;
}

static inline Wide
wide_plus(Wide a, Wide b)
{
	Wide		sum;

	sum.low = a.low + b.low;
	sum.high = a.high + b.high + (sum.low < a.low);
	return sum;
}

static inline Wide
wide_minus(Wide a, Wide b)
{
	Wide		difference;

	difference.low = a.low - b.low;
	difference.high = a.high - b.high - (a.low < b.low);
	return difference;
}

static inline bool
wide_is_zero(Wide a)
{
	return a.high == 0 && a.low == 0;
}

static inline double
wide_double(Wide a)
{
	return ldexp((double) a.high, 64) + (double) a.low;
}

static inline Wide
multiply_words(uint64 a, uint64 b)
{
	uint64		a_low = a & 0xFFFFFFFF;
	uint64		a_high = a >> 32;
	uint64		b_low = b & 0xFFFFFFFF;
	uint64		b_high = b >> 32;
	uint64		low = a_low * b_low;
	uint64		middle = a_high * b_low + (low >> 32);
	uint64		middle2 = a_low * b_high + (middle & 0xFFFFFFFF);
	Wide		product;

	product.low = (middle2 << 32) | (low & 0xFFFFFFFF);
	product.high = a_high * b_high + (middle >> 32) + (middle2 >> 32);
	return product;
}

static inline Product
multiply(Wide a, int64 b)
{
	Wide		below = multiply_words(a.low, (uint64) b);
	Wide		carry = {0, below.high};
	Product		product;

	product.low = below.low;
	product.high = wide_plus(multiply_words(a.high, (uint64) b), carry);
	return product;
}

static inline int
product_compare(Product a, Product b)
{
	int			order = wide_compare(a.high, b.high);

	if (order == 0 && a.low != b.low)
		order = a.low < b.low ? -1 : 1;
	return order;
}

/* Quotient and remainder; the divisor has 127 bits, the quotient 64 at most. */
static inline uint64
divide(Product dividend, Wide divisor, Wide *remainder)
{
	Wide		rest = dividend.high;
	uint64		quotient = 0;

	for (int bit = 63; bit >= 0; bit--)
	{
		rest.high = (rest.high << 1) | (rest.low >> 63);
		rest.low = (rest.low << 1) | ((dividend.low >> bit) & 1);
		quotient <<= 1;
		if (wide_compare(rest, divisor) >= 0)
		{
			rest = wide_minus(rest, divisor);
			quotient |= 1;
		}
	}
	*remainder = rest;
	return quotient;
}

/*
 * weight * 2^(SCALED_BITS - exponent), rounded to the nearest integer but not
 * to 0: who has a weight has a part in the sharing.
 */
static Wide
scale_weight(double weight, int exponent)
{
	int			own;
	uint64		mantissa = (uint64) ldexp(frexp(weight, &own), MANTISSA_BITS);
	int			shift = own - MANTISSA_BITS + SCALED_BITS - exponent;
	Wide		scaled = {0, mantissa};

	if (shift > 0)
	{
		scaled.high = mantissa >> (64 - shift);
		scaled.low = mantissa << shift;
	}
	else if (shift < 0)
	{
		scaled.low = shift > -64 ?
			(mantissa >> -shift) + ((mantissa >> (-shift - 1)) & 1) : 0;
		scaled.low = Max(scaled.low, 1);
	}
	return scaled;
}

static inline bool
takes_part(const Recipient *recipient)
{
	return recipient->weight > 0 && recipient->floor < recipient->cap;
}

/* The order of turns: exact where the rounded levels are about the same. */
static int
compare_turns(const Turn *a, const Turn *b, const Recipient *recipient)
{
	double		near = Max(a->level, b->level) * 1e-14;

	if (a->level < b->level - near)
		return -1;
	if (b->level < a->level - near)
		return 1;
	return product_compare(multiply(recipient[b->row].scaled, a->units),
						   multiply(recipient[a->row].scaled, b->units));
}

#define ST_SORT sort_turns
#define ST_ELEMENT_TYPE Turn
#define ST_COMPARE(a, b, recipient) compare_turns(a, b, recipient)
#define ST_COMPARE_ARG_TYPE const Recipient
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

/* Equal but for the row they are of? */
static inline int
compare_sizes(const Claim *a, const Claim *b)
{
	int			order = wide_compare(b->part, a->part);

	if (order == 0 && a->weight != b->weight)
		order = a->weight > b->weight ? -1 : 1;
	return order;
}

static inline int
compare_claims(const Claim *a, const Claim *b)
{
	int			order = compare_sizes(a, b);

	return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

#define ST_SORT sort_claims
#define ST_ELEMENT_TYPE Claim
#define ST_COMPARE(a, b) compare_claims(a, b)
#define ST_SCOPE static
#define ST_CHECK_FOR_INTERRUPTS
#define ST_DEFINE
#include "lib/sort_template.h"

int64
sharing_turns(const Recipient *recipient, int64 n, int64 budget)
{
	int64		turns = 0;

	for (int64 i = 0; i < n; i++)
		if (takes_part(&recipient[i]))
			turns += (recipient[i].floor > 0) + (recipient[i].cap < budget);
	return turns;
}

static void
scale_weights(Recipient *recipient, int64 n)
{
	double		largest = 0;
	int			exponent;

	for (int64 i = 0; i < n; i++)
		largest = Max(largest, recipient[i].weight);
	frexp(largest, &exponent);
	for (int64 i = 0; i < n; i++)
	{
		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (recipient[i].weight > 0)
			recipient[i].scaled = scale_weight(recipient[i].weight, exponent);
	}
}

/* What all together can take, but not more than the budget. */
static int64
shareable(const Recipient *recipient, int64 n, int64 budget)
{
	int64		sum = 0;

	for (int64 i = 0; i < n; i++)
	{
		int64		most = recipient[i].weight > 0 ?
		recipient[i].cap : recipient[i].floor;

		if (most >= budget - sum)
			return budget;
		sum += most;
	}
	return sum;
}

static void
set_turn(Turn *turn, int64 units, double weight, int64 row, bool at_cap)
{
	turn->level = (double) units / weight;
	turn->units = units;
	turn->row = row;
	turn->at_cap = at_cap;
}

static int64
list_turns(const Recipient *recipient, int64 n, int64 budget, Turn *turn)
{
	int64		turns = 0;

	for (int64 i = 0; i < n; i++)
	{
		double		weight;

		if (!takes_part(&recipient[i]))
			continue;
		weight = wide_double(recipient[i].scaled);
		if (recipient[i].floor > 0)
			set_turn(&turn[turns++], recipient[i].floor, weight, i, false);

		/* A cap of the whole budget is reached by none before all. */
		if (recipient[i].cap < budget)
			set_turn(&turn[turns++], recipient[i].cap, weight, i, true);
	}
	sort_turns(turn, turns, recipient);
	return turns;
}

int64
sharing_pour(Recipient *recipient, int64 n, int64 budget,
			 Turn *scratch, Claim *claim, int64 *nclaims)
{
	Wide		weight = {0, 0};	/* of those between floor and cap, and ... */
	int64		pinned = 0;		/* ... what the others have */
	int64		poured;
	int64		turns;
	int64		numerator = 1;	/* of the level */
	Wide		denominator = {0, 0};
	int64		rest;

	*nclaims = 0;
	scale_weights(recipient, n);
	poured = shareable(recipient, n, budget);
	for (int64 i = 0; i < n; i++)
	{
		pinned += recipient[i].floor;
		if (takes_part(&recipient[i]) && recipient[i].floor == 0)
			weight = wide_plus(weight, recipient[i].scaled);
	}
	Assert(pinned <= poured);

	/* Without turns left and without weight, all are at their caps: 1 / 0. */
	turns = list_turns(recipient, n, budget, scratch);
	for (int64 i = 0; i < turns; i++)
	{
		const Turn *turn = &scratch[i];
		Wide		own = recipient[turn->row].scaled;

		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (product_compare(multiply(weight, turn->units),
							multiply(own, poured - pinned)) >= 0)
		{
			/* Floors and caps may add up to the budget without any weight. */
			numerator = turn->units;
			denominator = own;
			break;
		}
		if (turn->at_cap)
		{
			pinned += turn->units;
			weight = wide_minus(weight, own);
		}
		else
		{
			pinned -= turn->units;
			weight = wide_plus(weight, own);
		}
	}

	if (!wide_is_zero(weight))
	{
		numerator = poured - pinned;
		denominator = weight;
	}

	rest = poured;
	for (int64 i = 0; i < n; i++)
	{
		Recipient  *r = &recipient[i];
		Product		wanted;
		Wide		part;

		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		r->share = r->floor;
		if (takes_part(r))
		{
			wanted = multiply(r->scaled, numerator);
			if (product_compare(wanted, multiply(denominator, r->cap)) >= 0)
				r->share = r->cap;
			else
			{
				int64		whole = (int64) divide(wanted, denominator, &part);

				if (whole >= r->floor)
				{
					r->share = whole;
					if (!wide_is_zero(part))
					{
						claim[*nclaims].part = part;
						claim[*nclaims].weight = r->weight;
						claim[*nclaims].row = i;
						(*nclaims)++;
					}
				}
			}
		}
		rest -= r->share;
	}
	return rest;
}

void
sharing_cut(Claim *claim, int64 nclaims, int64 units, int64 *first, int64 *end)
{
	*first = units;
	*end = units;
	if (units == 0)
		return;
	Assert(units < nclaims);

	sort_claims(claim, nclaims);
	if (compare_sizes(&claim[units - 1], &claim[units]) != 0)
		return;
	while (*first > 0 && compare_sizes(&claim[*first - 1], &claim[units]) == 0)
		(*first)--;
	while (*end < nclaims && compare_sizes(&claim[*end], &claim[units]) == 0)
		(*end)++;
}
