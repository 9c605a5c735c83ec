/*-------------------------------------------------------------------------
 *
 * peer_profile.h
 *	  The distributions of a group of firms that each of them is held against.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PEER_PROFILE_H
#define PEER_PROFILE_H

#include "utils/array.h"

#include "numbers/distribution.h"

/* The columns of a profile; an error where they are not as many as these. */
extern void read_profile(ArrayType *array, KeptColumn *columns, int ncolumns);

#endif							/* PEER_PROFILE_H */
