/*
 * first.c
 *	  A library to load into postgres beside AddressSanitizer's, linked with
 *	  -z initfirst.
 *
 * AddressSanitizer's library starts to work at the first malloc.  In Debian's
 * postgres that is one of libgpg-error's, in bindtextdomain() with gettext's
 * lock held; and the start leads to gettext, too (dlsym, which finds nothing,
 * and dlerror), and leaves the lock such that main() waits for it for ever.
 * Here a malloc comes before those of all other libraries.
 */
#include <stdlib.h>

void	   *volatile first_malloc;

__attribute__((constructor))
static void
first(void)
{
	first_malloc = malloc(1);
	free(first_malloc);
}
