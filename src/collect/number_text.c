/*-------------------------------------------------------------------------
 *
 * number_text.c
 *	  Numbers as clerks write them: 1,234.00, ￥1,200.00, 3亿5000万元, 12.5%.
 *
 * A text is a number, says nothing, or is neither; then there is a reason.  A
 * form that is not understood for certain is none: a missing value can be
 * asked for, a wrong one is not found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "support/compat.h"
#include "collect/folded_text.h"

/* double precision ends there, too. */
#define MAX_EXPONENT	308

/* Long enough for any amount, short enough for a fast path on the stack. */
#define MAX_PLAIN		30

typedef enum Reading
{
	READ_NUMBER,
	READ_NOTHING,
	READ_INEXACT,
	READ_RANGE,
	READ_SEPARATORS,
	READ_UNIT,
	READ_SEVERAL,
	READ_CHINESE,
	READ_NO_NUMBER
} Reading;

static const char *const reasons[] = {
	[READ_INEXACT] = "not exact",
	[READ_RANGE] = "range, date",
	[READ_SEPARATORS] = "commas, points",
	[READ_UNIT] = "currency, unit",
	[READ_SEVERAL] = "several numbers",
	[READ_CHINESE] = "Chinese numerals",
	[READ_NO_NUMBER] = "no number"
};

/* What is counted, and the power of ten of one of it. */
typedef struct Unit
{
	const char *base;			/* "" is none */
	int			exponent;
} Unit;

static const Unit shares[] = {{"%", -2}, {"‰", -3}};
static const Unit multipliers[] = {{"十", 1}, {"百", 2}, {"千", 3}, {"万", 4}, {"亿", 8}};
static const char *const money_words[] = {"元", "元整", "元人民币", "人民币"};
static const char *const counters[] = {
	"人", "名", "位", "件", "项", "个", "家", "户", "台", "套", "篇", "次", "份", "种", "笔", "部"
};

#define MONEY "元"

static bool
skip_word(const char **text, const char *word)
{
	size_t		length = strlen(word);

	if (pg_strncasecmp(*text, word, length) != 0)
		return false;
	*text += length;
	return true;
}

static void
skip_blanks(const char **text)
{
	while (**text == ' ')
		(*text)++;
}

static bool
is_one_of(const char *text, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool
holds_one_of(const char *text, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (strstr(text, words[i]) != NULL)
			return true;
	return false;
}

static bool
is_digit(char character)
{
	return character >= '0' && character <= '9';
}

/* 千万 is 10^7. */
static int
skip_multipliers(const char **text)
{
	int			exponent = 0;

	for (int i = 0; i < (int) lengthof(multipliers);)
	{
		if (skip_word(text, multipliers[i].base))
		{
			exponent += multipliers[i].exponent;
			i = 0;
		}
		else
			i++;
	}
	return exponent;
}

static Unit
read_unit(const char *text)
{
	Unit		unit = {text, 0};

	for (int i = 0; i < (int) lengthof(shares); i++)
		if (strcmp(text, shares[i].base) == 0)
			return shares[i];
	unit.exponent = skip_multipliers(&unit.base);
	if (is_one_of(unit.base, money_words, lengthof(money_words)))
		unit.base = MONEY;
	return unit;
}

static bool
is_share(const char *base)
{
	return strcmp(base, shares[0].base) == 0 || strcmp(base, shares[1].base) == 0;
}

/* A number without sign and unit, as its digits and a power of ten. */
typedef struct Part
{
	char	   *digits;
	int			whole;			/* digits before the point, leading zeros aside */
	int			exponent;
} Part;

static bool
skip_groups(const char **text, char **end)
{
	const char *start = *text;

	while (is_digit(**text))
		*(*end)++ = *(*text)++;
	if (**text != ',')
		return true;
	if (*text - start < 1 || *text - start > 3)
		return false;
	while (**text == ',')
	{
		(*text)++;
		for (int i = 0; i < 3; i++)
		{
			if (!is_digit(**text))
				return false;
			*(*end)++ = *(*text)++;
		}
	}
	return !is_digit(**text);
}

/* The power of ten behind an e: up to three digits. */
static bool
skip_exponent(const char **text, int *exponent)
{
	const char *rest = *text + 1;
	bool		negative = *rest == '-';
	int			value = 0;
	int			digits = 0;

	if (*rest == '-' || *rest == '+')
		rest++;
	for (; is_digit(*rest) && digits < 4; rest++, digits++)
		value = value * 10 + (*rest - '0');
	if (digits == 0 || value > MAX_EXPONENT || is_digit(*rest))
		return false;
	*exponent = negative ? -value : value;
	*text = rest;
	return true;
}

static bool
read_part(const char **text, Part *part)
{
	char	   *end;
	char	   *first;
	char	   *point;

	part->digits = end = palloc(strlen(*text) + 1);
	part->exponent = 0;
	if (!skip_groups(text, &end))
		return false;
	point = end;
	for (first = part->digits; first < point && *first == '0'; first++)
		 ;
	part->whole = point - first;
	if (**text == '.')
	{
		*end++ = *(*text)++;
		while (is_digit(**text))
			*end++ = *(*text)++;
		if (end == point + 1 && point == part->digits)
			return false;
		if (end == point + 1)
			end--;				/* "5." */
	}
	if (end == part->digits)
		return false;
	*end = '\0';
	if ((**text == 'e' || **text == 'E') && !skip_exponent(text, &part->exponent))
		return false;
	return part->whole + part->exponent <= MAX_EXPONENT;
}

static Datum
part_value(const Part *part, bool negative, int shift)
{
	char	   *written = psprintf("%s%se%d", negative ? "-" : "", part->digits,
								   part->exponent + shift);

	return DirectFunctionCall3(numeric_in, CStringGetDatum(written),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* (500) is -500 in accounts. */
static const char *
without_parentheses(const char *text, bool *negative)
{
	size_t		length = strlen(text);

	if (length < 3 || text[0] != '(' || strchr(text, ')') != text + length - 1)
		return text;
	*negative = true;
	text = pnstrdup(text + 1, length - 2);
	skip_blanks(&text);
	return text;
}

static bool
skip_sign(const char **text, bool *negative)
{
	static const char minus[] = "−";

	if (**text == '-' || strncmp(*text, minus, strlen(minus)) == 0)
	{
		*text += **text == '-' ? 1 : strlen(minus);
		*negative = true;
	}
	else if (**text == '+')
		(*text)++;
	else
		return false;
	skip_blanks(text);
	return true;
}

static bool
skip_currency(const char **text)
{
	if (!skip_word(text, "¥") && !skip_word(text, "人民币") && !skip_word(text, "RMB") &&
		!skip_word(text, "CNY"))
		return false;
	skip_blanks(text);
	return true;
}

/* What stands behind the digits, or NULL if that is no unit. */
static const char *
suffix_base(const char *suffix, const Unit *unit)
{
	if (*suffix == '\0' || strcmp(suffix, unit->base) == 0)
		return suffix;
	if (is_one_of(suffix, money_words, lengthof(money_words)))
		return MONEY;
	return is_share(suffix) || is_one_of(suffix, counters, lengthof(counters)) ? suffix : NULL;
}

/*
 * The number that a text is; in *value, unless that is NULL.  READ_NO_NUMBER
 * stands for every other text but those whose unit is another one.
 */
static Reading
read_amount(const char *text, const Unit *unit, Datum *value)
{
	bool		negative = false;
	const char *rest = without_parentheses(text, &negative);
	bool		money;
	bool		counted;		/* in a unit of its own, not in the column's */
	Part		parts[lengthof(multipliers)];
	int			powers[lengthof(multipliers)];
	int			n = 0;
	const char *base;
	int			shift = 0;

	if (negative && skip_sign(&rest, &negative))
		return READ_NO_NUMBER;
	if (!skip_sign(&rest, &negative))
	{
		money = skip_currency(&rest);
		if (money && !negative)
			skip_sign(&rest, &negative);
	}
	else
		money = skip_currency(&rest);

	do
	{
		if (n == (int) lengthof(parts) || !read_part(&rest, &parts[n]))
			return READ_NO_NUMBER;
		skip_blanks(&rest);
		powers[n] = skip_multipliers(&rest);
		/* 3亿5000万, and neither 1万20000 nor 1 200 */
		if (n > 0 && (powers[n] >= powers[n - 1] || parts[n].whole > powers[n - 1] - powers[n]))
			return READ_NO_NUMBER;
		n++;
	} while (is_digit(*rest) && powers[n - 1] > 0);

	skip_blanks(&rest);
	base = suffix_base(rest, unit);
	if (base == NULL || (n > 1 && powers[n - 1] == 0 && *base == '\0'))
		return READ_NO_NUMBER;
	counted = money || powers[0] > 0 || *base != '\0';
	if (money && *base == '\0')
		base = MONEY;
	if ((money && strcmp(base, MONEY) != 0) ||
		(*base != '\0' && *unit->base != '\0' && strcmp(base, unit->base) != 0 &&
		 !(is_share(base) && is_share(unit->base))) ||
		(is_share(*base == '\0' ? unit->base : base) && powers[0] > 0))
		return READ_UNIT;
	if (counted)
		shift = -unit->exponent;
	for (int i = 0; i < (int) lengthof(shares); i++)
		if (strcmp(base, shares[i].base) == 0)
			shift += shares[i].exponent;

	if (value != NULL)
	{
		*value = part_value(&parts[0], negative, powers[0] + shift);
		for (int i = 1; i < n; i++)
			*value = DirectFunctionCall2(numeric_add, *value,
										 part_value(&parts[i], negative, powers[i] + shift));
		*value = DirectFunctionCall1(numeric_trim_scale, *value);
	}
	return READ_NUMBER;
}

/* A digit, a dash or slash, and another digit or the end. */
static bool
is_range(const char *text)
{
	static const char *const between[] = {"-", "–", "—", "/", "至", "到"};

	for (const char *place = text; *place != '\0'; place++)
	{
		const char *rest = place + 1;

		if (!is_digit(*place))
			continue;
		skip_blanks(&rest);
		for (int i = 0; i < (int) lengthof(between); i++)
		{
			const char *behind = rest;

			if (!skip_word(&behind, between[i]))
				continue;
			skip_blanks(&behind);
			if (*behind == '\0' || is_digit(*behind))
				return true;
		}
	}
	return false;
}

/* Digits, commas and points that make no number, and a unit. */
static bool
has_wrong_separators(const char *text, const Unit *unit)
{
	const char *rest;

	if (!skip_sign(&text, &(bool){false}))
		skip_currency(&text);
	for (rest = text; is_digit(*rest) || *rest == ',' || *rest == '.'; rest++)
		 ;
	if (rest == text)
		return false;
	skip_blanks(&rest);
	skip_multipliers(&rest);
	return suffix_base(rest, unit) != NULL;
}

/* Nothing but numbers, multipliers and units of money, with or without blanks. */
static bool
is_several(const char *text)
{
	while (*text != '\0')
	{
		if (is_digit(*text) || *text == '.' || *text == ',' || *text == ' ' || *text == ';')
			text++;
		else if (skip_multipliers(&text) == 0 && !skip_word(&text, MONEY))
			return false;
	}
	return true;
}

static bool
is_chinese(const char *text)
{
	static const char *const numerals[] = {
		"零", "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九", "两", "十", "百", "千",
		"壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖", "拾", "佰", "仟"
	};
	bool		found = false;

	skip_currency(&text);
	while (*text != '\0')
	{
		int			i;

		for (i = 0; i < (int) lengthof(numerals); i++)
			if (skip_word(&text, numerals[i]))
				break;
		if (i < (int) lengthof(numerals))
			found = true;
		else if (skip_multipliers(&text) == 0)
			break;
	}
	return found && (*text == '\0' || is_one_of(text, money_words, lengthof(money_words)) ||
					 is_one_of(text, counters, lengthof(counters)));
}

/* Why a text that read_amount() does not take is no number. */
static Reading
why_no_number(const char *text, const Unit *unit)
{
	static const char *const inexact[] = {
		"约", "近", "左右", "上下", "以上", "以下", "余", "多", "超", "逾", "不足", "数", "几",
		"≥", "≤", ">", "<", "~"
	};
	static const char *const foreign[] = {
		"$", "€", "£", "美元", "港元", "港币", "欧元", "日元", "英镑", "韩元", "USD", "EUR", "HKD",
		"JPY", "GBP"
	};
	size_t		length = strlen(text);
	bool		digits = strpbrk(text, "0123456789") != NULL;

	if (!digits)
		return strncmp(text, "数", strlen("数")) == 0 || strncmp(text, "几", strlen("几")) == 0 ? READ_INEXACT :
			is_chinese(text) ? READ_CHINESE : READ_NO_NUMBER;
	if (holds_one_of(text, inexact, lengthof(inexact)) ||
		(length > 1 && text[length - 1] == '+' && is_digit(text[length - 2])))
		return READ_INEXACT;
	if (is_range(text))
		return READ_RANGE;
	if (holds_one_of(text, foreign, lengthof(foreign)))
		return READ_UNIT;
	if (has_wrong_separators(text, unit))
		return READ_SEPARATORS;
	return is_several(text) ? READ_SEVERAL : READ_NO_NUMBER;
}

/* Most cells hold a plain number. */
static bool
is_plain(const text *cell)
{
	const char *data = VARDATA_ANY(cell);
	int			length = VARSIZE_ANY_EXHDR(cell);
	int			i = length > 0 && data[0] == '-' ? 1 : 0;
	int			points = 0;

	if (length > MAX_PLAIN || i == length || !is_digit(data[i]) || !is_digit(data[length - 1]))
		return false;
	for (; i < length; i++)
	{
		if (data[i] == '.')
			points++;
		else if (!is_digit(data[i]))
			return false;
	}
	return points <= 1;
}

static Reading
read_number(const text *cell, const text *unit_text, Datum *value)
{
	char	   *folded;
	Unit		unit = {"", 0};
	Reading		reading;

	if (is_plain(cell))
	{
		if (value != NULL)
			*value = DirectFunctionCall1(numeric_trim_scale,
										 DirectFunctionCall3(numeric_in,
															 CStringGetDatum(text_to_cstring(cell)),
															 ObjectIdGetDatum(InvalidOid),
															 Int32GetDatum(-1)));
		return READ_NUMBER;
	}
	folded = folded_text(cell);
	if (says_nothing(folded))
		return READ_NOTHING;
	if (unit_text != NULL)
		unit = read_unit(folded_text(unit_text));
	reading = read_amount(folded, &unit, value);
	return reading == READ_NO_NUMBER ? why_no_number(folded, &unit) : reading;
}

static const text *
unit_argument(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
}

PG_FUNCTION_INFO_V1(parse_number);
/*
 * parse_number(text, unit text) → numeric
 *
 * The number that a text is, in the unit; NULL if it is none.
 */
Datum
parse_number(PG_FUNCTION_ARGS)
{
	Datum		value;

	if (PG_ARGISNULL(0) ||
		read_number(PG_GETARG_TEXT_PP(0), unit_argument(fcinfo), &value) != READ_NUMBER)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value);
}

PG_FUNCTION_INFO_V1(number_problem);
/*
 * number_problem(text, unit text) → text
 *
 * Why a text is no number; NULL if it is one, or says nothing.
 */
Datum
number_problem(PG_FUNCTION_ARGS)
{
	Reading		reading;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reading = read_number(PG_GETARG_TEXT_PP(0), unit_argument(fcinfo), NULL);
	if (reading == READ_NUMBER || reading == READ_NOTHING)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reasons[reading]));
}
