/*-------------------------------------------------------------------------
 *
 * weight_noise.c
 *	  Random factors of weights, the same on every platform.
 *
 * PostgreSQL's own generator came with version 15 and may change.  SplitMix64
 * (G. L. Steele, D. Lea, C. H. Flood 2014, "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA) takes any number to a random one; here it takes seed,
 * draw and indicator, one after the other.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "robustness/weight_noise.h"

/* The first number that SplitMix64 gives for a seed. */
static uint64
splitmix64(uint64 seed)
{
	uint64		bits = seed + UINT64CONST(0x9E3779B97F4A7C15);

	bits = (bits ^ (bits >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	bits = (bits ^ (bits >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return bits ^ (bits >> 31);
}

double
weight_factor(uint64 seed, uint64 draw, uint64 indicator, double noise)
{
	uint64		bits = splitmix64(splitmix64(splitmix64(seed) ^ draw) ^ indicator);

	/* 53 bits make a number in [0, 1), from 0 on in equal steps. */
	double		uniform = (double) (bits >> 11) / 9007199254740992.0;

	return 1 + noise * (2 * uniform - 1);
}
