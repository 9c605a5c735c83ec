-- as many indicators as a model may have: every view and every analysis works, live, frozen and published, and none takes forever
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS innovation_score;
CREATE SCHEMA many;
SET search_path = many, innovation_score, public;
\pset format unaligned
\pset null '(null)'
-- some hundred times what each statement takes on a machine that has nothing else to do
SET statement_timeout = '100s';

INSERT INTO scheme (scheme, extreme, missing) VALUES ('many', 'percentile(0.02,0.98)', 'zero');
INSERT INTO category (scheme, category, title) SELECT 'many', 'c' || i, '一级指标' || i FROM generate_series(1, 99) i;
INSERT INTO category (scheme, category, role, max_points) VALUES ('many', 'plus', 'bonus', 5);
INSERT INTO indicator (scheme, indicator, category, title) SELECT 'many', 'i' || i, COALESCE('c' || NULLIF(i % 100, 0), 'plus'), '二级指标' || i FROM generate_series(1, 1000) i;
INSERT INTO stage (scheme, stage) VALUES ('many', 's'), ('many', 'l');
INSERT INTO weight SELECT 'many', s, 'i' || i, 1 + i % 7 FROM generate_series(1, 1000) i, unnest('{s,l}'::text[]) s;
INSERT INTO quality_rule (scheme, rule, severity, condition, message) SELECT 'many', 'low' || i, 'error', format('i%s < -99.99', i), 'low' FROM generate_series(1, 1000, 100) i;
DO $$
BEGIN
    EXECUTE (SELECT format('CREATE TABLE firm (firm text, year int, stage text, city text, %s)', string_agg(format('i%s float8', i), ', ' ORDER BY i)) FROM generate_series(1, 1000) i);
    EXECUTE (SELECT format('INSERT INTO firm SELECT ''F'' || f, y, (ARRAY[''s'', ''l''])[1 + f %% 2], (ARRAY[''x'', ''y''])[1 + f %% 2], %s FROM generate_series(1, 20) f, generate_series(2023, 2024) y',
                           string_agg(CASE WHEN i % 10 = 3 THEN format('CASE WHEN f %% 7 <> %s %% 7 THEN f * %1$s %% 101 - y %% 7 END', i) ELSE format('f * %s %% 97 + y %% 5', i) END, ', ' ORDER BY i)) FROM generate_series(1, 1000) i);
END
$$;
SELECT create_scoreboard('many', 'many', 'firm', 'firm', 'stage', 'year', attributes => '{city}');
SELECT set_whitelist_rule('many', min_score => 30, top_n => 5, quota_by => 'city', quota_n => 4, required => 'i1 >= 0', reserve_n => 2);
SELECT set_tiers('many', 'score', '{A,B}', '[50]');

-- the rows of every view
CREATE FUNCTION rows() RETURNS TABLE (view text, rows bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR view IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'many'::regnamespace AND c.relkind = 'v' ORDER BY c.relname COLLATE "C" LOOP
        EXECUTE format('SELECT count(v.*) FROM %I v', view) INTO rows;
        RETURN NEXT;
    END LOOP;
END
$$;
SELECT * FROM rows();
SELECT count(*), count(*) FILTER (WHERE NOT abs(d.sum - s.score) < 1e-9) AS different FROM many_score s JOIN (SELECT firm, year, sum(points) FROM many_detail GROUP BY 1, 2) d USING (firm, year);
CREATE TABLE live AS SELECT v.*, p.points FROM many_ranking v JOIN (SELECT firm, year, sum((points * strength_rank + points_lost)::numeric) AS points FROM many_portrait GROUP BY 1, 2) p USING (firm, year);

CREATE FUNCTION analyses() RETURNS TABLE (analysis text, rows bigint) LANGUAGE sql AS $$
    SELECT 'similar_firms', count(*) FROM similar_firms('many', '2024', 'F4') UNION ALL
    SELECT 'indicator_influence', count(spearman) FROM indicator_influence('many', '2024') UNION ALL
    SELECT 'rank_stability', count(rank_95) FROM rank_stability('many', '2024', 50) UNION ALL
    SELECT 'rank_sensitivity', count(total) FROM rank_sensitivity('many', '2024', 1, 0.9) UNION ALL
    SELECT 'method_stability', count(spread) FROM method_stability('many', '2024', '{"fences": {"extreme": "iqr(1.5)"}}') UNION ALL
    SELECT 'gap_to', count(new_score) FROM gap_to('many', '2024', 'F4', 60) UNION ALL
    SELECT 'what_if', count(score_after) FROM what_if('many', '2024', 'F4', '{"i1": 3}') UNION ALL
    SELECT 'score_distribution', count(mean) FROM score_distribution('many', by => 'city') UNION ALL
    SELECT 'score_contributions', count(share) FROM score_contributions('many') UNION ALL
    SELECT 'indicator_drift', count(stability_index) FROM indicator_drift('many') UNION ALL
    SELECT 'cronbach_alpha', count(alpha) FROM cronbach_alpha('many') UNION ALL
    SELECT 'propose_weights', count(weight) FROM propose_weights('many', '2024', 's', 'critic') UNION ALL
    SELECT 'radar_chart', count(v) FROM jsonb_array_elements(radar_chart('many', '2024', 'F4') -> 'layer') v UNION ALL
    SELECT 'histogram_chart', count(v) FROM jsonb_array_elements(histogram_chart('many', '2024', 'i1') -> 'hconcat') v UNION ALL
    SELECT 'compare_scoreboards', count(score_a) FROM compare_scoreboards('many', 'many') UNION ALL
    SELECT 'effective_weight', count(effective_weight) FROM effective_weight WHERE scheme = 'many' UNION ALL
    SELECT 'scheme_problems', count(*) FROM scheme_problems('many') WHERE severity = 'error'
$$;
CREATE TABLE analysed AS SELECT * FROM analyses();
TABLE analysed;

SELECT freeze_scoreboard('many');
SELECT count(*) FROM (SELECT v.*, p.points FROM many_ranking v JOIN (SELECT firm, year, sum((points * strength_rank + points_lost)::numeric) AS points FROM many_portrait GROUP BY 1, 2) p USING (firm, year) EXCEPT ALL TABLE live) d;
SELECT * FROM analyses() EXCEPT ALL TABLE analysed;
SELECT publish('many', '2024', 'many') AS publication \gset
SELECT count(*) FROM verify_publication(:publication);
SELECT count(score_after) FROM what_if('many', '2024', 'F4', '{"i1": 3}');

SELECT drop_scoreboard('many');
SET session_replication_role = replica;
TRUNCATE publication, published_model, published_firm, published_correction, publication_event, objection;
RESET session_replication_role;
DELETE FROM scheme WHERE scheme = 'many';
DROP SCHEMA many CASCADE;
