-- funding: a budget shared with caps for groups beside those for rows, and support over several years whose tranches are
-- released by progress (滚动支持). Claims, tranches and progress are tables or views of the caller's.

CREATE FUNCTION _innovation_score.require_columns(source regclass, what text, wanted text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := (SELECT w.name FROM unnest(wanted) WITH ORDINALITY w(name, place)
                     WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname = w.name AND a.attnum > 0
                                                                        AND NOT a.attisdropped)
                     ORDER BY w.place LIMIT 1);
BEGIN
    IF source IS NULL THEN
        RAISE EXCEPTION '% must not be null', what USING ERRCODE = 'null_value_not_allowed';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION '% % have no column "%"', what, source, missing
            USING ERRCODE = 'undefined_column', HINT = format('They must have the columns %s.', array_to_string(wanted, ', '));
    END IF;
END
$$;

COMMENT ON FUNCTION _innovation_score.require_columns(regclass, text, text[]) IS
    'internal: an error where a table of the caller''s lacks a column';

CREATE FUNCTION allocate_groups(claims regclass, budget numeric, unit numeric DEFAULT 0.01)
RETURNS TABLE (entity text, group_name text, amount numeric, bound text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
    query text;
    culprit record;
    filled text[] := '{}';
    more text[];
    spent numeric := 0;
    taken numeric;
BEGIN
    PERFORM _innovation_score.require_columns(claims, 'claims', '{entity,weight,floor,cap,group_name,group_cap}');
    IF unit > 0 IS NOT TRUE THEN
        RAISE EXCEPTION 'unit must be above 0, not %', COALESCE(unit::text, 'NULL') USING ERRCODE = 'invalid_parameter_value';
    END IF;
    query := format('SELECT innovation_score.key_text(c.entity) AS entity, c.weight::float8 AS weight, c.floor::numeric AS floor, '
                    'c.cap::numeric AS cap, c.group_name::text AS group_name, c.group_cap::numeric AS group_cap FROM %s c', claims);
    EXECUTE format(
        'SELECT g.* FROM (SELECT s.group_name, pg_catalog.min(s.group_cap) AS cap, pg_catalog.sum(pg_catalog.ceil(s.floor / $1) * $1) AS floors, '
        'pg_catalog.count(DISTINCT s.group_cap) > 1 OR pg_catalog.count(s.group_cap) NOT IN (0, pg_catalog.count(*)) AS torn '
        'FROM (%s) s WHERE s.group_name IS NOT NULL GROUP BY s.group_name) g '
        'WHERE g.torn OR NOT (g.cap >= 0 AND g.cap < ''Infinity'') OR g.floors > g.cap '
        'ORDER BY g.group_name COLLATE "C" LIMIT 1', query) INTO culprit USING unit;
    IF culprit.torn THEN
        RAISE EXCEPTION 'group "%" has different caps', culprit.group_name
            USING ERRCODE = 'invalid_parameter_value', HINT = 'All rows of a group have the same group_cap, NULL for none.';
    ELSIF culprit.floors > culprit.cap AND culprit.cap >= 0 THEN
        RAISE EXCEPTION 'floors of group "%" add up to %, more than its cap of %', culprit.group_name, culprit.floors, culprit.cap
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF culprit.group_name IS NOT NULL THEN
        RAISE EXCEPTION 'the cap of group "%" must be finite and not negative, not %', culprit.group_name, culprit.cap
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A group that would get more than its cap gets its cap, which leaves more for the others: so a group that is full stays so.
    LOOP
        EXECUTE format(
            'SELECT pg_catalog.array_agg(g.group_name), COALESCE(pg_catalog.sum(g.cap), 0) FROM ('
            'SELECT a.group_name, pg_catalog.div(pg_catalog.min(a.group_cap), $2) * $2 AS cap FROM ('
            'SELECT s.*, innovation_score.allocate($1, s.weight, s.floor, s.cap, $2) OVER () AS amount FROM (%s) s '
            'WHERE s.group_name IS NULL OR s.group_name <> ALL ($3)) a '
            'WHERE a.group_cap IS NOT NULL GROUP BY a.group_name HAVING pg_catalog.sum(a.amount) > pg_catalog.min(a.group_cap)) g', query)
            INTO more, taken USING budget - spent, unit, filled;
        EXIT WHEN more IS NULL;
        filled := filled || more;
        spent := spent + taken;
    END LOOP;
    RETURN QUERY EXECUTE format(
        'SELECT a.entity, a.group_name, a.amount, CASE WHEN a.amount + $2 > a.cap THEN ''cap'' WHEN a.full_group THEN ''group_cap'' '
        'WHEN a.amount > 0 AND a.amount <= a.floor THEN ''floor'' END '
        'FROM (SELECT f.*, innovation_score.allocate(CASE WHEN f.full_group THEN f.group_cap ELSE $1 END, f.weight, f.floor, f.cap, $2) '
        'OVER (PARTITION BY CASE WHEN f.full_group THEN f.group_name END) AS amount '
        'FROM (SELECT s.*, COALESCE(s.group_name = ANY ($3), false) AS full_group FROM (%s) s) f) a', query) USING budget - spent, unit, filled;
END
$$;

COMMENT ON FUNCTION allocate_groups(regclass, numeric, numeric) IS
    'shares a budget by weight, within floors and caps of rows and caps of groups, in whole units';

CREATE FUNCTION tranche_releases(tranches regclass, progress regclass, day date DEFAULT CURRENT_DATE)
RETURNS TABLE (entity text, tranche integer, due_on date, amount numeric, needed numeric, reached numeric, released_on date, released numeric,
               status text, reason text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp SET datestyle = 'ISO, YMD' AS $$
#variable_conflict use_column
DECLARE
    culprit record;
    part text := format(
        'SELECT innovation_score.key_text(t.entity) AS entity, t.tranche::integer AS tranche, t.due_on::date AS due_on, t.amount::numeric AS amount, '
        't.needed::numeric AS needed FROM %s t', tranches);
    report text := format(
        'SELECT innovation_score.key_text(p.entity) AS entity, p.day::date AS day, p.reached::numeric AS reached FROM %s p', progress);
BEGIN
    PERFORM _innovation_score.require_columns(tranches, 'tranches', '{entity,tranche,due_on,amount,needed}'),
            _innovation_score.require_columns(progress, 'progress', '{entity,day,reached}');
    IF day IS NULL THEN
        RAISE EXCEPTION 'day must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    EXECUTE format(
        'SELECT * FROM (SELECT t.entity, t.tranche, CASE '
        'WHEN t.tranche IS NULL OR t.due_on IS NULL THEN ''needs a number and a day'' '
        'WHEN (t.amount >= 0 AND t.amount < ''Infinity'') IS NOT TRUE THEN ''needs an amount that is not negative'' '
        'WHEN (t.needed >= 0 AND t.needed < ''Infinity'') IS NOT TRUE THEN ''needs a progress that is not negative'' '
        'WHEN pg_catalog.count(*) OVER (PARTITION BY t.entity, t.tranche) > 1 THEN ''has more than one row'' '
        'WHEN t.due_on < pg_catalog.lag(t.due_on) OVER (PARTITION BY t.entity ORDER BY t.tranche) THEN ''is due before the one before it'' '
        'END AS problem FROM (%s) t) p WHERE p.problem IS NOT NULL ORDER BY p.entity COLLATE "C", p.tranche LIMIT 1', part) INTO culprit;
    IF culprit.problem IS NOT NULL THEN
        RAISE EXCEPTION 'tranche % of "%" %', COALESCE(culprit.tranche::text, 'NULL'), culprit.entity, culprit.problem
            USING ERRCODE = CASE culprit.problem WHEN 'has more than one row' THEN 'unique_violation' ELSE 'check_violation' END;
    END IF;
    EXECUTE format(
        'SELECT p.entity, p.day, pg_catalog.count(*) AS times FROM (%s) p GROUP BY 1, 2 '
        'HAVING pg_catalog.count(*) > 1 OR NOT pg_catalog.bool_and(abs(p.reached) < ''Infinity'') ORDER BY p.entity COLLATE "C", p.day LIMIT 1', report) INTO culprit;
    IF culprit.times > 1 THEN
        RAISE EXCEPTION 'progress of "%" was reported twice on %', culprit.entity, culprit.day USING ERRCODE = 'unique_violation';
    ELSIF culprit.times = 1 THEN
        RAISE EXCEPTION 'progress of "%" on % is not finite', culprit.entity, culprit.day USING ERRCODE = 'check_violation';
    END IF;
    -- A tranche is released on the first day from which it is due and enough was reached, and not before the one before it.
    RETURN QUERY EXECUTE format(
        'WITH report AS (SELECT p.* FROM (%2$s) p WHERE p.day <= $1 AND p.reached IS NOT NULL), '
        'latest AS (SELECT DISTINCT ON (p.entity) p.* FROM report p ORDER BY p.entity, p.day DESC), '
        'met AS (SELECT t.entity, t.tranche, t.due_on, t.amount, t.needed, l.reached, CASE WHEN t.due_on <= $1 THEN '
        'CASE WHEN t.needed = 0 THEN t.due_on ELSE pg_catalog.min(GREATEST(r.day, t.due_on)) FILTER (WHERE r.day IS NOT NULL) END END AS met_on '
        'FROM (%1$s) t LEFT JOIN latest l ON l.entity = t.entity LEFT JOIN report r ON r.entity = t.entity AND r.reached >= t.needed GROUP BY 1, 2, 3, 4, 5, 6), '
        'released AS (SELECT m.*, CASE WHEN pg_catalog.bool_and(m.met_on IS NOT NULL) OVER w THEN pg_catalog.max(m.met_on) OVER w END AS released_on '
        'FROM met m WINDOW w AS (PARTITION BY m.entity ORDER BY m.tranche)) '
        'SELECT r.entity, r.tranche, r.due_on, r.amount, r.needed, r.reached, r.released_on, CASE WHEN r.released_on IS NULL THEN 0 ELSE r.amount END, '
        's.status, CASE s.status '
        'WHEN ''released'' THEN pg_catalog.concat(''进度达到'', pg_catalog.trim_scale(r.needed * 100), ''%%，'', r.released_on, ''拨付 | progress of '', pg_catalog.trim_scale(r.needed * 100), ''%% reached, released on '', r.released_on) '
        'WHEN ''not_due'' THEN pg_catalog.concat(r.due_on, ''到期 | due on '', r.due_on) '
        'WHEN ''behind'' THEN pg_catalog.concat(''进度'', COALESCE(pg_catalog.trim_scale(r.reached * 100)::text || ''%%'', ''未报告''), ''，未达到'', pg_catalog.trim_scale(r.needed * 100), '
        '''%% | progress '', COALESCE(pg_catalog.trim_scale(r.reached * 100)::text || ''%%'', ''not reported''), '', '', pg_catalog.trim_scale(r.needed * 100), ''%% needed'') '
        'ELSE ''前一期尚未拨付 | the tranche before has not been released'' END '
        'FROM released r CROSS JOIN LATERAL (SELECT CASE WHEN r.released_on IS NOT NULL THEN ''released'' WHEN r.due_on > $1 THEN ''not_due'' '
        'WHEN r.met_on IS NULL THEN ''behind'' ELSE ''waiting'' END AS status) s', part, report) USING day;
END
$$;

COMMENT ON FUNCTION tranche_releases(regclass, regclass, date) IS
    'which tranches of support over several years are released, by the progress that was reported until a day';
