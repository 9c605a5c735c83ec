/*-------------------------------------------------------------------------
 *
 * big_integer.c
 *	  Integers without rounding: running sums, and what is computed from them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "numbers/big_integer.h"

void
digits_carry(int64 *digits, int ndigits)
{
	for (int i = 0; i < ndigits - 1; i++)
	{
		int64		low = digits[i] & BIG_DIGIT_MASK;
		int64		carry = (digits[i] - low) / (INT64CONST(1) << BIG_DIGIT_BITS);

		digits[i] = low;
		digits[i + 1] += carry;
	}
}

int
digits_magnitude(const int64 *digits, int ndigits, BigInteger *result)
{
	bool		negative = digits[ndigits - 1] < 0;
	uint64		carry = negative ? 1 : 0;

	memset(result, 0, sizeof(*result));
	for (int i = 0; i < ndigits; i++)
	{
		/* two's complement negation, digit by digit */
		uint64		digit = (uint64) digits[i] & BIG_DIGIT_MASK;

		if (negative)
		{
			digit = (~digit & BIG_DIGIT_MASK) + carry;
			carry = digit >> BIG_DIGIT_BITS;
		}
		result->digit[i] = (uint32) digit;
	}
	/* the sign digit may hold more than 32 bits */
	{
		int64		top = digits[ndigits - 1] >> BIG_DIGIT_BITS;

		if (negative)
			top = (int64) (~(uint64) top + carry);
		result->digit[ndigits] = (uint32) top;
	}
	return negative ? -1 : 1;
}

static void
multiply_small(BigInteger *number, uint32 factor)
{
	uint64		carry = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		product = (uint64) number->digit[i] * factor + carry;

		number->digit[i] = (uint32) product;
		carry = product >> BIG_DIGIT_BITS;
	}
	Assert(carry == 0);
}

void
big_add(BigInteger *number, const BigInteger *other)
{
	uint64		carry = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		total = (uint64) number->digit[i] + other->digit[i] + carry;

		number->digit[i] = (uint32) total;
		carry = total >> BIG_DIGIT_BITS;
	}
}

void
big_subtract(BigInteger *number, const BigInteger *other)
{
	int64		borrow = 0;

	for (int i = 0; i < BIG_DIGITS; i++)
	{
		int64		rest = (int64) number->digit[i] - other->digit[i] - borrow;

		borrow = rest < 0;
		number->digit[i] = (uint32) (rest + (borrow << BIG_DIGIT_BITS));
	}
	Assert(borrow == 0);
}

void
big_shift_left(BigInteger *number, int shift)
{
	int			whole = shift / BIG_DIGIT_BITS;
	int			bits = shift % BIG_DIGIT_BITS;

	for (int i = BIG_DIGITS - 1; i >= 0; i--)
	{
		uint64		high = i - whole >= 0 ? number->digit[i - whole] : 0;
		uint64		low = i - whole >= 1 ? number->digit[i - whole - 1] : 0;

		number->digit[i] = (uint32) (((high << BIG_DIGIT_BITS | low) << bits) >> BIG_DIGIT_BITS);
	}
}

void
big_multiply(BigInteger *number, uint64 factor)
{
	BigInteger	high = *number;

	multiply_small(number, (uint32) factor);
	if (factor >> BIG_DIGIT_BITS)
	{
		multiply_small(&high, (uint32) (factor >> BIG_DIGIT_BITS));
		big_shift_left(&high, BIG_DIGIT_BITS);
		big_add(number, &high);
	}
}

/* The first and last digit that is not 0; first > last for zero. */
static void
used_digits(const BigInteger *number, int *first, int *last)
{
	*first = 0;
	*last = BIG_DIGITS - 1;
	while (*last >= 0 && number->digit[*last] == 0)
		(*last)--;
	while (*first < *last && number->digit[*first] == 0)
		(*first)++;
}

void
big_product(const BigInteger *a, const BigInteger *b, BigInteger *result)
{
	int			first;
	int			last;

	used_digits(b, &first, &last);
	memset(result, 0, sizeof(*result));
	for (int i = 0; i < BIG_DIGITS; i++)
	{
		uint64		carry = 0;

		if (a->digit[i] == 0)
			continue;
		for (int j = first; i + j < BIG_DIGITS && (j <= last || carry != 0); j++)
		{
			uint64		product = (uint64) a->digit[i] * b->digit[j] +
			result->digit[i + j] + carry;

			result->digit[i + j] = (uint32) product;
			carry = product >> BIG_DIGIT_BITS;
		}
	}
}

int
big_compare(const BigInteger *a, const BigInteger *b)
{
	for (int i = BIG_DIGITS - 1; i >= 0; i--)
		if (a->digit[i] != b->digit[i])
			return a->digit[i] > b->digit[i] ? 1 : -1;
	return 0;
}

double
big_approximate(const BigInteger *number, int *exponent)
{
	int			top = BIG_DIGITS - 1;
	double		value = 0;
	int			scale = 0;

	while (top > 0 && number->digit[top] == 0)
		top--;
	for (int i = top; i >= 0 && i > top - 3; i--)
	{
		value = value * 4294967296.0 + number->digit[i];
		scale = i * BIG_DIGIT_BITS;
	}
	value = frexp(value, exponent);
	*exponent += scale;
	return value;
}
