--
-- What the report shows, as one JSON document: read from the views of the demo's scoreboard "innovation" and from
-- histogram_chart().  Run by tools/report.sh with psql -At.
--
\set QUIET on
SET client_min_messages = warning;
SET extra_float_digits = 1;

CREATE TEMP TABLE ranking AS
SELECT * FROM innovation_ranking WHERE year >= (SELECT max(year) - 1 FROM enterprise);
CREATE TEMP TABLE whitelist AS
SELECT * FROM innovation_whitelist WHERE year = (SELECT max(year) FROM enterprise);
CREATE TEMP TABLE detail AS
SELECT credit_code, stage, indicator, normalized FROM innovation_detail
WHERE year = (SELECT max(year) FROM enterprise) AND status <> 'rounding';
CREATE TEMP TABLE present AS
SELECT * FROM ranking WHERE year = (SELECT max(year) FROM enterprise) AND score IS NOT NULL;
ANALYZE ranking, whitelist, present;

-- The firms whose radar can be chosen: the best of every stage, and those around the cut of the whitelist.
CREATE TEMP TABLE chosen AS
SELECT credit_code, name, city, stage, score, rank, stage_rank
FROM present
WHERE stage_rank <= 3
UNION
(SELECT p.credit_code, p.name, p.city, p.stage, p.score, p.rank, p.stage_rank
 FROM present p JOIN whitelist w USING (credit_code)
 WHERE w.decision = 'listed' ORDER BY p.rank DESC, p.credit_code LIMIT 3)
UNION
(SELECT p.credit_code, p.name, p.city, p.stage, p.score, p.rank, p.stage_rank
 FROM present p JOIN whitelist w USING (credit_code)
 WHERE w.decision = 'reserve' ORDER BY p.rank, p.credit_code LIMIT 3);

CREATE TEMP TABLE profile AS
SELECT credit_code, jsonb_object_agg(indicator, normalized) AS normalized
FROM detail WHERE credit_code IN (SELECT credit_code FROM chosen) GROUP BY credit_code;

CREATE TEMP TABLE movement AS
SELECT n.credit_code, n.name, n.city, o.rank AS old_rank, n.rank AS new_rank,
       ceil(o.percentile / 20)::int AS old_fifth, ceil(n.percentile / 20)::int AS new_fifth
FROM present n JOIN ranking o ON o.credit_code = n.credit_code AND o.year = n.year - 1 AND o.score IS NOT NULL;

SELECT jsonb_build_object(
    'version', (SELECT extversion FROM pg_extension WHERE extname = 'innovation_score'),
    'scheme', (SELECT jsonb_build_object('title', s.title, 'provisional', s.provisional, 'extreme', s.extreme)
               FROM innovation_score.scheme s JOIN innovation_score.scoreboard b USING (scheme)
               WHERE b.scoreboard = 'public.innovation'),
    'year', (SELECT max(year) FROM present),
    'figures', (SELECT jsonb_build_object(
                    'firms', count(*), 'median', percentile_cont(0.5) WITHIN GROUP (ORDER BY score),
                    'coverage', percentile_cont(0.5) WITHIN GROUP (ORDER BY coverage),
                    'listed', (SELECT count(*) FROM whitelist WHERE decision = 'listed'),
                    'reserve', (SELECT count(*) FROM whitelist WHERE decision = 'reserve'))
                FROM present),
    'stages', (SELECT jsonb_agg(to_jsonb(d) || jsonb_build_object('title', s.title) ORDER BY s.position)
               FROM innovation_score.stage s
               JOIN (SELECT stage, sum(n) AS firms, jsonb_object_agg(bin, n) AS bins,
                            max(median) AS median, max(lower) AS lower, max(upper) AS upper
                     FROM (SELECT stage, floor(score / 2.5)::int AS bin, count(*) AS n FROM present GROUP BY 1, 2) b
                     JOIN (SELECT stage, percentile_cont(0.5) WITHIN GROUP (ORDER BY score) AS median,
                                  percentile_cont(0.25) WITHIN GROUP (ORDER BY score) AS lower,
                                  percentile_cont(0.75) WITHIN GROUP (ORDER BY score) AS upper
                           FROM present GROUP BY stage) q USING (stage)
                     GROUP BY stage) d USING (stage)
               WHERE s.scheme = 'national-2024'),
    'cities', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.median DESC, c.city)
               FROM (SELECT p.city, count(*) AS firms, percentile_cont(0.5) WITHIN GROUP (ORDER BY p.score) AS median,
                            percentile_cont(0.25) WITHIN GROUP (ORDER BY p.score) AS lower,
                            percentile_cont(0.75) WITHIN GROUP (ORDER BY p.score) AS upper,
                            count(*) FILTER (WHERE w.decision = 'listed') AS listed
                     FROM present p JOIN whitelist w USING (credit_code) GROUP BY p.city) c),
    'indicators', (SELECT jsonb_agg(jsonb_build_object('indicator', i.indicator, 'title', i.title)
                                    ORDER BY c.position, i.position)
                   FROM innovation_score.indicator i JOIN innovation_score.category c USING (scheme, category)
                   WHERE i.scheme = 'national-2024'),
    'medians', (SELECT jsonb_object_agg(stage, medians)
                FROM (SELECT stage, jsonb_object_agg(indicator, median) AS medians
                      FROM (SELECT stage, indicator,
                                   percentile_cont(0.5) WITHIN GROUP (ORDER BY normalized) AS median
                            FROM detail WHERE stage IS NOT NULL GROUP BY stage, indicator) m
                      GROUP BY stage) s),
    'chosen', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.rank, c.credit_code)
               FROM (SELECT * FROM chosen JOIN profile USING (credit_code)) c),
    'histogram', jsonb_build_object('indicator', 'revenue', 'title', '营业收入 revenue（万元 10,000 yuan）',
                                    'values', innovation_score.histogram_chart('innovation', indicator => 'revenue')
                                              #> '{data,values}'),
    'movement', jsonb_build_object(
        'fifths', (SELECT jsonb_agg(jsonb_build_object('old', old_fifth, 'new', new_fifth, 'firms', n)
                                    ORDER BY old_fifth, new_fifth)
                   FROM (SELECT old_fifth, new_fifth, count(*) AS n FROM movement GROUP BY 1, 2) f),
        'climbers', (SELECT jsonb_agg(to_jsonb(m) ORDER BY old_rank - new_rank DESC, credit_code)
                     FROM (SELECT * FROM movement ORDER BY old_rank - new_rank DESC, credit_code LIMIT 5) m),
        'fallers', (SELECT jsonb_agg(to_jsonb(m) ORDER BY new_rank - old_rank DESC, credit_code)
                    FROM (SELECT * FROM movement ORDER BY new_rank - old_rank DESC, credit_code LIMIT 5) m)),
    'whitelist', (SELECT jsonb_agg(jsonb_build_array(rank, name, credit_code, city, stage, score, decision, reasons)
                                   ORDER BY rank, credit_code)
                  FROM (SELECT *, row_number() OVER (PARTITION BY decision ORDER BY rank, credit_code) AS n
                        FROM whitelist WHERE rank IS NOT NULL) w
                  WHERE decision <> 'rejected' OR n <= 200));
