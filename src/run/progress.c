/*-------------------------------------------------------------------------
 *
 * progress.c
 *	  What a run has done so far, told to those who ask for it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/guc.h"

#include "run/progress.h"

void
progress_begin(Progress *progress)
{
	pg_rusage_init(progress);
}

void
progress_tell(Progress *progress, const char *done, int64 count, const char *kind)
{
	/* INFO itself is sent whatever is set. */
	if (client_min_messages <= INFO)
		ereport(INFO,
				(errmsg("%s %lld %s", done, (long long) count, kind),
				 errdetail_internal("%s", pg_rusage_show(progress))));
	pg_rusage_init(progress);
}
