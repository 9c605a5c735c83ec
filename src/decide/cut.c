/*-------------------------------------------------------------------------
 *
 * cut.c
 *	  Competition places, the one thing that every cut is made of.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "decide/cut.h"
#include "rank/rank_external.h"

/* How many rows of a group stand above a run of equal keys, and in it. */
typedef struct GroupCount
{
	uint32		above;
	uint32		in_run;
} GroupCount;

void
cut_places(const SortItem *item, CutRow *row, int64 n, uint32 ngroups)
{
	GroupCount *count = palloc0(Max(ngroups, 1) * sizeof(GroupCount));
	int64		end;

	for (int64 start = 0; start < n; start = end)
	{
		CHECK_FOR_INTERRUPTS();
		for (end = start; end < n && item[end].key == item[start].key; end++)
			if (row[end].group != NOT_IN_CUT)
				count[row[end].group].in_run++;
		for (int64 i = start; i < end; i++)
		{
			row[i].place = (Place)
			{
				0
			};
			if (row[i].group != NOT_IN_CUT)
			{
				row[i].place.place = count[row[i].group].above + 1;
				row[i].place.ties = count[row[i].group].in_run;
			}
		}
		for (int64 i = start; i < end; i++)
			if (row[i].group != NOT_IN_CUT)
			{
				count[row[i].group].above += count[row[i].group].in_run;
				count[row[i].group].in_run = 0;
			}
	}
	pfree(count);
}

void
rank_items(const SortItem *item, int64 n, const int16 *stage, int nstages,
		   ScoreRanks *ranks)
{
	FieldRank	all = {0};
	FieldRank  *of_stage = palloc0(Max(nstages, 1) * sizeof(FieldRank));

	for (int64 i = 0; i < n; i++)
	{
		int64		place = item[i].place;

		CHECK_FOR_INTERRUPTS();
		ranks[place].rank = (uint32) next_rank(&all, item[i].key);
		ranks[place].stage_rank = stage[place] < 0 ? 0 :
			(uint32) next_rank(&of_stage[stage[place]], item[i].key);
	}
	pfree(of_stage);
}
