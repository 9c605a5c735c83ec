-- structure: how an industry is made up, and where it is at home (专利导航, 产业结构)

CREATE FUNCTION _innovation_score.part_value(value numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'a part of a whole must be a finite number that is not negative, not %', value
        USING ERRCODE = 'invalid_parameter_value';
END
$$;

COMMENT ON FUNCTION _innovation_score.part_value(numeric) IS 'internal: the error for what cannot be a part of a whole';

-- Sum and sum of squares.
CREATE FUNCTION _innovation_score.herfindahl_accumulate(state numeric[], value numeric) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN state
            WHEN value >= 0 AND value < 'Infinity' THEN ARRAY[state[1] + value, state[2] + value * value]
            ELSE ARRAY[_innovation_score.part_value(value)] END;

CREATE FUNCTION _innovation_score.herfindahl_combine(state numeric[], other numeric[]) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[state[1] + other[1], state[2] + other[2]];

CREATE FUNCTION _innovation_score.herfindahl_final(state numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN state[1] > 0 THEN round(state[2] / (state[1] * state[1]), 12) END;

CREATE AGGREGATE herfindahl(value numeric) (
    SFUNC = _innovation_score.herfindahl_accumulate,
    STYPE = numeric[],
    INITCOND = '{0,0}',
    FINALFUNC = _innovation_score.herfindahl_final,
    COMBINEFUNC = _innovation_score.herfindahl_combine,
    PARALLEL = SAFE
);

COMMENT ON FUNCTION _innovation_score.herfindahl_accumulate(numeric[], numeric) IS 'internal: transition function of herfindahl';
COMMENT ON FUNCTION _innovation_score.herfindahl_combine(numeric[], numeric[]) IS 'internal: combine function of herfindahl';
COMMENT ON FUNCTION _innovation_score.herfindahl_final(numeric[]) IS 'internal: final function of herfindahl';
COMMENT ON AGGREGATE herfindahl(numeric) IS
    'Herfindahl index, the sum of squared shares: 1 = one firm has all, 1/n = n firms have the same; NULL is ignored';

-- k, the sum, and the k greatest values in descending order.
CREATE FUNCTION _innovation_score.concentration_accumulate(state numeric[], value numeric, k integer) RETURNS numeric[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    place integer;
BEGIN
    IF state IS NULL THEN
        IF k IS NULL OR k NOT BETWEEN 1 AND 1000 THEN
            RAISE EXCEPTION 'k must be between 1 and 1000, not %', k USING ERRCODE = 'invalid_parameter_value';
        END IF;
        state := ARRAY[k, 0];
    ELSIF k IS DISTINCT FROM state[1] THEN
        RAISE EXCEPTION 'k differs between rows: % and %', state[1], k USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF value IS NULL THEN
        RETURN state;
    ELSIF NOT (value >= 0 AND value < 'Infinity') THEN
        value := _innovation_score.part_value(value);
    END IF;
    state[2] := state[2] + value;
    place := cardinality(state) + 1;
    IF place > k + 2 THEN
        IF value <= state[k + 2] THEN
            RETURN state;
        END IF;
        place := k + 2;
    END IF;
    WHILE place > 3 AND state[place - 1] < value LOOP
        state[place] := state[place - 1];
        place := place - 1;
    END LOOP;
    state[place] := value;
    RETURN state;
END
$$;

CREATE FUNCTION _innovation_score.concentration_combine(state numeric[], other numeric[]) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN state IS NULL THEN other WHEN other IS NULL THEN state
            ELSE ARRAY[state[1], state[2] + other[2]]
                 || (SELECT array_agg(t.v ORDER BY t.v DESC)
                     FROM (SELECT v FROM unnest(state[3:] || other[3:]) v ORDER BY v DESC LIMIT state[1]::integer) t) END;

CREATE FUNCTION _innovation_score.concentration_final(state numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN state[2] > 0 THEN round((SELECT sum(v) FROM unnest(state[3:]) v) / state[2], 12) END;

CREATE AGGREGATE concentration(value numeric, k integer) (
    SFUNC = _innovation_score.concentration_accumulate,
    STYPE = numeric[],
    FINALFUNC = _innovation_score.concentration_final,
    COMBINEFUNC = _innovation_score.concentration_combine,
    PARALLEL = SAFE
);

COMMENT ON FUNCTION _innovation_score.concentration_accumulate(numeric[], numeric, integer) IS
    'internal: transition function of concentration';
COMMENT ON FUNCTION _innovation_score.concentration_combine(numeric[], numeric[]) IS 'internal: combine function of concentration';
COMMENT ON FUNCTION _innovation_score.concentration_final(numeric[]) IS 'internal: final function of concentration';
COMMENT ON AGGREGATE concentration(numeric, integer) IS
    'concentration ratio CRk: the share of the k greatest in the whole; NULL is ignored';

-- Of the industry in the region, of the region, of the industry, of all.
CREATE FUNCTION _innovation_score.location_accumulate(state numeric[], value numeric, in_region boolean, in_industry boolean)
RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN value IS NULL THEN state
            WHEN value >= 0 AND value < 'Infinity'
            THEN ARRAY[state[1] + CASE WHEN in_region AND in_industry THEN value ELSE 0 END,
                       state[2] + CASE WHEN in_region THEN value ELSE 0 END,
                       state[3] + CASE WHEN in_industry THEN value ELSE 0 END, state[4] + value]
            ELSE ARRAY[_innovation_score.part_value(value)] END;

CREATE FUNCTION _innovation_score.location_combine(state numeric[], other numeric[]) RETURNS numeric[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY[state[1] + other[1], state[2] + other[2], state[3] + other[3], state[4] + other[4]];

CREATE FUNCTION _innovation_score.location_final(state numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN state[2] > 0 AND state[3] > 0 THEN round(state[1] * state[4] / (state[2] * state[3]), 12) END;

CREATE AGGREGATE location_quotient(value numeric, in_region boolean, in_industry boolean) (
    SFUNC = _innovation_score.location_accumulate,
    STYPE = numeric[],
    INITCOND = '{0,0,0,0}',
    FINALFUNC = _innovation_score.location_final,
    COMBINEFUNC = _innovation_score.location_combine,
    PARALLEL = SAFE
);

COMMENT ON FUNCTION _innovation_score.location_accumulate(numeric[], numeric, boolean, boolean) IS
    'internal: transition function of location_quotient';
COMMENT ON FUNCTION _innovation_score.location_combine(numeric[], numeric[]) IS 'internal: combine function of location_quotient';
COMMENT ON FUNCTION _innovation_score.location_final(numeric[]) IS 'internal: final function of location_quotient';
COMMENT ON AGGREGATE location_quotient(numeric, boolean, boolean) IS
    'location quotient: the industry''s share in the region over its share in all regions; NULL is ignored';

-- ---------------------------------------------------------------- every region and industry

CREATE TYPE industry_position AS (
    region    text,
    industry  text,
    firms     bigint,
    value     numeric,
    share     numeric,
    growth    numeric,
    quotient  numeric,
    herfindahl numeric,
    top_share numeric,
    quadrant  text
);

COMMENT ON TYPE industry_position IS '产业定位 where an industry stands in a region';
COMMENT ON COLUMN industry_position.region IS '地区 region';
COMMENT ON COLUMN industry_position.industry IS '产业 industry';
COMMENT ON COLUMN industry_position.firms IS '企业数 firms with a value above 0';
COMMENT ON COLUMN industry_position.value IS '规模 sum of the values';
COMMENT ON COLUMN industry_position.share IS '份额 the region''s share in the industry of all regions';
COMMENT ON COLUMN industry_position.growth IS '增速 growth since the earlier period; NULL where there was nothing';
COMMENT ON COLUMN industry_position.quotient IS '区位商 location quotient';
COMMENT ON COLUMN industry_position.herfindahl IS '赫芬达尔指数 concentration among the firms of the region';
COMMENT ON COLUMN industry_position.top_share IS '前 k 家集中度 share of the k greatest firms of the region';
COMMENT ON COLUMN industry_position.quadrant IS
    '象限 leading（优势）, emerging（新兴）, mature（成熟）, weak（弱势）; NULL without growth';

CREATE FUNCTION industry_positions(source regclass, later text, earlier text DEFAULT NULL, k integer DEFAULT 4)
RETURNS SETOF industry_position
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := (SELECT w.name FROM unnest('{region,industry,entity,period,value}'::text[]) WITH ORDINALITY w(name, place)
                     WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname = w.name AND a.attnum > 0
                                                                        AND NOT a.attisdropped)
                     ORDER BY w.place LIMIT 1);
BEGIN
    IF source IS NULL OR later IS NULL THEN
        RAISE EXCEPTION '% must not be null', CASE WHEN source IS NULL THEN 'source' ELSE 'later' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF later = earlier THEN
        RAISE EXCEPTION 'later and earlier period are the same: %', later USING ERRCODE = 'invalid_parameter_value';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION 'source % has no column "%"', source, missing
            USING ERRCODE = 'undefined_column', HINT = 'It must have the columns region, industry, entity, period and value.';
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH firm AS (SELECT s.region::text AS region, s.industry::text AS industry, innovation_score.key_text(s.entity) AS entity, '
        'innovation_score.key_text(s.period) = $2 AS early, sum(s.value)::numeric AS value FROM %s s '
        'WHERE innovation_score.key_text(s.period) IN ($1, $2) AND s.region IS NOT NULL AND s.industry IS NOT NULL GROUP BY 1, 2, 3, 4), '
        'cell AS (SELECT f.region, f.industry, count(*) FILTER (WHERE f.early IS NOT TRUE AND f.value > 0) AS firms, '
        'COALESCE(sum(f.value) FILTER (WHERE f.early IS NOT TRUE), 0) AS value, COALESCE(sum(f.value) FILTER (WHERE f.early), 0) AS before, '
        'innovation_score.herfindahl(f.value) FILTER (WHERE f.early IS NOT TRUE) AS herfindahl, '
        'innovation_score.concentration(f.value, $3) FILTER (WHERE f.early IS NOT TRUE) AS top_share FROM firm f GROUP BY 1, 2), '
        'placed AS (SELECT c.*, sum(c.value) OVER (PARTITION BY c.industry) AS in_industry, sum(c.value) OVER (PARTITION BY c.region) AS in_region, '
        'sum(c.value) OVER () AS total, sum(c.before) OVER () AS total_before FROM cell c), '
        'measured AS (SELECT p.*, round(p.value * p.total / NULLIF(p.in_region * p.in_industry, 0), 12) AS quotient, '
        'round(p.value / NULLIF(p.before, 0) - 1, 12) AS growth FROM placed p) '
        'SELECT m.region, m.industry, m.firms, m.value, round(m.value / NULLIF(m.in_industry, 0), 12), m.growth, m.quotient, m.herfindahl, m.top_share, '
        -- compared without division
        'CASE WHEN m.before = 0 OR m.total_before = 0 OR m.quotient IS NULL THEN NULL '
        'WHEN m.value * m.total_before >= m.total * m.before '
        'THEN CASE WHEN m.value * m.total >= m.in_region * m.in_industry THEN ''leading'' ELSE ''emerging'' END '
        'ELSE CASE WHEN m.value * m.total >= m.in_region * m.in_industry THEN ''mature'' ELSE ''weak'' END END '
        'FROM measured m ORDER BY m.industry COLLATE "C", m.value DESC, m.region COLLATE "C"', source)
        USING later, earlier, k;
END
$$;

COMMENT ON FUNCTION industry_positions(regclass, text, text, integer) IS
    'size, share, growth, location quotient, concentration and quadrant of every industry in every region';
