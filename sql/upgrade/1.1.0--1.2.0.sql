-- From 1.1.0 to 1.2.0: what tools/upgrade-script.awk does not find by itself.

-- @part 000_guard
-- rows that only the extension writes come anew, from all parts
DELETE FROM restore_step;
DELETE FROM scoreboard_view;
DELETE FROM scoreboard_column;

-- ----- tables and types

-- ----- functions whose parameters or results are others now, or that are gone

DROP FUNCTION _bind(scoreboard);
DROP FUNCTION _board_path(scoreboard);
DROP FUNCTION _corrected_binding(scoreboard, scoreboard_binding, text, jsonb);
DROP FUNCTION _cut_query(text, jsonb);
DROP FUNCTION _profile_distance(score_model, float8[], float8[], float8[]);
DROP FUNCTION _ranks_under(score_model[], text, float8[]);
DROP FUNCTION _rule_path(text);
DROP FUNCTION _view_path(scoreboard, text);
DROP FUNCTION _what_if_query(text, text, text, jsonb);

DROP FUNCTION _tier_case(tier_rule, text, text, text, text, text);
DROP FUNCTION _tiered_rows(tier_rule, scoreboard_binding, text);
DROP FUNCTION _ranking_step(text, text, text[]);
DROP FUNCTION _whitelist_rows(scoreboard, scoreboard_binding, whitelist_rule);
DROP FUNCTION _frozen_profile_query(scoreboard, scoreboard_binding, text[], boolean);

-- @parts
-- ----- what is left for the owners of scoreboards

DO $$
BEGIN
    IF EXISTS (SELECT FROM innovation_score.scoreboard) THEN
        RAISE WARNING 'scoreboards keep the views of an earlier version until they are rebuilt'
            USING HINT = 'SELECT innovation_score.rebuild_scoreboard(scoreboard) FROM innovation_score.scoreboard;';
    END IF;
END
$$;
