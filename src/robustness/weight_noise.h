/*-------------------------------------------------------------------------
 *
 * weight_noise.h
 *	  Random factors of weights, the same on every platform.
 *
 *-------------------------------------------------------------------------
 */
#ifndef WEIGHT_NOISE_H
#define WEIGHT_NOISE_H

/*
 * A factor uniform in [1 - noise, 1 + noise) that depends on nothing but seed,
 * draw and indicator (both counted from 1): each draw can be repeated alone.
 */
extern double weight_factor(uint64 seed, uint64 draw, uint64 indicator,
							double noise);

#endif							/* WEIGHT_NOISE_H */
