/*-------------------------------------------------------------------------
 *
 * folded_text.c
 *	  What a cell of a register says, its characters in their plain forms.
 *
 * Only forms of width are folded: compatibility normalization (NFKC) would
 * turn 5¹ into 51.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "support/compat.h"
#include "collect/folded_text.h"

#define FULL_WIDTH_FIRST	0xFF01
#define FULL_WIDTH_LAST		0xFF5E
#define FULL_WIDTH_DISTANCE 0xFEE0
#define FULL_WIDTH_YEN		0xFFE5
#define YEN					0x00A5

static pg_wchar
folded_character(pg_wchar character)
{
	if (character >= FULL_WIDTH_FIRST && character <= FULL_WIDTH_LAST)
		return character - FULL_WIDTH_DISTANCE;
	switch (character)
	{
		case FULL_WIDTH_YEN:
			return YEN;
		case 0x3000:			/* ideographic space */
		case 0x00A0:			/* no-break space */
		case 0x2007:			/* figure space */
		case 0x202F:			/* narrow no-break space */
		case 0xFEFF:			/* byte order mark */
		case '\t':
		case '\n':
		case '\r':
			return ' ';
		default:
			return character;
	}
}

char *
folded_text(const text *cell)
{
	char	   *given = VARDATA_ANY(cell);
	int			length = VARSIZE_ANY_EXHDR(cell);
	char	   *utf8 = pg_server_to_any(given, length, PG_UTF8);
	char	   *folded;
	char	   *end;
	int			i = 0;

	if (utf8 != given)
		length = strlen(utf8);
	/* No folded character is longer than the one that it stands for. */
	folded = end = palloc(length + 1);
	while (i < length)
	{
		int			bytes = pg_utf_mblen((unsigned char *) utf8 + i);

		if (bytes == 1)
			*end++ = (char) folded_character((unsigned char) utf8[i]);
		else
		{
			pg_wchar	character = folded_character(utf8_to_unicode((unsigned char *) utf8 + i));

			unicode_to_utf8(character, (unsigned char *) end);
			end += pg_utf_mblen((unsigned char *) end);
		}
		i += bytes;
	}
	while (end > folded && end[-1] == ' ')
		end--;
	*end = '\0';
	while (*folded == ' ')
		folded++;
	return folded;
}

bool
says_nothing(const char *folded)
{
	static const char *const words[] = {
		"", "/", ".", "*", "…", "……", "n/a", "#n/a", "na", "null", "无", "无数据", "未披露", "不适用", "暂无"
	};
	static const char *const dashes[] = {"-", "–", "—", "―"};
	const char *rest = folded;

	for (int i = 0; i < (int) lengthof(words); i++)
		if (pg_strcasecmp(folded, words[i]) == 0)
			return true;
	while (*rest != '\0')
	{
		int			i;

		for (i = 0; i < (int) lengthof(dashes); i++)
			if (strncmp(rest, dashes[i], strlen(dashes[i])) == 0)
				break;
		if (i == (int) lengthof(dashes))
			return false;
		rest += strlen(dashes[i]);
	}
	return true;
}
