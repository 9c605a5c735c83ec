-- chart: a firm's radar and an indicator's histogram as Vega-Lite specifications, with the
-- numbers in them. The columns of a scoreboard's views are found in the catalog, so that who
-- may read the views, and no more, can draw them.

-- Where the columns of the views stand: entity first, then the period if there is one; the
-- view _model begins with the columns whose values make the groups.
CREATE FUNCTION _innovation_score.chart_columns(board scoreboard, OUT entity text, OUT period text, OUT groups text[],
                                                OUT entity_type oid, OUT period_type oid)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT max(a.attname) FILTER (WHERE v.kind = 'detail' AND a.attnum = 1),
           max(a.attname) FILTER (WHERE v.kind = 'detail' AND a.attnum = 2 AND board.period IS NOT NULL),
           COALESCE(array_agg(a.attname::text ORDER BY a.attnum)
                    FILTER (WHERE v.kind = 'model'
                            AND a.attname NOT IN ('fitted_level', 'fitted_on', 'fitted_rows', 'model')), '{}'),
           max(a.atttypid) FILTER (WHERE v.kind = 'detail' AND a.attnum = 1),
           max(a.atttypid) FILTER (WHERE v.kind = 'detail' AND a.attnum = 2 AND board.period IS NOT NULL)
    FROM unnest('{detail,model}'::text[]) AS v(kind)
    JOIN pg_attribute a ON a.attrelid = _innovation_score.view_name(board.scoreboard, v.kind)::regclass AND a.attnum > 0
$$;

COMMENT ON FUNCTION _innovation_score.chart_columns(scoreboard) IS
    'internal: names and types of the entity, the period and the group columns in the views of a scoreboard';

CREATE FUNCTION _innovation_score.chart_query(query text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD' SET intervalstyle = 'postgres' SET timezone = 'UTC' SET extra_float_digits = 1 AS $$
DECLARE
    result jsonb;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
END
$$;

COMMENT ON FUNCTION _innovation_score.chart_query(text) IS
    'internal: the jsonb that a query gives, with text forms that do not depend on the session';

CREATE FUNCTION _innovation_score.chart_key(board scoreboard, alias text, what text, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.key_condition(alias || '.' || quote_ident(k.name), k.type,
                                                    _innovation_score.key_of_text(value, k.type, board.scoreboard, what)),
                    'true')
    FROM (SELECT CASE what WHEN 'entity' THEN c.entity ELSE c.period END AS name,
                 CASE what WHEN 'entity' THEN c.entity_type ELSE c.period_type END AS type
          FROM _innovation_score.chart_columns(board) c) k
$$;

COMMENT ON FUNCTION _innovation_score.chart_key(scoreboard, text, text, text) IS
    'internal: condition that a row of a view is of an entity or a period, if one is given';

CREATE FUNCTION _innovation_score.chart_title(board scoreboard, headline text, VARIADIC lines text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'text', headline,
        'subtitle', to_jsonb(array_remove(
            lines || COALESCE(s.title, s.scheme)
                  || CASE WHEN s.provisional THEN '暂定权重 provisional weights' END, NULL)))
    FROM scheme s WHERE s.scheme = board.scheme
$$;

COMMENT ON FUNCTION _innovation_score.chart_title(scoreboard, text, text[]) IS 'internal: the title of a chart';

CREATE FUNCTION _innovation_score.chart_frame(title jsonb, description text, data jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        '$schema', 'https://vega.github.io/schema/vega-lite/v5.json',
        'title', title,
        'description', description,
        'data', jsonb_build_object('values', COALESCE(NULLIF(data, 'null'), '[]')),
        'config', jsonb_build_object(
            'font', 'Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif',
            'title', '{"offset": 12}'::jsonb,
            'view', '{"stroke": null}'::jsonb))
$$;

COMMENT ON FUNCTION _innovation_score.chart_frame(jsonb, text, jsonb) IS
    'internal: what the specifications have in common';

-- The firm's row: period, stage and group, which say who its peers are.
CREATE FUNCTION _innovation_score.chart_firm(board scoreboard, entity text, period text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    columns record := _innovation_score.chart_columns(board);
    rows jsonb;
BEGIN
    IF entity IS NULL THEN
        RAISE EXCEPTION 'the entity must not be null' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), period);
    rows := _innovation_score.chart_query(format(
        'SELECT pg_catalog.jsonb_agg(f) FROM (SELECT %s AS period, s.stage, ARRAY[%s]::text[] AS "group" FROM %s s '
        'WHERE %s AND %s%s) f',
        COALESCE('innovation_score.key_text(s.' || quote_ident(columns.period) || ')', 'NULL::text'),
        (SELECT string_agg(format('s.%I::text', g.name), ', ' ORDER BY g.place)
         FROM unnest(columns.groups) WITH ORDINALITY AS g(name, place)),
        _innovation_score.view_name(board.scoreboard, 'score'), _innovation_score.chart_key(board, 's', 'entity', entity),
        _innovation_score.chart_key(board, 's', 'period', period),
        CASE WHEN columns.period IS NOT NULL
             THEN format(' AND s.%1$I IS NOT NULL ORDER BY s.%1$I DESC FETCH FIRST 1 ROW WITH TIES', columns.period)
        END));
    IF jsonb_array_length(rows) = 1 IS NOT TRUE THEN
        RAISE EXCEPTION 'scoreboard % has % rows of "%"%', board.scoreboard,
                COALESCE(jsonb_array_length(rows)::text, 'no'), entity,
                COALESCE(' in period ' || COALESCE(period, rows -> 0 ->> 'period'), '')
            USING ERRCODE = CASE WHEN rows IS NULL THEN 'no_data_found' ELSE 'cardinality_violation' END,
                  HINT = CASE WHEN rows IS NULL THEN format('Its firms are in the view %s; letter case and blanks count.',
                                                         _innovation_score.view_name(board.scoreboard, 'score'))
                              ELSE 'Correct the source, or bind a view that has one row per firm (and period).' END;
    END IF;
    IF rows -> 0 ->> 'stage' IS NULL OR rows -> 0 -> 'group' @> '[null]' THEN
        RAISE EXCEPTION '"%" has no score in scoreboard %', entity, board.scoreboard
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = CASE WHEN rows -> 0 ->> 'stage' IS NULL THEN 'Its stage is missing.'
                                ELSE 'It belongs to no group.' END;
    END IF;
    RETURN rows -> 0;
END
$$;

COMMENT ON FUNCTION _innovation_score.chart_firm(scoreboard, text, text) IS
    'internal: period, stage and group of a firm in a period, by default its last';

-- One row an indicator, as the axes of a radar stand around it.
CREATE FUNCTION _innovation_score.radar_data(board scoreboard, entity text, firm jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
BEGIN
    RETURN _innovation_score.chart_query(format(
        'SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('
        '''position'', o.place - 1, ''indicator'', o.indicator, ''title'', COALESCE(f.title, o.indicator), '
        '''category'', f.category, ''value'', f.value, ''status'', f.status, ''normalized'', f.normalized, '
        '''peer_median'', f.peer_normalized, ''peers'', COALESCE(f.peers, 0)) ORDER BY o.place) '
        'FROM pg_catalog.unnest(%L::text[]) WITH ORDINALITY AS o(indicator, place) '
        'LEFT JOIN (SELECT p.* FROM %s p WHERE %s AND %s) f ON f.indicator = o.indicator',
        _innovation_score.model_codes(board.model, 'indicators'), _innovation_score.view_name(board.scoreboard, 'portrait'),
        _innovation_score.chart_key(board, 'p', 'entity', entity),
        _innovation_score.chart_key(board, 'p', 'period', firm ->> 'period')));
END
$$;

COMMENT ON FUNCTION _innovation_score.radar_data(scoreboard, text, jsonb) IS
    'internal: normalized values of a firm and the median of its peers, by indicator';

CREATE FUNCTION _innovation_score.chart_tooltip() RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT '[{"field": "title", "type": "nominal", "title": "指标 indicator"},
        {"field": "value", "type": "quantitative", "title": "指标值 value"},
        {"field": "normalized", "type": "quantitative", "format": ".3f",
        "title": "标准化值 normalized"},
        {"field": "peer_median", "type": "quantitative", "format": ".3f",
        "title": "同组中位数 median of the peers"},
        {"field": "status", "type": "nominal", "title": "状态 status"}]'::jsonb
$$;

COMMENT ON FUNCTION _innovation_score.chart_tooltip() IS 'internal: what a pointer at an indicator shows';

-- Vega-Lite has polar coordinates for arcs only; the corners of the polygons are placed by
-- expressions: angle 2π * position / axes from the top, clockwise.
CREATE FUNCTION _innovation_score.radar_layers(firm text, peers text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET standard_conforming_strings = on AS $$
    WITH place AS (
        SELECT '[{"calculate": "2 * PI * datum.position / axes", "as": "angle"},
                 {"calculate": "datum.radius * sin(datum.angle)", "as": "x"},
                 {"calculate": "datum.radius * cos(datum.angle)", "as": "y"}]'::jsonb AS transform,
               '{"x": {"field": "x", "type": "quantitative", "axis": null, "scale": {"domain": [-2.1, 2.1]}},
                 "y": {"field": "y", "type": "quantitative", "axis": null, "scale": {"domain": [-1.25, 1.25]}}}'::jsonb
                   AS encoding
    )
    SELECT jsonb_build_array(
        jsonb_build_object(
            'description', 'rings at 0.25, 0.5, 0.75 and 1',
            'transform',
                '[{"calculate": "[0.25, 0.5, 0.75, 1]", "as": "radius"}, {"flatten": ["radius"]}]' || transform,
            'mark', '{"type": "line", "interpolate": "linear-closed", "color": "#c8c8c8", "strokeWidth": 1}'::jsonb,
            'encoding', encoding || '{"detail": {"field": "radius", "type": "quantitative"},
                                      "order": {"field": "position", "type": "quantitative"}}'),
        jsonb_build_object(
            'description', 'axes',
            'transform', '[{"calculate": "1", "as": "radius"}]' || transform,
            'mark', '{"type": "rule", "color": "#c8c8c8", "strokeWidth": 1}'::jsonb,
            'encoding', encoding || '{"x2": {"datum": 0}, "y2": {"datum": 0}}'),
        jsonb_build_object(
            'description', 'names of the axes',
            -- long ones take several lines, broken after a space or a Chinese character
            'transform', $json$[{"calculate": "1.07", "as": "radius"},
                                {"calculate": "replace(datum.title, regexp('([ -~]{12,22} )(?=.{3})', 'g'), '$1\\n')",
                                 "as": "name"},
                                {"calculate":
                                 "replace(datum.name, regexp('(.{7,9}[\\u2e80-\\uffff])(?=.{2})', 'g'), '$1\\n')",
                                 "as": "name"}]$json$::jsonb || transform,
            'mark', $json${"type": "text", "fontSize": 11, "limit": 160, "lineBreak": "\n", "baseline": "middle", "align":
                      {"expr": "abs(datum.x) < 0.01 ? 'center' : datum.x > 0 ? 'left' : 'right'"}}$json$::jsonb,
            'encoding', encoding || '{"text": {"field": "name", "type": "nominal"}}'::jsonb),
        jsonb_build_object(
            'description', 'the firm and the median of its peers',
            'transform', '[{"fold": ["normalized", "peer_median"], "as": ["series", "share"]}]'
                || jsonb_build_array(
                       -- what is missing earns nothing
                       '{"calculate": "isValid(datum.share) ? datum.share : 0", "as": "radius"}'::jsonb,
                       jsonb_build_object('calculate', format('datum.series == ''normalized'' ? %s : %s',
                                                              to_jsonb(firm), to_jsonb(peers)), 'as', 'who'))
                || transform,
            'mark', '{"type": "line", "interpolate": "linear-closed", "strokeWidth": 2.5,
                      "point": {"filled": true, "size": 45}}'::jsonb,
            'encoding', encoding || jsonb_build_object(
                'order', '{"field": "position", "type": "quantitative"}'::jsonb,
                -- blue and vermilion of Okabe and Ito: told apart by colour-blind readers, and by the dashes in grey
                'color', jsonb_build_object('field', 'who', 'type', 'nominal', 'title', NULL,
                                            'scale', jsonb_build_object('domain', jsonb_build_array(firm, peers),
                                                                        'range', '["#0072b2", "#d55e00"]'::jsonb),
                                            'legend', '{"orient": "bottom", "labelLimit": 320}'::jsonb),
                'strokeDash', jsonb_build_object('field', 'who', 'type', 'nominal', 'title', NULL,
                                                 'scale', jsonb_build_object('domain', jsonb_build_array(firm, peers),
                                                                             'range', '[[1, 0], [6, 4]]'::jsonb)),
                'tooltip', _innovation_score.chart_tooltip())))
    FROM place
$$;

COMMENT ON FUNCTION _innovation_score.radar_layers(text, text) IS 'internal: the layers of a radar';

-- Of more indicators than have room around a circle: bars, the longest first.
CREATE FUNCTION _innovation_score.bar_layers(firm text, peers text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    WITH encoding AS (
        SELECT jsonb_build_object(
            'y', '{"field": "title", "type": "nominal", "title": null, "axis": {"labelLimit": 260},
                   "sort": {"field": "normalized", "op": "max", "order": "descending"}}'::jsonb,
            'tooltip', _innovation_score.chart_tooltip()) AS shared,
               jsonb_build_object('type', 'nominal', 'title', NULL, 'legend', '{"orient": "bottom", "labelLimit": 320}'::jsonb,
                                  'scale', jsonb_build_object('domain', jsonb_build_array(firm, peers),
                                                              'range', '["#0072b2", "#d55e00"]'::jsonb)) AS color
    )
    SELECT jsonb_build_array(
        jsonb_build_object(
            'description', 'the firm', 'mark', '{"type": "bar", "height": {"band": 0.7}}'::jsonb,
            'encoding', shared || jsonb_build_object(
                'x', '{"field": "normalized", "type": "quantitative", "title": null, "scale": {"domain": [0, 1]}}'::jsonb,
                'color', color || jsonb_build_object('datum', firm))),
        jsonb_build_object(
            'description', 'the median of its peers', 'mark', '{"type": "tick", "thickness": 2}'::jsonb,
            'encoding', shared || jsonb_build_object(
                'x', '{"field": "peer_median", "type": "quantitative"}'::jsonb, 'color', color || jsonb_build_object('datum', peers))))
    FROM encoding
$$;

COMMENT ON FUNCTION _innovation_score.bar_layers(text, text) IS 'internal: the layers of bars in place of a radar';

CREATE FUNCTION _innovation_score.radar_chart(name text, entity text, period text, path name[]) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    firm jsonb;
    peers text := '同组中位数 median of the peers';
    axes integer;
    round boolean;
BEGIN
    board := _innovation_score.get_built_scoreboard(name, path);
    firm := _innovation_score.chart_firm(board, entity, period);
    axes := cardinality(_innovation_score.model_codes(board.model, 'indicators'));
    round := axes <= 20;        -- else names would overlap
    IF entity = peers THEN      -- would take the colour of the legend's other entry
        peers := peers || ' ';
    END IF;
    RETURN _innovation_score.chart_frame(
        _innovation_score.chart_title(board, entity, concat_ws('，', firm ->> 'period',
            (SELECT COALESCE(s.title, s.stage) FROM stage s
             WHERE s.scheme = board.scheme AND s.stage = firm ->> 'stage'))),
        format('Normalized value of each indicator, 0%s to 1, of a firm and the median of the firms of its period, '
               'stage and peer group.', CASE WHEN round THEN ' (centre)' END),
        _innovation_score.radar_data(board, entity, firm))
        || CASE WHEN round
                THEN jsonb_build_object('width', 672, 'height', 400, 'padding', 16,
                                        'params', jsonb_build_array(jsonb_build_object('name', 'axes', 'value', axes)),
                                        'layer', _innovation_score.radar_layers(entity, peers))
                ELSE jsonb_build_object('width', 420, 'height', '{"step": 18}'::jsonb, 'padding', 16,
                                        'layer', _innovation_score.bar_layers(entity, peers)) END;
END
$$;

COMMENT ON FUNCTION _innovation_score.radar_chart(text, text, text, name[]) IS 'internal: radar_chart with the caller''s schemas';

CREATE FUNCTION radar_chart(scoreboard text, period text DEFAULT NULL, entity text DEFAULT NULL) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE;

COMMENT ON FUNCTION radar_chart(text, text, text) IS
    'Vega-Lite specification: a firm''s normalized values against the median of its peers';

-- The histogram: two readings of the source (src/chart.c), one for the span of the values and one
-- for the bins. The view _detail, which has a row for every indicator, would take ten times as long.

CREATE FUNCTION _innovation_score.value_span_accumulate(state float8[], model score_model, stage text, place integer,
                                       VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'value_span_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

CREATE FUNCTION _innovation_score.value_span_combine(state float8[], other float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'value_span_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.value_span(model score_model, stage text, place integer, VARIADIC vals float8[]) (
    SFUNC = _innovation_score.value_span_accumulate,
    STYPE = float8[],
    COMBINEFUNC = _innovation_score.value_span_combine,
    PARALLEL = SAFE
);

CREATE FUNCTION _innovation_score.value_bins_accumulate(state float8[], before float8[], after float8[], model score_model, stage text,
                                       place integer, VARIADIC vals float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'value_bins_accumulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;

CREATE FUNCTION _innovation_score.value_bins_combine(state float8[], other float8[]) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'value_bins_combine' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE AGGREGATE _innovation_score.value_bins(before float8[], after float8[], model score_model, stage text, place integer,
                             VARIADIC vals float8[]) (
    SFUNC = _innovation_score.value_bins_accumulate,
    STYPE = float8[],
    COMBINEFUNC = _innovation_score.value_bins_combine,
    PARALLEL = SAFE
);

COMMENT ON FUNCTION _innovation_score.value_span_accumulate(float8[], score_model, text, integer, float8[]) IS
    'internal: transition function of value_span';
COMMENT ON FUNCTION _innovation_score.value_span_combine(float8[], float8[]) IS 'internal: combine function of value_span';
COMMENT ON AGGREGATE _innovation_score.value_span(score_model, text, integer, float8[]) IS
    'internal: how many firms have a finite value of the indicator at a place, how many of these are adjusted; lowest '
    'and highest bound, value, adjusted value';
COMMENT ON FUNCTION _innovation_score.value_bins_accumulate(float8[], float8[], float8[], score_model, text, integer, float8[]) IS
    'internal: transition function of value_bins';
COMMENT ON FUNCTION _innovation_score.value_bins_combine(float8[], float8[]) IS 'internal: combine function of value_bins';
COMMENT ON AGGREGATE _innovation_score.value_bins(float8[], float8[], score_model, text, integer, float8[]) IS
    'internal: how many values lie between edges, and how many adjusted ones between others';

-- Equal bins from the least to the greatest value, before the adjustment and after it; a bin
-- has its lower edge, the last one both. A span beyond the largest number is divided on a
-- quarter of its scale; one so small that its parts would vanish is one bin.
--
-- The models of a live scoreboard are fitted once for both readings, so they are materialized;
-- those of a frozen one are not, since parallel workers could not read them.
CREATE FUNCTION _innovation_score.histogram_data(board scoreboard, indicator text, period text, bins integer) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    binding scoreboard_binding := _innovation_score.bind(board);
    view text := _innovation_score.view_name(board.scoreboard, 'model');
    place integer := array_position(_innovation_score.model_codes(board.model, 'indicators'), indicator);
    model text := replace(_innovation_score.row_model(board, binding), format(' %s m', view), ' _chart_model m');
    firms text := format('FROM %s WHERE %s',
                         replace(_innovation_score.rows_with_model(board, binding), format(' %s m', view), ' _chart_model m'),
                         _innovation_score.chart_key(board, 's', 'period', period));
BEGIN
    RETURN _innovation_score.chart_query(format(
        $query$
        WITH _chart_model AS %1$s (
            SELECT * FROM %2$s
        ), total AS MATERIALIZED (
            SELECT _innovation_score.value_span(%3$s, s.stage, %4$s, VARIADIC s._values) AS found %5$s
        ), span AS (
            SELECT x.shown, t.found[x.least] * s.scale AS least, t.found[x.least + 1] * s.scale AS greatest, s.scale
            FROM total t CROSS JOIN (VALUES ('before', 5), ('after', 7)) AS x(shown, least)
            CROSS JOIN LATERAL (SELECT CASE WHEN GREATEST(-t.found[5], t.found[6]) > 1e300 THEN 0.25::float8
                                            ELSE 1::float8 END AS scale) s
            WHERE t.found IS NOT NULL
        ), grid AS MATERIALIZED (
            SELECT s.shown, n.bins,
                   ARRAY(SELECT CASE i WHEN 0 THEN s.least WHEN n.bins THEN s.greatest
                                     ELSE s.least + (s.greatest - s.least) * (i::float8 / n.bins) END / s.scale
                         FROM pg_catalog.generate_series(0, n.bins) i ORDER BY i) AS edges
            FROM span s
            CROSS JOIN LATERAL (SELECT CASE WHEN s.greatest - s.least > 1e-290 THEN %6$s ELSE 1 END) AS n(bins)
        ), counted AS MATERIALIZED (
            SELECT _innovation_score.value_bins(
                       (SELECT g.edges[2:g.bins] FROM grid g WHERE g.shown = 'before'),
                       (SELECT g.edges[2:g.bins] FROM grid g WHERE g.shown = 'after'),
                       %3$s, s.stage, %4$s, VARIADIC s._values) AS firms %5$s
        )
        SELECT pg_catalog.jsonb_build_object(
            'lower', t.found[3], 'upper', t.found[4], 'firms', COALESCE(t.found[1], 0)::bigint,
            'adjusted', COALESCE(t.found[2], 0)::bigint,
            'values', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                           'shown', g.shown, 'bin', b.bin, 'from', g.edges[b.bin], 'to', g.edges[b.bin + 1],
                           'firms', c.firms[b.bin + CASE WHEN g.shown = 'after'
                                                         THEN pg_catalog.cardinality(c.firms) - g.bins
                                                         ELSE 0 END]::bigint)
                           ORDER BY g.shown COLLATE "C" DESC, b.bin)
                       FROM grid g CROSS JOIN counted c
                       CROSS JOIN LATERAL pg_catalog.generate_series(1, g.bins) AS b(bin)))
        FROM total t
        $query$,
        CASE WHEN board.frozen_at IS NULL THEN 'MATERIALIZED' ELSE 'NOT MATERIALIZED' END, view, model, place, firms,
        bins));
END
$$;

COMMENT ON FUNCTION _innovation_score.histogram_data(scoreboard, text, text, integer) IS
    'internal: how many firms have which values of an indicator, before and after the adjustment';

CREATE FUNCTION _innovation_score.histogram_panel(shown text, title text, color text, rules jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
        'title', title, 'width', 300, 'height', 220,
        'layer', jsonb_build_array(jsonb_build_object(
            'transform', jsonb_build_array(jsonb_build_object('filter', format('datum.shown == ''%s''', shown))),
            'mark', jsonb_build_object('type', 'bar', 'color', color, 'stroke', 'white', 'strokeWidth', 0.5),
            'encoding', '{"x": {"field": "from", "bin": "binned", "type": "quantitative", "title": "指标值 value",
                                "scale": {"zero": false, "nice": false},
                                "axis": {"format": ".3~s", "tickCount": 5, "labelOverlap": true}},
                          "x2": {"field": "to"},
                          "y": {"field": "firms", "type": "quantitative", "title": "企业数（对数） firms, log scale",
                                "scale": {"type": "symlog", "domainMin": 0, "nice": false},
                                "axis": {"values": [0, 1, 10, 100, 1000, 10000, 100000, 1000000]}},
                          "y2": {"datum": 0},
                          "tooltip": [{"field": "from", "type": "quantitative", "title": "从 from"},
                                      {"field": "to", "type": "quantitative", "title": "到 to"},
                                      {"field": "firms", "type": "quantitative", "title": "企业数 firms"}]}'::jsonb))
            || COALESCE(rules, '[]'))
$$;

COMMENT ON FUNCTION _innovation_score.histogram_panel(text, text, text, jsonb) IS 'internal: one of the two histograms';

CREATE FUNCTION _innovation_score.histogram_chart(name text, indicator text, period text, bins integer, path name[]) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    board scoreboard;
    columns record;
    indicator_title text;
    data jsonb;
BEGIN
    board := _innovation_score.get_built_scoreboard(name, path);
    columns := _innovation_score.chart_columns(board);
    PERFORM _innovation_score.check_period(board, _innovation_score.bind(board), period);
    IF bins BETWEEN 1 AND 1000 IS NOT TRUE THEN
        RAISE EXCEPTION 'a histogram has 1 to 1000 bins, not %', COALESCE(bins::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    indicator := _innovation_score.indicator_code(indicator, _innovation_score.titled_indicators(board.scheme));
    IF indicator = ANY (_innovation_score.model_codes(board.model, 'indicators')) IS NOT TRUE THEN
        RAISE EXCEPTION 'scoreboard % has no indicator "%"', board.scoreboard, indicator
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('The indicators are %s.',
                                (SELECT string_agg(format('"%s"', c.code), ', ' ORDER BY c.place)
                                 FROM unnest(_innovation_score.model_codes(board.model, 'indicators'))
                                      WITH ORDINALITY AS c(code, place)));
    END IF;
    period := _innovation_score.key_of_text(period, columns.period_type, board.scoreboard, 'period');
    IF period IS NULL AND columns.period IS NOT NULL THEN
        period := _innovation_score.chart_query(format(
            'SELECT pg_catalog.to_jsonb(innovation_score.key_text(m.%1$I)) FROM %2$s m WHERE m.%1$I IS NOT NULL '
            'ORDER BY m.%1$I DESC LIMIT 1', columns.period,
            _innovation_score.view_name(board.scoreboard, CASE WHEN columns.period = ANY (columns.groups) THEN 'model'
                                              ELSE 'score' END))) #>> '{}';
    END IF;
    SELECT COALESCE(i.title, i.indicator) INTO indicator_title
    FROM indicator i WHERE i.scheme = board.scheme AND i.indicator = histogram_chart.indicator;
    data := _innovation_score.histogram_data(board, indicator, period, bins);
    RETURN _innovation_score.chart_frame(
        _innovation_score.chart_title(board, COALESCE(indicator_title, indicator), concat_ws('，', period,
            format('%s 家企业，%s 家的值被调整 %1$s firms, the values of %2$s are adjusted', data ->> 'firms',
                   data ->> 'adjusted'))),
        'How many firms have which values of an indicator, before and after values beyond the bounds are '
        'adjusted; the dashed lines are the bounds.',
        data -> 'values')
        || jsonb_build_object(
            'resolve', '{"scale": {"x": "independent", "y": "shared"}}'::jsonb,
            'hconcat', jsonb_build_array(
                _innovation_score.histogram_panel('before', '调整前 before the adjustment', '#999999',
                    (SELECT jsonb_agg(jsonb_build_object(
                        'mark', '{"type": "rule", "color": "#d55e00", "strokeDash": [5, 3]}'::jsonb,
                        'encoding', jsonb_build_object('x', jsonb_build_object('datum', b.bound)))
                        ORDER BY b.place)
                     FROM (VALUES (1, data -> 'lower'), (2, data -> 'upper')) AS b(place, bound)
                     WHERE b.bound <> 'null')),
                _innovation_score.histogram_panel('after', '调整后 after the adjustment', '#0072b2', NULL)));
END
$$;

COMMENT ON FUNCTION _innovation_score.histogram_chart(text, text, text, integer, name[]) IS
    'internal: histogram_chart with the caller''s schemas';

CREATE FUNCTION histogram_chart(scoreboard text, period text DEFAULT NULL, indicator text DEFAULT NULL,
                                bins integer DEFAULT 30)
RETURNS jsonb
    AS 'MODULE_PATHNAME', 'owner_call' LANGUAGE C STABLE PARALLEL UNSAFE;

COMMENT ON FUNCTION histogram_chart(text, text, text, integer) IS
    'Vega-Lite specification: the values of an indicator before and after the adjustment of extreme values';
