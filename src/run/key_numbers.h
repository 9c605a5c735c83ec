/*-------------------------------------------------------------------------
 *
 * key_numbers.h
 *	  Numbers for the keys that rows are grouped by: equal keys have equal texts
 *	  (support/key_text.c), whatever columns they are made of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef KEY_NUMBERS_H
#define KEY_NUMBERS_H

#include "access/tupdesc.h"

typedef struct KeyNumbers KeyNumbers;

/* A key with a NULL has no number at its level. */
#define NO_KEY	PG_UINT32_MAX

/*
 * Keys made of these columns of a query, numbered from 0.  Level 0 is the first
 * "coarsest" columns, each further level has a column more.
 */
extern KeyNumbers *key_numbers_create(TupleDesc tupdesc, const int *columns, int ncolumns,
									  int coarsest, MemoryContext context);

/* The number of the row's image: rows of one image are equal in all levels. */
extern uint32 key_image(KeyNumbers *keys, const Datum *values, const bool *nulls);

extern uint32 key_images_count(const KeyNumbers *keys);

/* The number of an image's key at a level; NO_KEY where one of its columns is NULL. */
extern uint32 key_number(const KeyNumbers *keys, uint32 image, int level);
extern uint32 key_numbers_count(const KeyNumbers *keys, int level);

/* The name of a key of the finest level, by its number: the texts of its columns. */
extern const char *key_label(const KeyNumbers *keys, uint32 number);

/* These texts, as an array. */
extern Datum key_texts(const KeyNumbers *keys, uint32 number);

extern int	key_levels(const KeyNumbers *keys);

/* The text of the last column of an image's key; NULL for NULL. */
extern text *key_text_of(KeyNumbers *keys, const Datum *values, const bool *nulls);

#endif							/* KEY_NUMBERS_H */
