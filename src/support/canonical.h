/*-------------------------------------------------------------------------
 *
 * canonical.h
 *	  Bytes of which a row has exactly one form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CANONICAL_H
#define CANONICAL_H

#include "fmgr.h"
#include "lib/stringinfo.h"

/* How the values of a row are printed. */
typedef struct CanonicalRow CanonicalRow;

extern CanonicalRow *describe_canonical_types(const Oid *type, int count);
extern void append_canonical_values(StringInfo result, CanonicalRow *row,
									const Datum *value, const bool *null);

/* Those of a call's arguments from one on. */
extern CanonicalRow *describe_canonical_row(FunctionCallInfo fcinfo, int first);
extern void append_canonical_row(StringInfo result, CanonicalRow *row, FunctionCallInfo fcinfo);

#endif							/* CANONICAL_H */
