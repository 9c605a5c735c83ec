/*-------------------------------------------------------------------------
 *
 * binary_text.h
 *	  The text form of types that have no other than their binary form.
 *
 *-------------------------------------------------------------------------
 */
#ifndef BINARY_TEXT_H
#define BINARY_TEXT_H

#include "lib/stringinfo.h"

/* As bytea's hex text, whatever bytea_output is. */
extern char *binary_to_text(const bytea *binary);

/* What the text, in one of the forms that bytea takes, stands for. */
extern void text_to_binary(char *string, StringInfo binary);

#endif							/* BINARY_TEXT_H */
