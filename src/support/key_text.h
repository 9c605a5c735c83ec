/*-------------------------------------------------------------------------
 *
 * key_text.h
 *	  The text by which keys of users' tables are compared.
 *
 *-------------------------------------------------------------------------
 */
#ifndef KEY_TEXT_H
#define KEY_TEXT_H

typedef struct KeyType KeyType;

/* How values of a type are written; an error if it cannot be that of a key. */
extern KeyType *key_type_create(Oid type, Oid collation, MemoryContext context);

/* The text of a value. */
extern text *key_of(KeyType *key, Datum value);

/* A hash of the text; it may take memory from the current context. */
extern uint64 key_hash(KeyType *key, Datum value);

#endif							/* KEY_TEXT_H */
