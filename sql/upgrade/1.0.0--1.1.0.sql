-- From 1.0.0 to 1.1.0: what tools/upgrade-script.awk does not find by itself.

-- @part 00_guard
-- rows that only the extension writes come anew, from all parts
DELETE FROM restore_step;
DELETE FROM scoreboard_view;
DELETE FROM scoreboard_column;

-- ----- tables and types

ALTER TABLE scheme
    ADD COLUMN on_error text NOT NULL DEFAULT 'score',
    ADD CONSTRAINT scheme_on_error_check CHECK (on_error IN ('score', 'flag', 'exclude'));

ALTER TABLE scoreboard ADD COLUMN quality jsonb NOT NULL DEFAULT '{"on_error": "score", "rules": []}';

ALTER TABLE scoreboard_view ADD COLUMN keep text;

ALTER TYPE scoreboard_binding ADD ATTRIBUTE elements text[];

ALTER TABLE fitted_model ADD COLUMN medians float8[];

ALTER TABLE whitelist_rule
    ADD COLUMN rule text NOT NULL DEFAULT '',
    DROP CONSTRAINT whitelist_rule_pkey,
    ADD CONSTRAINT whitelist_rule_pkey PRIMARY KEY (scoreboard, rule);

-- ----- functions whose parameters or results are others now

DROP FUNCTION _bind_values(scoreboard, text, text[]);
DROP FUNCTION _decided_rows(scoreboard, text);
DROP FUNCTION _frozen_model_query(scoreboard, scoreboard_binding);
DROP FUNCTION _ranking_query(scoreboard, scoreboard_binding);
DROP FUNCTION _whitelist_query(scoreboard, scoreboard_binding);

-- @parts
-- ----- what is left for the owners of scoreboards

DO $$
BEGIN
    IF EXISTS (SELECT FROM innovation_score.scoreboard) THEN
        RAISE WARNING 'scoreboards keep the views of version 1.0.0 until they are rebuilt'
            USING HINT = 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard;';
    END IF;
END
$$;
