/*-------------------------------------------------------------------------
 *
 * method_text.h
 *	  The small grammar that extreme-value methods, directions and transforms
 *	  share: a name, or a name with numbers: "iqr(1.5)", "interval(40,60)"; a
 *	  form may allow numbers to be left out, "fixed(0,)", or end with a word,
 *	  "iqr(1.5,inside)".
 *
 *-------------------------------------------------------------------------
 */
#ifndef METHOD_TEXT_H
#define METHOD_TEXT_H

#define METHOD_MAX_ARGUMENTS	3

/* Room for any method's canonical text. */
#define METHOD_TEXT_SIZE		160

typedef struct MethodForm
{
	const char *name;
	int			kind;			/* the caller's code for it */
	int			narguments;
	bool		optional;		/* may its arguments be left out? */
	const char *word;			/* behind its arguments, or NULL */
} MethodForm;

/*
 * Parse "input" (length bytes) against a list of forms that ends with a NULL
 * name.  Returns NULL and fills kind and arguments; or returns what is wrong,
 * as a clause for an error's detail.  Numbers are finite, NaN where they are left
 * out.  A name may be listed again, with another number of arguments or another
 * word.
 */
extern const char *method_text_parse(const char *input, int length,
									 const MethodForm *forms, int *kind,
									 double *arguments);

/*
 * The same of the text from *at to "end", which need not end behind the form:
 * *at is moved behind it and the blanks there.
 */
extern const char *method_text_scan(const char **at, const char *end,
									const MethodForm *forms, int *kind,
									double *arguments);

/* The canonical text: no blanks, shortest numbers that read back the same. */
extern void method_text_print(const MethodForm *forms, int kind,
							  const double *arguments, char *output);

#endif							/* METHOD_TEXT_H */
