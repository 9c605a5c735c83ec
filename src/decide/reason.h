/*-------------------------------------------------------------------------
 *
 * reason.h
 *	  Reasons for decisions: codes with numbers and texts, and the sentences
 *	  that they stand for.
 *
 *-------------------------------------------------------------------------
 */
#ifndef REASON_H
#define REASON_H

#include "lib/stringinfo.h"

typedef enum Language
{
	LANGUAGE_ENGLISH,
	LANGUAGE_CHINESE,
	NUM_LANGUAGES
} Language;

/* The language with this code, zh or en, or an error. */
extern Language language_argument(const text *name);

/* A text of the sources, which are UTF-8, in the server's encoding. */
extern const char *server_text(const char *text);

/* Text, not terminated; NULL for none. */
typedef struct Bytes
{
	const char *bytes;
	int32		length;
} Bytes;

/* Stored: new ones are added at the end.  What each holds: reason.c. */
typedef enum ReasonCode
{
	REASON_NONE,
	REASON_NO_RULE,
	REASON_MISSING,
	REASON_GROUP_UNFITTED,
	REASON_UNFITTED,
	REASON_SCHEME_COVERAGE,
	REASON_VALUES_MISSING,
	REASON_QUALITY_ERRORS,
	REASON_DIRECT,
	REASON_SCORE_REACHED,
	REASON_SCORE_BELOW,
	REASON_COVERAGE_REACHED,
	REASON_COVERAGE_BELOW,
	REASON_CATEGORY_REACHED,
	REASON_CATEGORY_BELOW,
	REASON_CATEGORY_MISSING,
	REASON_REQUIRED_UNMET,
	REASON_REQUIRED_UNKNOWN,
	REASON_EXCLUDED,
	REASON_EXCLUDED_UNTIL,
	REASON_EARLIER,
	REASON_QUOTA_MISSING,
	REASON_QUOTA_USED,
	REASON_QUOTA_TIED,
	REASON_QUOTA_PLACE,
	REASON_TOP_BEYOND,
	REASON_TOP_TIED,
	REASON_TOP_PLACE,
	REASON_RESERVE_TIED,
	REASON_RESERVE_PLACE,
	REASON_NO_PLACES,
	REASON_ALL_MET,
	REASON_NO_TIERS,
	REASON_NO_SCORE,
	REASON_TIER_REACHED,
	REASON_TIER_BELOW,
	REASON_TIER_SHARE,
	REASON_TIER_SHARE_BEYOND,
	REASON_TIER_GROUP_SHARE,
	REASON_TIER_GROUP_SHARE_BEYOND,
	REASON_TIER_PLACES,
	REASON_TIER_PLACES_BEYOND,
	REASON_TIER_GROUP_PLACES,
	REASON_TIER_GROUP_PLACES_BEYOND,
	REASON_TIER_GROUP_MISSING,
	REASON_TIER_NO_PLACES,
	REASON_TIER_NO_CUTS,
	REASON_VETO,
	REASON_SMALL_GROUP,
	REASON_DOUBLED,
	NUM_REASONS
} ReasonCode;

/*
 * Append a reason, then its fields, in the order that reason.c gives them.
 */
extern void reason_add(StringInfo reasons, ReasonCode code);
extern void reason_number(StringInfo reasons, double number);
extern void reason_count(StringInfo reasons, int32 count);
extern void reason_bytes(StringInfo reasons, Bytes text);
extern void reason_text(StringInfo reasons, const char *text);

/* Append reasons that are known already. */
extern void reasons_append(StringInfo reasons, Bytes more);

/* The reasons in a value of the type decision_reasons, which must be in memory. */
extern Bytes reasons_get(Datum value);

/* Such a value of these reasons. */
extern Datum reasons_make(Bytes reasons);

/* The sentences that reasons stand for, a text, in the language with this code. */
extern Datum reasons_sentences(Bytes reasons, const text *language_code);

#endif							/* REASON_H */
