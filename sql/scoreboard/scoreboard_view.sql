-- scoreboard, kinds of views: which views a scoreboard has, which function writes each,
-- and what their columns are called. A concept that adds a view inserts its row here.

CREATE TABLE _innovation_score.scoreboard_view (
    kind         text NOT NULL,
    place        numeric NOT NULL,
    query        text NOT NULL,
    instances    text,
    source_names text NOT NULL,
    score_names  boolean NOT NULL DEFAULT false,
    names        text[] NOT NULL,
    title        text NOT NULL,
    keep         text,
    CONSTRAINT scoreboard_view_pkey PRIMARY KEY (kind),
    CONSTRAINT scoreboard_view_place_key UNIQUE (place),
    CONSTRAINT scoreboard_view_source_names_check CHECK (source_names IN ('group', 'key', 'attributes', 'all'))
);

COMMENT ON TABLE _innovation_score.scoreboard_view IS 'internal: the views that every scoreboard has';
COMMENT ON COLUMN _innovation_score.scoreboard_view.kind IS 'what follows the name of the scoreboard and "_"';
COMMENT ON COLUMN _innovation_score.scoreboard_view.place IS 'order: a view comes after those that it reads';
COMMENT ON COLUMN _innovation_score.scoreboard_view.query IS
    'function (board scoreboard, binding scoreboard_binding) that gives the text of the view; with instances '
    '(board, binding, instance text)';
COMMENT ON COLUMN _innovation_score.scoreboard_view.instances IS
    'function (scoreboard text) → text[]: there is a view <kind>_<instance> for each; NULL: the one view <kind>';
COMMENT ON COLUMN _innovation_score.scoreboard_view.source_names IS
    'columns that it has from the source: group (period, peers), key (entity, period), attributes (key and '
    'attributes), all (key, peers and attributes)';
COMMENT ON COLUMN _innovation_score.scoreboard_view.score_names IS 'whether it has stage, score, coverage and the category scores';
COMMENT ON COLUMN _innovation_score.scoreboard_view.names IS 'other columns of ours, and names used inside the view';
COMMENT ON COLUMN _innovation_score.scoreboard_view.title IS 'what the comment on the view says that it shows';
COMMENT ON COLUMN _innovation_score.scoreboard_view.keep IS
    'function (board scoreboard, binding scoreboard_binding) that keeps, when a scoreboard has been frozen, what the '
    'view then reads, and drops it when it is thawed; the view is remade after it. Views may share one. NULL: its text '
    'does not depend on whether the scoreboard is frozen';

CREATE TABLE _innovation_score.scoreboard_column (
    name    text NOT NULL,
    kind    text NOT NULL DEFAULT '',
    comment text NOT NULL,
    CONSTRAINT scoreboard_column_pkey PRIMARY KEY (name, kind)
);

COMMENT ON TABLE _innovation_score.scoreboard_column IS 'internal: comments on the columns of the views of scoreboards';
COMMENT ON COLUMN _innovation_score.scoreboard_column.name IS 'column';
COMMENT ON COLUMN _innovation_score.scoreboard_column.kind IS 'kind of view in which this comment counts; empty: in every other';
COMMENT ON COLUMN _innovation_score.scoreboard_column.comment IS 'comment, Chinese first';

INSERT INTO scoreboard_column (name, comment) VALUES
    ('stage', '企业发展阶段 stage'),
    ('coverage', '覆盖率 share of the weight whose values are present, 0 to 1'),
    ('rank', '名次 rank, 1 = highest, ties share'),
    ('stage_rank', '阶段内名次 rank within the stage'),
    ('percentile', '百分位 share of the scored firms at or below, 0 to 100'),
    ('model', '模型 model with the bounds of the group'),
    ('fitted_level', '拟合层级 number of peers that make the group whose bounds these are'),
    ('fitted_on', '拟合分组 columns that make the group whose bounds these are'),
    ('fitted_rows', '拟合样本数 rows of the source that the bounds were fitted on'),
    ('indicator', '二级指标代码 indicator'),
    ('title', '二级指标 title of the indicator'),
    ('category', '一级指标代码 category'),
    ('value', '指标值 value'),
    ('lower', '下界 lower bound of the normal range'),
    ('upper', '上界 upper bound of the normal range'),
    ('normalized', '标准化值 normalized value, 0 to 1'),
    ('max_points', '满分值 the most points that the indicator can give'),
    ('points', '得分 points'),
    ('status', '状态 ok, below / above（极端值已调整）, missing（缺失）, imputed（已填补）, constant（无差异）, veto（一票否决）');

CREATE FUNCTION _innovation_score.views_of(scoreboard text)
RETURNS TABLE (suffix text, kind text, instance text, place bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
DECLARE
    known scoreboard_view;
    instances text[];
BEGIN
    place := 0;
    FOR known IN SELECT * FROM scoreboard_view v ORDER BY v.place LOOP
        kind := known.kind;
        IF known.instances IS NULL THEN
            instances := ARRAY[NULL::text];
        ELSE
            EXECUTE format('SELECT _innovation_score.%I($1)', known.instances) INTO instances USING scoreboard;
        END IF;
        FOREACH instance IN ARRAY COALESCE(instances, '{}') LOOP
            suffix := concat_ws('_', kind, instance);
            place := place + 1;
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION _innovation_score.views_of(text) IS 'internal: the views of a scoreboard, each after those that it reads';

CREATE FUNCTION _innovation_score.view_suffixes(scoreboard text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = innovation_score, _innovation_score, pg_catalog, pg_temp AS $$
    SELECT array_agg(v.suffix ORDER BY v.place) FROM _innovation_score.views_of(scoreboard) v
$$;

COMMENT ON FUNCTION _innovation_score.view_suffixes(text) IS 'internal: the endings of the names of the views of a scoreboard';
