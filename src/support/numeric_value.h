/*-------------------------------------------------------------------------
 *
 * numeric_value.h
 *	  numeric to double, fast.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NUMERIC_VALUE_H
#define NUMERIC_VALUE_H

/* The double nearest to a numeric, as its cast to float8 gives it. */
extern double numeric_value(Datum numeric);

#endif							/* NUMERIC_VALUE_H */
