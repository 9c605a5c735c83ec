/*-------------------------------------------------------------------------
 *
 * date_text.c
 *	  Dates as clerks write them: 20230503, 2023-05-03, 2023年5月3日, 2023年5月.
 *
 * The year comes first and has four digits; a month without a day is its first
 * day.  Nothing depends on DateStyle.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "support/compat.h"
#include "collect/folded_text.h"

#define FIRST_YEAR	1900
#define LAST_YEAR	2199

static bool
skip_word(const char **text, const char *word)
{
	if (strncmp(*text, word, strlen(word)) != 0)
		return false;
	*text +=strlen(word);
	return true;
}

/* A number of so many digits. */
static bool
skip_number(const char **text, int least, int most, int *number)
{
	int			digits = 0;

	*number = 0;
	for (; **text >='0' && **text <='9' && digits < most; (*text) ++, digits++)
		*number = *number * 10 + (**text -'0');
	return digits >= least;
}

/* Midnight or any other time of the day, which a date does not have. */
static bool
is_time(const char *text)
{
	int			hour;
	int			minute;
	int			second = 0;
	int			fraction;

	if (*text !=' ' && *text !='T')
		return false;
	text	  ++;

	if (!skip_number(&text, 1, 2, &hour) || !skip_word(&text, ":") || !skip_number(&text, 2, 2, &minute))
		return false;
	if (skip_word(&text, ":") && !skip_number(&text, 2, 2, &second))
		return false;
	if (skip_word(&text, ".") && !skip_number(&text, 1, 6, &fraction))
		return false;
	return *text == '\0' && hour < 24 && minute < 60 && second < 60;
}

static bool
read_parts(const char *text, int *year, int *month, int *day)
{
	static const char *const separators[] = {"-", "/", "."};

	*day = 1;
	if (!skip_number(&text, 4, 4, year))
		return false;
	if (skip_number(&text, 2, 2, month))
		return *text == '\0' || (skip_number(&text, 2, 2, day) && (*text == '\0' || is_time(text)));
	if (skip_word(&text, "年"))
	{
		if (!skip_number(&text, 1, 2, month) || !skip_word(&text, "月"))
			return false;
		return *text == '\0' || (skip_number(&text, 1, 2, day) && skip_word(&text, "日") &&
								 (*text == '\0' || is_time(text)));
	}
	for (int i = 0; i < (int) lengthof(separators); i++)
	{
		if (!skip_word(&text, separators[i]))
			continue;
		if (!skip_number(&text, 1, 2, month))
			return false;
		return *text == '\0' || (skip_word(&text, separators[i]) && skip_number(&text, 1, 2, day) &&
								 (*text == '\0' || is_time(text)));
	}
	return false;
}

static bool
read_date(const char *text, DateADT *date)
{
	int			year;
	int			month;
	int			day;

	if (!read_parts(text, &year, &month, &day) || year < FIRST_YEAR || year > LAST_YEAR ||
		month < 1 || month > MONTHS_PER_YEAR || day < 1 || day > day_tab[isleap(year)][month - 1])
		return false;
	*date = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	return true;
}

PG_FUNCTION_INFO_V1(parse_date);
/*
 * parse_date(text) → date
 *
 * The date that a text is; NULL if it is none.
 */
Datum
parse_date(PG_FUNCTION_ARGS)
{
	DateADT		date;

	if (!read_date(folded_text(PG_GETARG_TEXT_PP(0)), &date))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(date);
}

PG_FUNCTION_INFO_V1(date_problem);
/*
 * _innovation_score.date_problem(text) → text
 *
 * Why a text is no date; NULL if it is one, or says nothing.
 */
Datum
date_problem(PG_FUNCTION_ARGS)
{
	char	   *folded = folded_text(PG_GETARG_TEXT_PP(0));
	DateADT		date;

	if (says_nothing(folded) || read_date(folded, &date))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text("no date"));
}

PG_FUNCTION_INFO_V1(year_of);
/*
 * _innovation_score.year_of(date, later integer) → integer
 *
 * The year of so many days later; of an infinite date the greatest or the
 * least integer.
 */
Datum
year_of(PG_FUNCTION_ARGS)
{
	DateADT		date = PG_GETARG_DATEADT(0);
	int			year;
	int			month;
	int			day;

	if (DATE_IS_NOBEGIN(date))
		PG_RETURN_INT32(PG_INT32_MIN);
	if (DATE_IS_NOEND(date))
		PG_RETURN_INT32(PG_INT32_MAX);
	j2date(date + POSTGRES_EPOCH_JDATE + PG_GETARG_INT32(1), &year, &month, &day);
	PG_RETURN_INT32(year);
}
