/*-------------------------------------------------------------------------
 *
 * field_numbers.h
 *	  Numbers for the fields that scores are ranked in, such as stages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FIELD_NUMBERS_H
#define FIELD_NUMBERS_H

typedef struct FieldNumbers FieldNumbers;

/* Everything is kept in the given context. */
extern FieldNumbers *field_numbers_create(MemoryContext context);

/* The number of a field, counted from 0 in the order of appearance. */
extern uint32 field_number(FieldNumbers *fields, const char *name, int length);

/* The same, or -1 for a field that has not appeared. */
extern int64 field_number_find(const FieldNumbers *fields, const char *name,
							   int length);

extern uint32 field_numbers_count(const FieldNumbers *fields);

/* The name of a field that has appeared, and its length. */
extern const char *field_name(const FieldNumbers *fields, uint32 number,
							  int *length);

#endif							/* FIELD_NUMBERS_H */
