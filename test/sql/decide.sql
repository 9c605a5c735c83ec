-- rules as values; and ranks, places, decisions and reasons against plain SQL over 2,000 random periods
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
SET search_path = public, innovation_score;
\pset format unaligned
\pset null '(null)'
\set attempt `echo "${PG_ABS_SRCDIR:-test}/data/attempt.sql"`
\i :attempt

-- ---------------------------------------------------------------- rules

-- one form: keys in any order, numbers in any form, null as none
SELECT '{"top_n": 4, "min_score": 30.50, "quota_n": 2, "quota_by": "city", "required": null}'::list_rule;
SELECT '{"category_minimum": {"研发": 12.5, "b": 0}, "required": "a \"b\"", "qualifies": "c", "min_coverage": 0.8, "reserve_n": 3}'::jsonb::list_rule::jsonb;
SELECT '{"top_n": 4, "min_score": 30}'::list_rule = '{"min_score": 3e1, "top_n": 4}' AS same, '{"top_n": 4}'::list_rule <> '{"top_n": 5}' AS other,
       '{"top_n": 4}'::list_rule < '{"top_n": 5}' AS less, '{"top_n": 4}'::list_rule <= '{"top_n": 4}' AS less_or_same,
       '{"top_n": 4}'::list_rule > '{"top_n": 5}' AS greater, '{"top_n": 4}'::list_rule >= '{"top_n": 5}' AS greater_or_same;
CREATE TABLE kept (rule list_rule PRIMARY KEY);
INSERT INTO kept SELECT ('{"top_n": ' || i || '}')::list_rule FROM generate_series(1, 100) i;
SELECT attempt($$INSERT INTO kept VALUES ('{"top_n": 7.0}')$$) ~ '^23505: ' AS refused;
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT count(*) AS merged FROM kept a JOIN kept b USING (rule);
SET enable_hashjoin = on;
SET enable_mergejoin = off;
SELECT count(*) AS hashed FROM kept a JOIN kept b USING (rule);
RESET enable_hashjoin;
RESET enable_mergejoin;
RESET enable_nestloop;
-- what is refused
SELECT rule, attempt(format('SELECT %L::list_rule', rule)) FROM unnest(ARRAY['{"top_m": 4}', '{"top_n": 0}', '{"top_n": 1.5}', '{"top_n": "4"}', '{"top_n": 3000000000}',
    '{"quota_n": 2}', '{"quota_by": "city"}', '{"min_coverage": 1.5}', '{"category_minimum": [1]}', '{"category_minimum": {"a": "b"}}', '{"required": 1}', '[]', '4', '{"required_condition": "rank < 2"}', '{"required": "x", "required_condition": "nix < 2"}', '{"required": "x", "required_condition": "rank"}',
    '{"values": {}}', '{"values": [1]}', '{"values": [{"name": "a"}]}', '{"values": [{"name": "a", "kind": "nix"}]}', '{"values": [{"name": "a", "kind": "indicator"}]}', '{"tiers": {}}', '{"tiers": "A"}']) AS rule;

-- ---------------------------------------------------------------- reasons

SELECT '[{"code": "score_reached", "value": 57.8455, "minimum": 30}, {"code": "quota_place", "place": 1, "n": 2, "key": "杭州"}, {"code": "top_place", "place": 1, "n": 4}]'::decision_reasons AS reasons \gset
SELECT :'reasons';
SELECT reason_text(:'reasons', language) FROM unnest('{zh,en}'::text[]) language;
SELECT attempt(format('SELECT reason_text(%L, %L)', :'reasons', language)) FROM unnest('{de,zh_CN,""}'::text[]) language;
SELECT reason_text('[]', 'en') AS none, reason_text(NULL, 'en');
-- every reason there is, in both languages
CREATE TABLE every_reason (reason decision_reasons);
INSERT INTO every_reason SELECT jsonb_build_array(r) ::text::decision_reasons FROM jsonb_array_elements('[
    {"code": "no_rule"}, {"code": "missing", "name": "stage"}, {"code": "group_unfitted"}, {"code": "small_group"}, {"code": "unfitted"},
    {"code": "scheme_coverage", "value": 0.473684210526, "minimum": 0.5}, {"code": "values_missing"}, {"code": "quality_errors", "rules": "r1, r2"},
    {"code": "direct", "condition": "unicorn"}, {"code": "score_reached", "value": 60, "minimum": 60}, {"code": "score_below", "value": 59.99999, "minimum": 60},
    {"code": "coverage_reached", "value": 1, "minimum": 0.9}, {"code": "coverage_below", "value": 0.473684210526, "minimum": 0.9},
    {"code": "category_reached", "category": "rd", "value": 12.5, "minimum": 10}, {"code": "category_below", "category": "rd", "value": -0.25, "minimum": 10},
    {"code": "category_missing", "category": "rd", "minimum": 10}, {"code": "required_unmet", "condition": "revenue > 1"},
    {"code": "required_unknown", "condition": "revenue > 1"}, {"code": "excluded", "reason": "欠税"}, {"code": "excluded_until", "reason": "欠税", "until": "2099-12-31"},
    {"code": "earlier", "batch": 2}, {"code": "quota_missing", "name": "city"}, {"code": "quota_used", "place": 3, "n": 2, "key": "杭州"},
    {"code": "quota_tied", "place": 2, "n": 2, "key": "杭州", "ties": 3}, {"code": "quota_place", "place": 1, "n": 2, "key": "杭州"}, {"code": "top_beyond", "place": 5, "n": 3},
    {"code": "top_tied", "place": 3, "n": 3, "ties": 2}, {"code": "top_place", "place": 1, "n": 3}, {"code": "reserve_tied", "place": 1, "n": 1, "ties": 2},
    {"code": "reserve_place", "place": 1, "n": 2}, {"code": "no_places"}, {"code": "all_met"},
    {"code": "no_tiers"}, {"code": "no_score"}, {"code": "tier_reached", "value": 84.227, "minimum": 80, "tier": "甲级"}, {"code": "tier_below", "value": 79.9999, "minimum": 80, "tier": "甲级"},
    {"code": "tier_share", "place": 1, "n": 2, "percent": "12.5", "scored": 16}, {"code": "tier_share_beyond", "place": 3, "n": 2, "percent": "12.5", "scored": 16},
    {"code": "tier_group_share", "place": 1, "n": 2, "percent": "12.5", "scored": 16, "group": "杭州"}, {"code": "tier_group_share_beyond", "place": 3, "n": 2, "percent": "12.5", "scored": 16, "group": "杭州"},
    {"code": "tier_places", "place": 1, "n": 2}, {"code": "tier_places_beyond", "place": 3, "n": 2}, {"code": "tier_group_places", "place": 1, "n": 2, "group": "杭州"},
    {"code": "tier_group_places_beyond", "place": 3, "n": 1e15, "group": "杭州"}, {"code": "tier_group_missing", "name": "city"}, {"code": "tier_no_places"}, {"code": "tier_no_cuts", "group": "杭州"}, {"code": "veto", "indicators": "dishonest, accident"}]') r;
SELECT reason_text(reason, 'en'), reason_text(reason, 'zh') FROM every_reason;
SELECT count(*) AS reasons, count(*) FILTER (WHERE reason::text::decision_reasons::text = reason::text) AS come_back FROM every_reason;
-- figures have all digits, and no exponent
SELECT string_agg(reason_text(format('[{"code": "score_below", "value": %s, "minimum": %s}]', v, m)::decision_reasons, 'en'), E'\n')
FROM (VALUES ('0.00004', '1'), ('59.9999', '60'), ('-3.25', '0'), ('1e-10', '2e-10'), ('123456.123456', '2e5'), ('72.25', '80')) t(v, m);
SELECT reasons, attempt(format('SELECT %L::decision_reasons', reasons)) FROM unnest(ARRAY['{}', '[1]', '[{}]', '[{"code": "nix"}]', '[{"code": "missing"}]', '[{"code": "missing", "name": 1}]',
    '[{"code": "missing", "nome": "x"}]', '[{"code": "earlier", "batch": "1"}]', '[{"code": "earlier", "batch": 1, "more": 1}]']) AS reasons;
SELECT attempt($$SELECT _innovation_score.reason('earlier', '1')$$), attempt($$SELECT _innovation_score.reason('missing')$$), attempt($$SELECT _innovation_score.reason('missing', NULL)$$) ~ '^22004: ' AS no_null;
SELECT _innovation_score.all_reasons(r ORDER BY n) FROM (VALUES (2, _innovation_score.reason('excluded', 'b')), (1, _innovation_score.reason('excluded_until', 'a', '2099-12-31'))) t(n, r);

-- ---------------------------------------------------------------- tiers

SELECT tiers, score, field, place, scored, _innovation_score.tier(tiers, score, field, place, scored) AS tier,
       reason_text(_innovation_score.tier_reasons(tiers, score, field, place, scored), 'en') AS reason
FROM (VALUES (NULL::jsonb, 70::float8, NULL, 1, 9), ('{"method": "score", "tiers": ["A", "B"], "cuts": [70]}', 70, NULL, NULL, NULL), ('{"method": "score", "tiers": ["A", "B"], "cuts": [70]}', 69.9999, NULL, NULL, NULL),
    ('{"method": "score", "tiers": ["A", "B"], "cuts": [70]}', NULL, NULL, NULL, NULL), ('{"method": "quantile", "tiers": ["A", "B"], "cuts": [0.1]}', 70, NULL, 2, 11),
    ('{"method": "quantile", "tiers": ["A", "B"], "cuts": [0.10000000000000000000000001]}', 70, NULL, 2, 10), ('{"method": "quantile", "tiers": ["A", "B"], "cuts": [0.1]}', 70, NULL, 2, 10),
    ('{"method": "quantile", "tiers": ["A", "B"], "cuts": [0.1], "within": "city"}', 70, 'x', 1, 10), ('{"method": "quantile", "tiers": ["A", "B"], "cuts": [0.1], "within": "city"}', 70, NULL, 1, 10),
    ('{"method": "quota", "tiers": ["A", "B", "C"], "cuts": [1e15, 1], "within": "city"}', 70, 'x', 1, 10), ('{"method": "quota", "tiers": ["A", "B", "C"], "cuts": {"x": [1, 2], "杭州": [0, 0], "": [5, 0]}, "within": "city"}', 70, '', 6, 10),
    ('{"method": "quota", "tiers": ["A", "B", "C"], "cuts": {"x": [1, 2], "杭州": [0, 0], "": [5, 0]}, "within": "city"}', 70, '杭州', 1, 10),
    ('{"method": "quota", "tiers": ["A", "B", "C"], "cuts": {"x": [1, 2], "杭州": [0, 0], "": [5, 0]}, "within": "city"}', 70, 'y', 1, 10),
    ('{"method": "quota", "tiers": ["A", "B", "C"], "cuts": {"x": [1, 2], "杭州": [0, 0], "": [5, 0]}, "within": "city"}', 70, 'x', NULL, NULL)) t(tiers, score, field, place, scored);
-- shares of numbers, rounded up, against numeric
SELECT count(*) AS shares, count(*) FILTER (WHERE ((tier = 'A') IS DISTINCT FROM (place <= ceil(share * scored)))) AS other
FROM (SELECT share, scored, place, _innovation_score.tier(jsonb_build_object('method', 'quantile', 'tiers', '["A", "B"]'::jsonb, 'cuts', jsonb_build_array(share)), 1, NULL, place, scored) AS tier
      FROM (SELECT (abs(hashint8(i)::bigint) % 999999 + 1)::numeric / 10 ^ (6 + i % 25) AS share, (abs(hashint8(i + 10000)::bigint) % (10::numeric ^ (1 + i % 9))::bigint + 1)::bigint AS scored FROM generate_series(1, 2000) i) r,
           LATERAL (SELECT greatest(ceil(share * scored)::bigint + d, 1) AS place FROM generate_series(-1, 1) d) p) t;
SELECT tiers, attempt(format('SELECT _innovation_score.tier(%L, 1, NULL, 1, 1)', tiers)) FROM unnest(ARRAY['{}', '[]', '4', '{"method": "nix", "tiers": ["A", "B"], "cuts": [1]}', '{"method": "score", "tiers": ["A"], "cuts": []}',
    '{"method": "score", "tiers": ["A", "B"]}', '{"method": "score", "tiers": ["A", 1], "cuts": [1]}', '{"method": "score", "tiers": ["A", "B"], "cuts": [1, 2]}', '{"method": "score", "tiers": ["A", "B"], "cuts": ["1"]}',
    '{"method": "score", "tiers": ["A", "B"], "cuts": {"x": [1]}}', '{"method": "score", "tiers": ["A", "B"], "cuts": {"x": 1}, "within": "city"}', '{"method": "score", "tiers": {"A": 1, "B": 2}, "cuts": [1]}', '{"method": "score", "tiers": ["A", "B"], "cuts": 1}']) AS tiers;

-- ---------------------------------------------------------------- decisions

-- three rules for each of 2,000 random periods of up to 30 firms: few scores, so that many are tied
CREATE TABLE period_rule AS
SELECT p, r, jsonb_strip_nulls(jsonb_build_object(
    'min_score', CASE WHEN h[1] % 2 = 0 THEN h[2] % 8 + (ARRAY[0, 0.5, 0.00002])[h[15] % 3 + 1] END,
    'min_coverage', CASE WHEN h[3] % 3 = 0 THEN (h[4] % 10) / 10.0 END,
    'top_n', CASE WHEN h[5] % 3 > 0 THEN h[6] % 10 + 1 END,
    'quota_by', CASE WHEN h[7] % 2 = 0 THEN 'city' END, 'quota_n', CASE WHEN h[7] % 2 = 0 THEN h[8] % 4 + 1 END,
    'reserve_n', CASE WHEN h[9] % 2 = 0 THEN h[10] % 6 + 1 END,
    'required', CASE WHEN h[11] % 2 = 0 THEN 'r' END, 'qualifies', CASE WHEN h[12] % 2 = 0 THEN 'q' END,
    'category_minimum', CASE WHEN h[13] % 3 = 0 THEN jsonb_build_object('a', h[14] % 5) END)) AS rule
FROM generate_series(1, 2000) AS p, generate_series(1, 3) AS r,
     LATERAL (SELECT array_agg(abs(hashint8(p * 1000 + r * 50 + i)::bigint) ORDER BY i) AS h FROM generate_series(1, 15) AS i) AS random;
CREATE TABLE firm AS
SELECT p, f, r, CASE WHEN h[1] % 9 > 0 THEN ((h[2] % 12) + (ARRAY[0, 0.5, 0.123456, 0.00001])[h[8] % 4 + 1])::float8 END AS score,
       CASE WHEN h[3] % 9 > 0 THEN (h[4] % 11) / 10.0::float8 END AS coverage, h[9] % 3 AS stage,
       CASE WHEN h[5] % 9 > 0 THEN (h[6] % 8)::float8 END AS category, h[7] % 11 = 0 AS excluded,
       CASE WHEN s[1] % 9 > 0 THEN s[2] % 4 > 0 END AS required, CASE WHEN s[3] % 9 > 0 THEN s[4] % 7 = 0 END AS qualifies,
       CASE WHEN s[5] % 9 = 0 THEN s[5] % 5 + 1 END::int AS batch, CASE WHEN s[6] % 8 > 0 THEN (ARRAY['杭州', 'b', ''])[s[7] % 3 + 1] END AS city
FROM generate_series(1, 2000) AS p, LATERAL generate_series(1, 1 + p % 30) AS f, generate_series(1, 3) AS r,
     LATERAL (SELECT array_agg(abs(hashint8(-(p * 1000 + f * 20 + i))::bigint) ORDER BY i) AS h FROM generate_series(1, 9) AS i) AS of_firm,
     LATERAL (SELECT array_agg(abs(hashint8(-(5000000 + p * 10000 + f * 100 + r * 10 + i))::bigint) ORDER BY i) AS s FROM generate_series(1, 7) AS i) AS of_rule;
CREATE TABLE decided AS
SELECT p, f, r, _innovation_score.decision_code(d, r) AS code, _innovation_score.decision_rank(d) AS rank, _innovation_score.decision_stage_rank(d) AS stage_rank,
       _innovation_score.decision_percentile(d) AS percentile, _innovation_score.decision_places(d, r) AS places,
       reason_text(_innovation_score.decision_reasons(d, r), 'en') AS reasons
FROM (SELECT p, f, decide(rules, facts, p::text) OVER (PARTITION BY p) AS d
      FROM (SELECT p, f, _innovation_score.facts(ARRAY[score, coverage, stage], f::text, NULL, 0.1, NULL,
                       CASE WHEN excluded THEN _innovation_score.reason('excluded', 'x') END,
                       required[1], qualifies[1], batch[1], city[1], category[1:has[1]], none, nothing, required[2], qualifies[2], batch[2], city[2], category[1:has[2]], none, nothing,
                       required[3], qualifies[3], batch[3], city[3], category[1:has[3]], none, nothing) AS facts, rules
            FROM (SELECT p, f, score, coverage, stage, ARRAY[category] AS category, excluded, array_agg(required ORDER BY r) AS required,
                         array_agg(qualifies ORDER BY r) AS qualifies, array_agg(batch ORDER BY r) AS batch, array_agg(city ORDER BY r) AS city
                  FROM firm GROUP BY 1, 2, 3, 4, 5, 6, 7) AS firms
            JOIN (SELECT p, array_agg(rule::list_rule ORDER BY r) AS rules, array_agg((rule ? 'category_minimum')::int ORDER BY r) AS has
                  FROM period_rule GROUP BY p) AS rules USING (p) CROSS JOIN (SELECT NULL::float8[], NULL::text[]) AS n(none, nothing)) AS f) AS d, generate_series(1, 3) AS r;
CREATE TABLE twin AS
WITH standing AS (
    SELECT p, f, r, score::numeric, coverage::numeric, category::numeric, stage, rule, city, batch, excluded, required, (rule ->> 'min_score')::numeric AS min_score,
           (rule ->> 'min_coverage')::numeric AS min_coverage, (rule #>> '{category_minimum,a}')::numeric AS minimum,
           NOT excluded AND batch IS NULL AND (NOT rule ? 'required' OR required IS TRUE) AS may, rule ? 'qualifies' AND qualifies IS TRUE AS direct,
           score IS NOT NULL AND (NOT rule ? 'min_score' OR score >= (rule ->> 'min_score')::numeric)
           AND (NOT rule ? 'min_coverage' OR COALESCE(coverage::numeric >= (rule ->> 'min_coverage')::numeric, false))
           AND (NOT rule ? 'category_minimum' OR COALESCE(category >= (rule #>> '{category_minimum,a}')::numeric, false))
           AND (NOT rule ? 'quota_n' OR city IS NOT NULL) AS fit
    FROM firm JOIN period_rule USING (p, r)
), ranked AS (
    SELECT *, CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY p, r ORDER BY score DESC NULLS LAST) END AS rank,
           CASE WHEN score IS NOT NULL THEN rank() OVER (PARTITION BY p, r, stage ORDER BY score DESC NULLS LAST) END AS stage_rank,
           count(score) OVER (PARTITION BY p, r) AS scored, may AND NOT direct AND fit AS eligible FROM standing
), quota AS (
    SELECT *, CASE WHEN eligible AND rule ? 'quota_n' THEN rank() OVER (PARTITION BY p, r, eligible, city ORDER BY score DESC) ELSE 0 END AS quota_place,
           CASE WHEN eligible AND rule ? 'quota_n' THEN count(*) OVER (PARTITION BY p, r, eligible, city, score) ELSE 0 END AS quota_ties
    FROM ranked
), admitted AS (
    SELECT *, eligible AND quota_place <= COALESCE((rule ->> 'quota_n')::int, 0) AS admitted FROM quota
), top AS (
    SELECT *, CASE WHEN admitted THEN rank() OVER (PARTITION BY p, r, admitted ORDER BY score DESC) ELSE 0 END AS place,
           CASE WHEN admitted THEN count(*) OVER (PARTITION BY p, r, admitted, score) ELSE 0 END AS ties FROM admitted
), listed AS (
    SELECT *, may AND direct OR admitted AND (NOT rule ? 'top_n' OR place <= (rule ->> 'top_n')::int) AS listed FROM top
), reserve AS (
    SELECT *, CASE WHEN eligible AND NOT listed AND rule ? 'reserve_n' THEN rank() OVER (PARTITION BY p, r, eligible AND NOT listed ORDER BY score DESC) ELSE 0 END AS reserve_place,
           CASE WHEN eligible AND NOT listed AND rule ? 'reserve_n' THEN count(*) OVER (PARTITION BY p, r, eligible AND NOT listed, score) ELSE 0 END AS reserve_ties
    FROM listed
), numbered AS (
    SELECT *, (rule ->> 'quota_n')::int AS quota_n, (rule ->> 'top_n')::int AS top_n, (rule ->> 'reserve_n')::int AS reserve_n FROM reserve
)
SELECT p, f, r, rank, stage_rank, 100.0 * (scored - rank + 1) / scored AS percentile, ARRAY[quota_place, quota_ties, place, ties, reserve_place, reserve_ties]::bigint[] AS places,
       CASE WHEN listed THEN 'listed' WHEN reserve_place BETWEEN 1 AND reserve_n THEN 'reserve' WHEN batch IS NOT NULL THEN 'earlier' ELSE 'rejected' END AS code,
       COALESCE(NULLIF(concat_ws('; ',
           CASE WHEN direct AND listed THEN 'qualifies directly: q' END,
           CASE WHEN NOT direct THEN NULLIF(concat_ws('; ',
               CASE WHEN score IS NULL THEN CASE WHEN coverage IS NULL THEN 'no score: no model has been fitted'
                    WHEN coverage < 0.1 THEN 'no score: coverage 0 is below the minimum 0.1 of the scheme' ELSE 'no score: values are missing' END END,
               CASE WHEN score < min_score THEN format('score %s is below the minimum %s', trim_scale(score), trim_scale(min_score))
                    WHEN listed AND score >= min_score THEN format('score %s reaches the minimum %s', trim_scale(score), trim_scale(min_score)) END,
               CASE WHEN coverage < min_coverage THEN format('coverage %s is below the minimum %s', trim_scale(coverage), trim_scale(min_coverage))
                    WHEN listed AND coverage >= min_coverage THEN format('coverage %s reaches the minimum %s', trim_scale(coverage), trim_scale(min_coverage)) END,
               CASE WHEN minimum IS NOT NULL AND category IS NULL THEN format('category a, whose minimum is %s, has no score', minimum)
                    WHEN category < minimum THEN format('score %s of category a is below the minimum %s', category, minimum)
                    WHEN listed AND category >= minimum THEN format('score %s of category a reaches the minimum %s', category, minimum) END), '') END,
           CASE WHEN rule ? 'required' AND required IS NULL THEN 'required condition cannot be checked, a value is missing: r'
                WHEN rule ? 'required' AND NOT required THEN 'required condition not met: r' END,
           CASE WHEN excluded THEN 'excluded: x' END, 'listed already, in batch ' || batch,
           CASE WHEN direct OR quota_n IS NULL THEN NULL WHEN city IS NULL THEN 'city is missing, so there is no quota for it'
                WHEN quota_place > quota_n THEN format('quota of %s for %s is used up (place %s)', quota_n, city, quota_place)
                WHEN quota_place > 0 AND quota_place + quota_ties - 1 > quota_n
                THEN format('tied at the cut: place %s in the quota of %s for %s is shared by %s firms, all admitted', quota_place, quota_n, city, quota_ties)
                WHEN quota_place > 0 AND listed THEN format('place %s in the quota of %s for %s', quota_place, quota_n, city) END,
           CASE WHEN place > top_n THEN format('place %s is beyond the first %s', place, top_n)
                WHEN place > 0 AND place + ties - 1 > top_n THEN format('tied at the cut: place %s of the first %s is shared by %s firms, all listed', place, top_n, ties)
                WHEN place > 0 AND top_n IS NOT NULL THEN format('place %s of the first %s', place, top_n) END,
           CASE WHEN reserve_place > reserve_n OR reserve_place = 0 THEN NULL
                WHEN reserve_place + reserve_ties - 1 > reserve_n
                THEN format('tied at the cut: place %s of the reserve of %s is shared by %s firms, all kept in reserve', reserve_place, reserve_n, reserve_ties)
                ELSE format('place %s of the reserve of %s', reserve_place, reserve_n) END), ''), 'meets every condition') AS reasons
FROM numbered;
SELECT count(*) AS rows, count(*) FILTER (WHERE t.code IS DISTINCT FROM d.code) AS other_decisions, count(*) FILTER (WHERE t.rank IS DISTINCT FROM d.rank OR t.stage_rank IS DISTINCT FROM d.stage_rank
           OR abs(t.percentile - d.percentile) > 1e-9) AS other_ranks,
       count(*) FILTER (WHERE t.places IS DISTINCT FROM d.places) AS other_places, count(*) FILTER (WHERE t.reasons IS DISTINCT FROM d.reasons) AS other_reasons
FROM twin AS t FULL JOIN decided AS d USING (p, f, r);
SELECT code, count(*) > 1000 AS many FROM twin GROUP BY code ORDER BY code COLLATE "C";
SELECT sentence, count(*) > 10 AS many
FROM (SELECT regexp_replace(unnest(string_to_array(reasons, '; ')), '[0-9.]+|杭州|\mb\M', '…', 'g') AS sentence FROM decided) d GROUP BY 1 ORDER BY sentence COLLATE "C";

-- no rule; facts that are not those of the rules
CREATE FUNCTION facts_of(firm text, score float8 DEFAULT 1) RETURNS SETOF list_facts LANGUAGE sql ROWS 1 AS
    $$SELECT _innovation_score.facts(ARRAY[score, 1, 0], firm, NULL, NULL, NULL, NULL, true, true, NULL::int, NULL::text, NULL::float8[], NULL::float8[], NULL::text[])$$;
SELECT firm, _innovation_score.decision_code(d, 1), _innovation_score.decision_reasons(d, 1), _innovation_score.decision_rank(d)
FROM (SELECT firm, decide(ARRAY[NULL]::list_rule[], f) OVER () AS d FROM (VALUES ('A', 1::float8), ('B', 2), ('C', NULL)) firm(firm, score), facts_of(firm, score) f) t ORDER BY 1;
SELECT facts, attempt(format('SELECT decide(ARRAY[''{"category_minimum": {"a": 1}}'']::list_rule[], f) OVER () FROM (SELECT %s AS f) t', facts))
FROM unnest(ARRAY['NULL::list_facts', '_innovation_score.facts(NULL, NULL, NULL, NULL, NULL, NULL, true, true, NULL::int, NULL::text, NULL::float8[], NULL::float8[], NULL::text[])',
    '_innovation_score.facts(NULL, NULL, NULL, NULL, NULL, NULL, true, true, NULL::int, NULL::text, ARRAY[1]::float8[], NULL::float8[], NULL::text[])', '_innovation_score.facts(NULL, NULL, NULL, NULL, NULL, NULL, true, true, 1)',
    '_innovation_score.facts(NULL, NULL, NULL, NULL, NULL, NULL, true, true, 1::bigint, ''x''::text, NULL::float8[], NULL::float8[], NULL::text[])', '_innovation_score.facts(ARRAY[1::float8], NULL, NULL, NULL, NULL, NULL, true, true, 1, ''x''::text, NULL::float8[], NULL::float8[], NULL::text[])',
    '_innovation_score.facts(NULL, NULL, NULL, NULL, NULL, NULL, VARIADIC ARRAY[true])']) facts;
SELECT attempt($$SELECT decide('{}'::list_rule[], f) OVER () FROM facts_of('A') f$$), attempt($$SELECT decide(NULL::list_rule[], f) OVER () FROM facts_of('A') f$$),
       attempt($$SELECT _innovation_score.decision_code(decide(ARRAY['{}']::list_rule[], f) OVER (), 2) FROM facts_of('A') f$$);
SELECT attempt($$SELECT '(1 rules)'::list_facts$$), attempt($$SELECT ''::decision$$);
-- one firm takes one place; firms without a key are different ones
SELECT entity, attempt(format($$SELECT decide(ARRAY['{}']::list_rule[], f, p) OVER (PARTITION BY p)
                        FROM (SELECT i, CASE WHEN i > 500 THEN '2024' END AS p FROM generate_series(1, 1000) i) t, facts_of(%s) f$$, entity))
FROM unnest(ARRAY['i::text', 'CASE WHEN i % 2 = 0 THEN i::text END', '(i % 999)::text', '(i % 500)::text', 'NULLIF(i, 501)::text', 'CASE WHEN i IN (600, 900) THEN ''甲'' ELSE i::text END',
                       'CASE WHEN i IN (100, 200) THEN ''甲'' ELSE i::text END']) entity;
DROP TABLE kept, every_reason, period_rule, firm, decided, twin;
DROP FUNCTION attempt, facts_of;
