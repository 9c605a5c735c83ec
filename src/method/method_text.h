/*-------------------------------------------------------------------------
 *
 * method_text.h
 *	  The small grammar that extreme-value methods, directions and transforms
 *	  share: a name, or a name with numbers: "iqr(1.5)", "interval(40,60)".
 *
 *-------------------------------------------------------------------------
 */
#ifndef METHOD_TEXT_H
#define METHOD_TEXT_H

#define METHOD_MAX_ARGUMENTS	3

/* Room for any method's canonical text. */
#define METHOD_TEXT_SIZE		128

typedef struct MethodForm
{
	const char *name;
	int			kind;			/* the caller's code for it */
	int			narguments;
} MethodForm;

/*
 * Parse "input" (length bytes) against a list of forms that ends with a NULL
 * name.  Returns NULL and fills kind and arguments; or returns what is wrong,
 * as a clause for an error's detail.  Numbers are finite.  A name may be listed
 * again, with another number of arguments.
 */
extern const char *method_text_parse(const char *input, int length,
									 const MethodForm *forms, int *kind,
									 double *arguments);

/* The canonical text: no blanks, shortest numbers that read back the same. */
extern void method_text_print(const MethodForm *forms, int kind,
							  const double *arguments, char *output);

#endif							/* METHOD_TEXT_H */
