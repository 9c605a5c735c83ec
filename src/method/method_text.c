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

/* Does the word stand at the place, and end there? */
static bool
is_word(const char *at, const char *end, const char *word)
{
	size_t		length = strlen(word);

	return (size_t) (end - at) >= length && memcmp(at, word, length) == 0 &&
		(at + length == end || strchr(BLANKS ",)", at[length]) != NULL);
}

/* What is known of the forms of one name. */
typedef struct NamedForms
{
	int			most;			/* arguments, the word included; -1: no form */
	bool		optional;
	const char *word;
} NamedForms;

static NamedForms
find_forms(const MethodForm *forms, const char *name, int length)
{
	NamedForms	named = {-1, false, NULL};

	for (const MethodForm *form = forms; form->name != NULL; form++)
		if (is_named(form, name, length))
		{
			named.most = Max(named.most, form->narguments + (form->word != NULL));
			named.optional |= form->optional;
			if (form->word != NULL)
				named.word = form->word;
		}
	return named;
}

/* Read one argument, NaN where it is left out; NULL if there is none. */
static const char *
parse_argument(const char *at, const char *end, const NamedForms *named,
			   double *argument, bool *word)
{
	at = skip_blanks(at, end);
	if (named->word != NULL && is_word(at, end, named->word))
	{
		*word = true;
		return at + strlen(named->word);
	}
	if (named->optional && at < end && (*at == ',' || *at == ')'))
	{
		*argument = NAN;
		return at;
	}
	return parse_number(at, end, argument);
}

const char *
method_text_scan(const char **input, const char *end, const MethodForm *forms,
				 int *kind, double *arguments)
{
	const char *name = skip_blanks(*input, end);
	const char *at = name;
	const MethodForm *form;
	NamedForms	named;
	int			length_of_name;
	int			found = 0;
	bool		word = false;

	while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '_'))
		at++;
	length_of_name = at - name;
	named = find_forms(forms, name, length_of_name);
	if (named.most < 0)
		return "its name is not known";

	memset(arguments, 0, METHOD_MAX_ARGUMENTS * sizeof(double));
	at = skip_blanks(at, end);
	if (at < end && *at == '(')
	{
		do
		{
			double		argument = 0;

			if (found + word >= named.most)
				return "it has too many parameters";
			if (word)
				return "a parameter is not a finite number";
			at = parse_argument(at + 1, end, &named, &argument, &word);
			if (at == NULL)
				return "a parameter is not a finite number";
			if (!word)
				arguments[found++] = argument;
			at = skip_blanks(at, end);
		} while (at < end && *at == ',');
		if (at == end || *at != ')')
			return "its parameter list is not closed";
		at = skip_blanks(at + 1, end);
	}
	*input = at;
	for (form = forms; form->name != NULL; form++)
		if (form->narguments == found && (form->word != NULL) == word &&
			is_named(form, name, length_of_name))
			break;
	if (form->name == NULL)
		return "it has too few parameters";

	*kind = form->kind;
	return NULL;
}

const char *
method_text_parse(const char *input, int length, const MethodForm *forms,
				  int *kind, double *arguments)
{
	const char *end = input + length;
	const char *at = input;
	const char *problem;

	if (memchr(input, '\0', length) != NULL)
		return "it contains a zero byte";
	problem = method_text_scan(&at, end, forms, kind, arguments);
	if (problem == NULL && at != end)
		return "there is something behind its end";
	return problem;
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
		if (!isnan(arguments[i]))
			output += double_to_shortest_decimal_buf(arguments[i], output);
	}
	if (form->word != NULL)
		output += sprintf(output, ",%s", form->word);
	if (form->narguments > 0)
		*output++ = ')';
	*output = '\0';
}
