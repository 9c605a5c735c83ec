/*
 * options.c
 *	  Only compiled in by "make check-sanitize".
 */
#include "postgres.h"

extern const char *__ubsan_default_options(void);

/*
 * UndefinedBehaviorSanitizer's library takes its options at the first error,
 * from /proc/self/environ, where PostgreSQL has written the title of the
 * process by then; and from here.
 */
const char *
__ubsan_default_options(void)
{
	const char *options = getenv("UBSAN_OPTIONS");

	return options ? options : "";
}
