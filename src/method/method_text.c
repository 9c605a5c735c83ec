/*-------------------------------------------------------------------------
 *
 * method_text.c
 *	  The small grammar of methods, directions and transforms.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "common/shortest_dec.h"

#include "method/method_text.h"

#define BLANKS	" \t\n\r"

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(BLANKS, *at) != NULL)
		at++;
	return at;
}

/* Read one finite decimal number; NULL if there is none. */
static const char *
parse_number(const char *at, const char *end, double *number)
{
	char		buffer[64];
	size_t		length = 0;
	char	   *stop;

	while (at + length < end && length < sizeof(buffer) - 1 &&
		   strchr("0123456789+-.eE", at[length]) != NULL)
		length++;
	if (length == 0)
		return NULL;
	memcpy(buffer, at, length);
	buffer[length] = '\0';
	*number = strtod(buffer, &stop) + 0.0;
	if (stop != buffer + length || !isfinite(*number))
		return NULL;
	return at + length;
}

static bool
is_named(const MethodForm *form, const char *name, int length)
{
	return strlen(form->name) == (size_t) length &&
		memcmp(form->name, name, length) == 0;
}

const char *
method_text_parse(const char *input, int length, const MethodForm *forms,
				  int *kind, double *arguments)
{
	const char *end = input + length;
	const char *name = skip_blanks(input, end);
	const char *at = name;
	const MethodForm *form;
	int			length_of_name;
	int			most = -1;
	int			found = 0;

	if (memchr(input, '\0', length) != NULL)
		return "it contains a zero byte";

	while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '_'))
		at++;
	length_of_name = at - name;
	for (form = forms; form->name != NULL; form++)
		if (is_named(form, name, length_of_name))
			most = Max(most, form->narguments);
	if (most < 0)
		return "its name is not known";

	memset(arguments, 0, METHOD_MAX_ARGUMENTS * sizeof(double));
	at = skip_blanks(at, end);
	if (at < end && *at == '(')
	{
		do
		{
			if (found >= most)
				return "it has too many parameters";
			at = parse_number(skip_blanks(at + 1, end), end, &arguments[found++]);
			if (at == NULL)
				return "a parameter is not a finite number";
			at = skip_blanks(at, end);
		} while (at < end && *at == ',');
		if (at == end || *at != ')')
			return "its parameter list is not closed";
		at = skip_blanks(at + 1, end);
	}
	if (at != end)
		return "there is something behind its end";
	for (form = forms; form->name != NULL; form++)
		if (form->narguments == found && is_named(form, name, length_of_name))
			break;
	if (form->name == NULL)
		return "it has too few parameters";

	*kind = form->kind;
	return NULL;
}

void
method_text_print(const MethodForm *forms, int kind, const double *arguments,
				  char *output)
{
	const MethodForm *form = forms;

	while (form->kind != kind)
		form++;

	strcpy(output, form->name);
	output += strlen(output);
	for (int i = 0; i < form->narguments; i++)
	{
		*output++ = i == 0 ? '(' : ',';
		output += double_to_shortest_decimal_buf(arguments[i], output);
	}
	if (form->narguments > 0)
		*output++ = ')';
	*output = '\0';
}
