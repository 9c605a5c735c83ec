/*-------------------------------------------------------------------------
 *
 * numeric_value.c
 *	  numeric to double and decimals to numeric, fast.
 *
 * PostgreSQL's cast prints the number and reads it again, correctly rounded:
 * some 150 ns.  Here the decimal digits are gathered into an integer w, so that
 * the number is w * 10^e, and
 *
 *	 - where w and the power of ten are exact doubles, one multiplication or
 *	   division rounds correctly (Clinger 1990, "How to read floating point
 *	   numbers accurately", the fast path);
 *	 - where they are not, but fit 64 bits, integer arithmetic in 128 bits
 *	   rounds correctly.  Beyond 19 digits the number lies between w and w + 1,
 *	   and if both give the same double, that is the result (as in Lemire 2021,
 *	   "Number parsing at a gigabyte per second");
 *	 - the rest goes through PostgreSQL's cast.
 *
 * The layout of numeric on disk has been the same since PostgreSQL 9.1 (short
 * and long form; infinities since 14); it is private to numeric.c, hence the
 * constants below.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "support/numeric_value.h"

/* The header word of a numeric; see NumericData in numeric.c. */
#define SIGN_MASK			0xC000
#define SIGN_NEGATIVE		0x4000
#define FORM_SHORT			0x8000
#define FORM_SPECIAL		0xC000
#define SPECIAL_MASK		0xF000
#define SPECIAL_PLUS_INF	0xD000
#define SPECIAL_MINUS_INF	0xF000
#define SHORT_NEGATIVE		0x2000
#define SHORT_WEIGHT_SIGN	0x0040
#define SHORT_WEIGHT_MASK	0x003F
#define SHORT_WEIGHT_BITS	0x007F
#define SHORT_SCALE_SHIFT	7

#define DIGIT_BASE			10000
#define DIGIT_DECIMALS		4

/* Integers and powers of ten up to here are exact doubles. */
#define MAX_EXACT_INTEGER	(UINT64CONST(1) << 53)
#define MAX_EXACT_POWER		22

/* Powers of ten up to here fit 64 bits; so do integers of as many digits. */
#define MAX_INTEGER_POWER	19

static const double exact_power[MAX_EXACT_POWER + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

static const uint64 integer_power[MAX_INTEGER_POWER + 1] = {
	UINT64CONST(1), UINT64CONST(10), UINT64CONST(100), UINT64CONST(1000),
	UINT64CONST(10000), UINT64CONST(100000), UINT64CONST(1000000),
	UINT64CONST(10000000), UINT64CONST(100000000), UINT64CONST(1000000000),
	UINT64CONST(10000000000), UINT64CONST(100000000000),
	UINT64CONST(1000000000000), UINT64CONST(10000000000000),
	UINT64CONST(100000000000000), UINT64CONST(1000000000000000),
	UINT64CONST(10000000000000000), UINT64CONST(100000000000000000),
	UINT64CONST(1000000000000000000), UINT64CONST(10000000000000000000)
};

static double
slow_value(Datum numeric)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, numeric));
}

/*
 * integer * 10^exponent, correctly rounded; integer > 0, |exponent| <=
 * MAX_INTEGER_POWER.
 */
static double
round_integer(uint64 integer, int exponent)
{
	uint128		scaled;
	uint128		quotient;
	uint64		divisor;
	int			shift;

	/* Conversion from an integer rounds to nearest, ties to even. */
	if (exponent >= 0)
		return (double) ((uint128) integer * integer_power[exponent]);

	/*
	 * A quotient of 64 bits or more has bits to spare; its lowest one stands
	 * for the remainder, so that nothing looks like a tie that is none.
	 */
	divisor = integer_power[-exponent];
	shift = 63;
	scaled = (uint128) integer << shift;
	while (!(scaled >> 126))
	{
		scaled <<= 1;
		shift++;
	}
	quotient = scaled / divisor;
	if (scaled % divisor != 0)
		quotient |= 1;
	return ldexp((double) quotient, -shift);
}

/*
 * |number| from its base-10000 digits, or -1 if it takes the slow road.
 */
static double
gather(const char *digits, int ndigits, int weight)
{
	uint64		integer = 0;
	int			exponent = DIGIT_DECIMALS * (weight + 1 - ndigits);
	bool		truncated = false;
	int			used = ndigits;

	/* As many digits as 64 bits hold, whatever the first one is. */
	if (ndigits > 4)
	{
		used = 4;
		truncated = true;
	}
	for (int i = 0; i < used; i++)
	{
		int16		digit;

		memcpy(&digit, digits + i * sizeof(digit), sizeof(digit));
		integer = integer * DIGIT_BASE + digit;
	}
	exponent += DIGIT_DECIMALS * (ndigits - used);

	if (truncated)
	{
		int16		digit;
		int			decimals;
		int			divisor = 1;

		/* From the fifth digit, what keeps the whole below 10^19. */
		memcpy(&digit, digits + used * sizeof(digit), sizeof(digit));
		for (decimals = DIGIT_DECIMALS; decimals > 0; decimals--)
		{
			if (integer < UINT64CONST(1000000000000000000) / (uint64) (DIGIT_BASE / 10 / divisor))
				break;
			divisor *= 10;
		}
		integer = integer * (DIGIT_BASE / divisor) + digit / divisor;
		exponent -= decimals;
		truncated = ndigits > used + 1 || digit % divisor != 0;
	}
	else if (integer > MAX_EXACT_INTEGER)
	{
		/* Zeros behind the last decimal may be all that is too much. */
		while (integer % 10 == 0)
		{
			integer /= 10;
			exponent++;
		}
	}

	if (!truncated && integer <= MAX_EXACT_INTEGER)
	{
		if (exponent >= 0 && exponent <= MAX_EXACT_POWER)
			return (double) integer * exact_power[exponent];
		if (exponent < 0 && exponent >= -MAX_EXACT_POWER)
			return (double) integer / exact_power[-exponent];
	}
	if (integer > 0 && exponent <= MAX_INTEGER_POWER &&
		exponent >= -MAX_INTEGER_POWER)
	{
		double		value = round_integer(integer, exponent);

		if (!truncated || value == round_integer(integer + 1, exponent))
			return value;
	}
	return -1;
}

double
numeric_value(Datum numeric)
{
	struct varlena *packed = (struct varlena *) DatumGetPointer(numeric);
	const char *data;
	int			size;
	uint16		header;
	bool		negative;
	int			weight;
	int			offset;
	int			ndigits;
	double		value;

	/* Hardly ever, but the test is cheaper than the call. */
	if (unlikely(VARATT_IS_EXTERNAL(packed) || VARATT_IS_COMPRESSED(packed)))
		packed = PG_DETOAST_DATUM_PACKED(numeric);
	data = VARDATA_ANY(packed);
	size = VARSIZE_ANY_EXHDR(packed);

	memcpy(&header, data, sizeof(header));
	if ((header & SIGN_MASK) == FORM_SPECIAL)
		return (header & SPECIAL_MASK) == SPECIAL_PLUS_INF ? INFINITY :
			(header & SPECIAL_MASK) == SPECIAL_MINUS_INF ? -INFINITY : NAN;
	if ((header & SIGN_MASK) == FORM_SHORT)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		weight = header & SHORT_WEIGHT_MASK;
		if (header & SHORT_WEIGHT_SIGN)
			weight -= SHORT_WEIGHT_MASK + 1;
		offset = sizeof(uint16);
	}
	else
	{
		int16		long_weight;

		memcpy(&long_weight, data + sizeof(uint16), sizeof(long_weight));
		negative = (header & SIGN_MASK) == SIGN_NEGATIVE;
		weight = long_weight;
		offset = sizeof(uint16) + sizeof(int16);
	}
	ndigits = (size - offset) / (int) sizeof(int16);
	if (ndigits == 0)
		return 0;
	value = gather(data + offset, ndigits, weight);
	if (value < 0)
		return slow_value(numeric);
	return negative ? -value : value;
}

/* Digits of 10^-decimals that lack from whole digits of the base, and their factor. */
static const int missing_factor[DIGIT_DECIMALS] = {1, 1000, 100, 10};

void
numeric_from_units(int64 units, int decimals, char *room)
{
	uint64		rest = (uint64) (units < 0 ? -units : units) * missing_factor[decimals % DIGIT_DECIMALS];
	int			weight = -(decimals + DIGIT_DECIMALS - 1) / DIGIT_DECIMALS - 1;
	int16		digits[5];
	int			last = lengthof(digits);
	int			first = last;
	uint16		header = FORM_SHORT | decimals << SHORT_SCALE_SHIFT;

	/* From the lowest digit on; neither zeros above nor below are kept. */
	for (; rest > 0; rest /= DIGIT_BASE, weight++)
	{
		digits[--first] = rest % DIGIT_BASE;
		if (digits[first] == 0 && first == last - 1)
			first = last;
	}
	if (first < last)
		header |= (units < 0 ? SHORT_NEGATIVE : 0) | (weight & SHORT_WEIGHT_BITS);
	SET_VARSIZE(room, VARHDRSZ + sizeof(header) + (last - first) * sizeof(int16));
	memcpy(room + VARHDRSZ, &header, sizeof(header));
	memcpy(room + VARHDRSZ + sizeof(header), digits + first, (last - first) * sizeof(int16));
}
