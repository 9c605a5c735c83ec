/*-------------------------------------------------------------------------
 *
 * company.c
 *	  Codes and names of companies as registers write them.
 *
 *	  credit code     18 characters, GB 32100-2015
 *	  registration     15 digits, GS 15-2006, of firms from before October 2015
 *	  organisation      9 characters, GB 11714, also as XXXXXXXX-X
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "support/compat.h"
#include "collect/folded_text.h"

#define CREDIT_LENGTH		18
#define REGISTRATION_LENGTH 15
#define ORGANISATION_LENGTH 9
#define HYPHEN				8

static const char credit_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
static const char organisation_alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

typedef enum CodeKind
{
	CODE_NONE,
	CODE_CREDIT,
	CODE_REGISTRATION,
	CODE_ORGANISATION
} CodeKind;

static const char *const kind_names[] = {
	[CODE_CREDIT] = "credit",
	[CODE_REGISTRATION] = "registration",
	[CODE_ORGANISATION] = "organisation"
};

/* The kind that a code has by its form; an organisation code loses its hyphen. */
static CodeKind
code_kind(char *code)
{
	size_t		length = strlen(code);

	if (length == ORGANISATION_LENGTH + 1 && code[HYPHEN] == '-')
	{
		memmove(code + HYPHEN, code + HYPHEN + 1, length - HYPHEN);
		length--;
	}
	if (length == CREDIT_LENGTH && strspn(code, credit_alphabet) == length &&
		strspn(code + 2, digits) >= 6)
		return CODE_CREDIT;
	if (length == REGISTRATION_LENGTH && strspn(code, digits) == length)
		return CODE_REGISTRATION;
	if (length == ORGANISATION_LENGTH && strspn(code, organisation_alphabet) == length)
		return CODE_ORGANISATION;
	return CODE_NONE;
}

static int
place(const char *alphabet, char character)
{
	return strchr(alphabet, character) - alphabet;
}

/* GB 32100-2015: weights are powers of 3 modulo 31. */
static bool
credit_check(const char *code)
{
	int			sum = 0;
	int			weight = 1;

	for (int i = 0; i < CREDIT_LENGTH - 1; i++)
	{
		sum += place(credit_alphabet, code[i]) * weight;
		weight = weight * 3 % 31;
	}
	return (sum + place(credit_alphabet, code[CREDIT_LENGTH - 1])) % 31 == 0;
}

/* GS 15-2006: ISO 7064, MOD 11,10. */
static bool
registration_check(const char *code)
{
	int			product = 10;

	for (int i = 0; i < REGISTRATION_LENGTH - 1; i++)
	{
		int			sum = (product + place(digits, code[i])) % 10;

		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (product + place(digits, code[REGISTRATION_LENGTH - 1])) % 10 == 1;
}

/* GB 11714: X stands for 10. */
static bool
organisation_check(const char *code)
{
	static const int weights[] = {3, 7, 9, 10, 5, 8, 4, 2};
	char		last = code[ORGANISATION_LENGTH - 1];
	int			sum = last == 'X' ? 10 : place(organisation_alphabet, last);

	for (int i = 0; i < (int) lengthof(weights); i++)
		sum += place(organisation_alphabet, code[i]) * weights[i];
	return (last == 'X' || strchr(digits, last) != NULL) && sum % 11 == 0;
}

PG_FUNCTION_INFO_V1(credit_code_kind);
/*
 * credit_code_kind(text) → text
 *
 * credit, registration or organisation, by the form of a code; else NULL.
 */
Datum
credit_code_kind(PG_FUNCTION_ARGS)
{
	CodeKind	kind = code_kind(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	if (kind == CODE_NONE)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(kind_names[kind]));
}

PG_FUNCTION_INFO_V1(credit_code_valid);
/*
 * credit_code_valid(text) → boolean
 *
 * Whether a text is a code of one of the kinds and its check character right.
 */
Datum
credit_code_valid(PG_FUNCTION_ARGS)
{
	char	   *code = text_to_cstring(PG_GETARG_TEXT_PP(0));

	switch (code_kind(code))
	{
		case CODE_CREDIT:
			PG_RETURN_BOOL(credit_check(code));
		case CODE_REGISTRATION:
			PG_RETURN_BOOL(registration_check(code));
		case CODE_ORGANISATION:
			PG_RETURN_BOOL(organisation_check(code));
		default:
			PG_RETURN_BOOL(false);
	}
}

/* Without blanks, letters of ASCII in capitals. */
static char *
normalized(const text *cell)
{
	char	   *folded = folded_text(cell);
	char	   *end = folded;

	for (const char *rest = folded; *rest != '\0'; rest++)
		if (*rest != ' ')
			*end++ = pg_ascii_toupper((unsigned char) *rest);
	*end = '\0';
	return folded;
}

static Datum
text_or_null(FunctionCallInfo fcinfo, const char *utf8)
{
	if (*utf8 == '\0')
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(utf8, strlen(utf8), PG_UTF8)));
}

PG_FUNCTION_INFO_V1(normalize_company_name);
/*
 * normalize_company_name(text) → text
 *
 * A name in one width, without blanks, in capitals; NULL if nothing is left.
 */
Datum
normalize_company_name(PG_FUNCTION_ARGS)
{
	return text_or_null(fcinfo, normalized(PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(company_key);
/*
 * company_key(text) → text
 *
 * A code without hyphens, or a name, normalized.
 */
Datum
company_key(PG_FUNCTION_ARGS)
{
	char	   *key = normalized(PG_GETARG_TEXT_PP(0));
	size_t		length = strlen(key);

	if (strspn(key, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == length)
	{
		char	   *end = key;

		for (const char *rest = key; *rest != '\0'; rest++)
			if (*rest != '-')
				*end++ = *rest;
		*end = '\0';
	}
	return text_or_null(fcinfo, key);
}
