/*-------------------------------------------------------------------------
 *
 * numeric_value.h
 *	  numeric to double and decimals to numeric, fast.
 *
 *-------------------------------------------------------------------------
 */
#ifndef NUMERIC_VALUE_H
#define NUMERIC_VALUE_H

/* The double nearest to a numeric, as its cast to float8 gives it. */
extern double numeric_value(Datum numeric);

/* Room for a numeric made of an integer of 64 bits, aligned as such a value is. */
#define NUMERIC_UNITS_ROOM	16

/*
 * Writes units / 10^decimals, as PostgreSQL's own functions would have it, with
 * so many decimals; |units| < 2^53, decimals up to 22.
 */
extern void numeric_from_units(int64 units, int decimals, char *room);

#endif							/* NUMERIC_VALUE_H */
