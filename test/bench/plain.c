/*
 * The same bounds, scores and ranks in plain C over arrays, one thread: how
 * fast the machine could be if nothing were stored in a database.
 *
 * Arguments: data.csv, weights.csv (indicator, category, a column a stage),
 * the number of runs, result.csv.  Prints name <tab> milliseconds, and the
 * processor time as "name CPU".
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INDICATORS	64
#define STAGES		8
#define CATEGORIES	8

static int	nindicators,
			nstages,
			ncategories;
static char *stage_name[STAGES];
static char *category_name[CATEGORIES];
static char *indicator_name[INDICATORS];
static int	category[INDICATORS];
static double weight[STAGES][INDICATORS];

static int	nfirms;
static long *firm;
static int *stage;
static double *value[INDICATORS];

static double *score;
static double *category_score[CATEGORIES];
static int *rank;
static int *stage_rank;

static int
find(char **names, int *n, const char *name)
{
	for (int i = 0; i < *n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	names[*n] = strdup(name);
	return (*n)++;
}

static void
read_weights(FILE *file)
{
	char		line[4096];

	while (fgets(line, sizeof(line), file))
	{
		char	   *rest = line;
		char	   *indicator = strsep(&rest, ",");
		char	   *name = strsep(&rest, ",");
		char	   *field;

		if (nstages == 0)
			while ((field = strsep(&rest, ",\n")) && *field)
				find(stage_name, &nstages, field);
		else
		{
			category[nindicators] = find(category_name, &ncategories, name);
			indicator_name[nindicators] = strdup(indicator);
			for (int s = 0; s < nstages; s++)
				weight[s][nindicators] = atof(strsep(&rest, ",\n"));
			nindicators++;
		}
	}
}

static void
read_firms(FILE *file)
{
	char		line[65536];
	int			room = 0;
	int			place[INDICATORS + 2];

	for (int n = -1; fgets(line, sizeof(line), file); n++)
	{
		char	   *rest = line;
		char	   *field;

		if (n == room)
		{
			room = room ? room * 2 : 65536;
			firm = realloc(firm, room * sizeof(long));
			stage = realloc(stage, room * sizeof(int));
			for (int i = 0; i < nindicators; i++)
				value[i] = realloc(value[i], room * sizeof(double));
		}
		for (int column = 0; (field = strsep(&rest, ",\n")) && rest; column++)
		{
			if (n < 0)
				place[column] = column < 2 ? 0 : find(indicator_name, &nindicators, field);
			else if (column == 0)
				firm[n] = atol(field);
			else if (column == 1)
				stage[n] = find(stage_name, &nstages, field);
			else
				value[place[column]][n] = *field ? atof(field) : NAN;
		}
		nfirms = n + 1;
	}
}

/* The k-th smallest of a[0 .. n-1], which are moved around. */
static double
order_statistic(double *a, int n, int k)
{
	int			first = 0;
	int			last = n - 1;

	while (first < last)
	{
		double		pivot = a[k];
		int			i = first;
		int			j = last;

		while (i <= j)
		{
			while (a[i] < pivot)
				i++;
			while (pivot < a[j])
				j--;
			if (i <= j)
			{
				double		other = a[i];

				a[i++] = a[j];
				a[j--] = other;
			}
		}
		if (j < k)
			first = i;
		if (k < i)
			last = j;
	}
	return a[k];
}

static double
percentile(double *a, int n, double p)
{
	double		place = p * (n - 1);
	int			k = (int) floor(place);
	double		low = order_statistic(a, n, k);
	double		high = k + 1 < n ? order_statistic(a, n, k + 1) : low;

	return low + (place - k) * (high - low);
}

static void
bounds(double *work, double *lower, double *upper)
{
	for (int i = 0; i < nindicators; i++)
	{
		int			n = 0;

		for (int f = 0; f < nfirms; f++)
			if (!isnan(value[i][f]))
				work[n++] = value[i][f];
		lower[i] = percentile(work, n, 0.01);
		upper[i] = percentile(work, n, 0.99);
		if (!(lower[i] < upper[i]))
		{
			lower[i] = order_statistic(work, n, 0);
			upper[i] = order_statistic(work, n, n - 1);
		}
	}
}

typedef struct
{
	unsigned long key;			/* the bits of the score, which is not negative, inverted: ascends where scores descend */
	int			firm;
} Pair;

/* Radix sort of eleven bits at a time; the pairs end where they began. */
static void
sort(Pair *pairs, Pair *other)
{
	for (int shift = 0; shift < 66; shift += 11)
	{
		int			start[2049] = {0};
		Pair	   *swap = pairs;

		for (int f = 0; f < nfirms; f++)
			start[((pairs[f].key >> shift) & 2047) + 1]++;
		for (int b = 0; b < 2048; b++)
			start[b + 1] += start[b];
		for (int f = 0; f < nfirms; f++)
			other[start[(pairs[f].key >> shift) & 2047]++] = pairs[f];
		pairs = other;
		other = swap;
	}
}

static void
whole(double *work, Pair *pairs, Pair *other)
{
	double		lower[INDICATORS];
	double		upper[INDICATORS];
	double		most[STAGES][CATEGORIES] = {{0}};
	int			count[STAGES] = {0};
	int			place[STAGES] = {0};
	double		last[STAGES];

	bounds(work, lower, upper);
	for (int s = 0; s < nstages; s++)
		for (int i = 0; i < nindicators; i++)
			most[s][category[i]] += weight[s][i];
	for (int f = 0; f < nfirms; f++)
	{
		double		sum[CATEGORIES] = {0};
		double		total = 0;
		double		full = 0;

		for (int i = 0; i < nindicators; i++)
		{
			double		x = value[i][f];

			x = x > lower[i] ? (x < upper[i] ? x : upper[i]) : lower[i];
			sum[category[i]] += weight[stage[f]][i] * ((x - lower[i]) / (upper[i] - lower[i]));
		}
		for (int c = 0; c < ncategories; c++)
		{
			category_score[c][f] = 100 * sum[c] / most[stage[f]][c];
			total += sum[c];
			full += most[stage[f]][c];
		}
		score[f] = 100 * total / full;
		memcpy(&pairs[f].key, &score[f], sizeof(double));
		pairs[f].key = ~pairs[f].key;
		pairs[f].firm = f;
	}
	sort(pairs, other);
	for (int p = 0; p < nfirms; p++)
	{
		int			f = pairs[p].firm;
		int			s = stage[f];

		rank[f] = p > 0 && score[pairs[p - 1].firm] == score[f] ? rank[pairs[p - 1].firm] : p + 1;
		count[s]++;
		if (count[s] == 1 || last[s] != score[f])
			place[s] = count[s];
		last[s] = score[f];
		stage_rank[f] = place[s];
	}
}

static double
milliseconds(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

int
main(int argc, char **argv)
{
	FILE	   *data = argc == 5 ? fopen(argv[1], "r") : NULL;
	FILE	   *weights = argc == 5 ? fopen(argv[2], "r") : NULL;
	FILE	   *result = argc == 5 ? fopen(argv[4], "w") : NULL;
	double	   *work;
	Pair	   *pairs,
			   *other;

	if (!data || !weights || !result)
	{
		fprintf(stderr, "usage: plain data.csv weights.csv runs result.csv\n");
		return 1;
	}
	read_weights(weights);
	read_firms(data);
	work = malloc(nfirms * sizeof(double));
	pairs = malloc(nfirms * sizeof(Pair));
	other = malloc(nfirms * sizeof(Pair));
	score = malloc(nfirms * sizeof(double));
	rank = malloc(nfirms * sizeof(int));
	stage_rank = malloc(nfirms * sizeof(int));
	for (int c = 0; c < ncategories; c++)
		category_score[c] = malloc(nfirms * sizeof(double));
	for (int run = 0; run < atoi(argv[3]); run++)
	{
		double		start = milliseconds(CLOCK_MONOTONIC);
		double		cpu = milliseconds(CLOCK_PROCESS_CPUTIME_ID);

		whole(work, pairs, other);
		printf("c whole\t%.1f\nc whole CPU\t%.1f\n", milliseconds(CLOCK_MONOTONIC) - start,
			   milliseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	}
	for (int f = 0; f < nfirms; f++)
	{
		fprintf(result, "%ld,%s,%.17g", firm[f], stage_name[stage[f]], score[f]);
		for (int c = 0; c < ncategories; c++)
			fprintf(result, ",%.17g", category_score[c][f]);
		fprintf(result, ",%d,%d\n", rank[f], stage_rank[f]);
	}
	return 0;
}
