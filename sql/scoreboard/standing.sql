-- standing: the scores that frozen scoreboards keep, so that places are looked up in them
-- (src/standing.c) instead of being counted among all firms. This file holds what is
-- kept and how views read it; standing_view.sql keeps it and has the view _standing.

CREATE TABLE _innovation_score.score_profile (
    scoreboard text NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    field      text COLLATE "C" NOT NULL,
    period     text,
    profile    float8[] NOT NULL,
    row_id     uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT score_profile_pkey PRIMARY KEY (row_id),
    CONSTRAINT score_profile_scoreboard_fkey FOREIGN KEY (scoreboard) REFERENCES _innovation_score.scoreboard
        ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT score_profile_kind_check CHECK (kind IN ('all', 'column', 'quota', 'top', 'reserve'))
);

-- uncompressed, since pieces of it are read
ALTER TABLE _innovation_score.score_profile ALTER COLUMN profile SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX score_profile_group_key ON _innovation_score.score_profile
    (scoreboard, kind, name, field, COALESCE('p' || period, ''));

COMMENT ON TABLE score_profile IS '已冻结的得分分布 distributions of scores among the firms of frozen scoreboards';
COMMENT ON COLUMN score_profile.scoreboard IS '积分榜 scoreboard';
COMMENT ON COLUMN score_profile.kind IS
    '范围 whose scores: all（全体）, column（某列的一个取值）; of a whitelist rule quota（参加分组名额的企业）, '
    'top（参加总名额的企业）, reserve（候补）';
COMMENT ON COLUMN score_profile.name IS '名称 the column, or the whitelist rule; empty: all, or the rule without a name';
COMMENT ON COLUMN score_profile.field IS '取值 value of the column or of the quota as text; empty where there is none';
COMMENT ON COLUMN score_profile.period IS '期间 period as text; NULL: none';
COMMENT ON COLUMN score_profile.profile IS
    '分布 number of scores, their quartiles, number of distinct scores, these, numbers of scores at or below them';
COMMENT ON COLUMN score_profile.row_id IS '行标识 identity of the row, for replication';

SELECT _innovation_score.dump_table('score_profile', 32, 'n.scoreboard IN (SELECT b.scoreboard FROM _innovation_score.scoreboard b)');
SELECT _innovation_score.show_table('score_profile');

CREATE FUNCTION _innovation_score.score_cut(profile float8[], places bigint) RETURNS float8
    AS 'MODULE_PATHNAME', 'score_cut' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;

COMMENT ON FUNCTION _innovation_score.score_cut(float8[], bigint) IS
    'internal: the lowest score of a distribution among the first places; NULL if there are fewer scores';

-- Whether places can be looked up: they are kept last when a scoreboard is frozen.
CREATE FUNCTION _innovation_score.keeps_scores(board scoreboard) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT board.frozen_at IS NOT NULL
           AND EXISTS (SELECT FROM shown_score_profile p WHERE p.scoreboard = board.scoreboard AND p.kind = 'all')
$$;

CREATE FUNCTION _innovation_score.keeps_scores(board scoreboard, period text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT board.frozen_at IS NOT NULL
           AND EXISTS (SELECT FROM shown_score_profile p WHERE p.scoreboard = board.scoreboard AND p.kind = 'all'
                       AND p.period IS NOT DISTINCT FROM keeps_scores.period)
$$;

COMMENT ON FUNCTION _innovation_score.keeps_scores(scoreboard) IS 'internal: whether a frozen scoreboard has kept scores';
COMMENT ON FUNCTION _innovation_score.keeps_scores(scoreboard, text) IS
    'internal: whether it has kept those of a period, given as text';

-- What has no key text (a tier may be cut within any attribute) is compared by its text.
CREATE FUNCTION _innovation_score.field_text(expression text, type oid) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format(CASE WHEN _innovation_score.has_key_text(type) THEN 'innovation_score.key_text(%s)' ELSE '%s::text' END, expression)
$$;

COMMENT ON FUNCTION _innovation_score.field_text(text, oid) IS
    'internal: SQL text of an expression''s value as score_profile has it';

CREATE FUNCTION _innovation_score.column_text(binding scoreboard_binding, expression text, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT COALESCE(_innovation_score.field_text(expression, binding.types[array_position(binding.names, name)]), expression)
$$;

COMMENT ON FUNCTION _innovation_score.column_text(scoreboard_binding, text, text) IS
    'internal: the same for an expression that is a column of the source; another one is text already';

CREATE FUNCTION _innovation_score.kept_field(board scoreboard, expression text, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT _innovation_score.field_text(expression, a.atttypid)
    FROM pg_attribute a
    WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'score')::regclass AND a.attname = name
$$;

COMMENT ON FUNCTION _innovation_score.kept_field(scoreboard, text, text) IS
    'internal: the same for an expression that is a column of the view _score';

-- Join with what is kept for the rows of an alias. Periods are compared in their own type;
-- CASE keeps the cast away from the rows of other scoreboards. Only in pooled scoreboards
-- firms without a period have a score.
CREATE FUNCTION _innovation_score.join_kept(board scoreboard, binding scoreboard_binding, kind text, name text, field text, alias text,
                           kept text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT format(' LEFT JOIN _innovation_score.shown_score_profile %1$s ON %1$s.scoreboard = %2$L AND %1$s.kind = %3$L '
                  'AND %1$s.name = %4$L AND %1$s.field OPERATOR(pg_catalog.=) %5$s%6$s',
                  kept, board.scoreboard, kind, name, COALESCE(field || ' COLLATE "C"', ''''''),
                  (SELECT format(CASE WHEN board.pooled
                                      THEN ' AND (%2$s.%3$I %5$s %4$s OR %2$s.%3$I IS NULL AND %1$s.period IS NULL)'
                                      ELSE ' AND %2$s.%3$I %5$s %4$s' END,
                                 kept, alias, a.attname,
                                 format('CASE WHEN %1$s.scoreboard = %2$L THEN %1$s.period::%3$s%4$s END',
                                        kept, board.scoreboard, format_type(a.atttypid, a.atttypmod),
                                        CASE WHEN a.attcollation NOT IN (0, t.typcollation)
                                             THEN ' COLLATE ' || a.attcollation::regcollation END),
                                 _innovation_score.key_operator(a.atttypid))
                   FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                   WHERE a.attrelid = _innovation_score.view_name(board.scoreboard, 'score')::regclass AND a.attname = binding.period))
$$;

COMMENT ON FUNCTION _innovation_score.join_kept(scoreboard, scoreboard_binding, text, text, text, text, text) IS
    'internal: SQL text of a join of rows with the kept scores that their places are looked up in';

-- The place of a score in what was joined, as an item of a select list: _innovation_score.place_row() gives
-- rank, percentile, how many have the score, and how many there are.
CREATE FUNCTION _innovation_score.place_item(kept text, score text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('_innovation_score.place_row(%s.profile, %s) AS %I', kept, score, name)
$$;

COMMENT ON FUNCTION _innovation_score.place_item(text, text, text) IS
    'internal: SQL text of the place of a score in kept scores that were joined';

CREATE FUNCTION _innovation_score.place_row(profile float8[], score float8) RETURNS SETOF float8[]
    AS 'MODULE_PATHNAME', 'place_row' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 ROWS 1;

COMMENT ON FUNCTION _innovation_score.place_row(float8[], float8) IS
    'internal: rank and percentile of a score in a distribution, how many have it, and how many there are; one row';
