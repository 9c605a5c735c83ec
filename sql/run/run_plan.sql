-- run_plan: the value that says what a run over the input of a scoreboard has to do (src/run).

CREATE TYPE _innovation_score.run_plan AS (
    view        regclass,
    time_zone   text,
    query       text,
    items       text[],
    model       score_model,
    vals        integer,
    stage       integer,
    sample      integer,
    period      integer,
    groups      integer[],
    coarsest    integer,
    min_peers   integer,
    given       integer,
    models      score_model[],
    only_period text,
    facts       integer,
    rules       list_rule[],
    languages   text[],
    tiers       jsonb,
    within      integer
);

COMMENT ON TYPE _innovation_score.run_plan IS 'internal: what a run over the input of a scoreboard has to do';
COMMENT ON COLUMN _innovation_score.run_plan.view IS 'the input, with whose owner''s privileges it is read';
COMMENT ON COLUMN _innovation_score.run_plan.time_zone IS 'time zone of the scoreboard';
COMMENT ON COLUMN _innovation_score.run_plan.query IS 'query of the rows; its columns are counted from 1 below, 0 and NULL are none';
COMMENT ON COLUMN _innovation_score.run_plan.items IS
    'what the columns of the result show: none, column n, values, score n and number n (its place in score_row()), '
    'categories, coverage, rank, stage_rank, percentile, tier, and by the rule n decision n, reasons n, barred n, direct n, '
    'eligible n, admitted n, and of who takes part in its cuts quota n, top n, reserve n';
COMMENT ON COLUMN _innovation_score.run_plan.model IS 'model, not fitted; NULL: the columns of the query are the result';
COMMENT ON COLUMN _innovation_score.run_plan.vals IS 'column of the values';
COMMENT ON COLUMN _innovation_score.run_plan.stage IS 'column of the stage';
COMMENT ON COLUMN _innovation_score.run_plan.sample IS 'column that says whether a row belongs to the sample';
COMMENT ON COLUMN _innovation_score.run_plan.period IS 'column of the period';
COMMENT ON COLUMN _innovation_score.run_plan.groups IS 'columns of the groups that are fitted, from coarse to fine';
COMMENT ON COLUMN _innovation_score.run_plan.coarsest IS 'how many of these make the coarsest groups';
COMMENT ON COLUMN _innovation_score.run_plan.min_peers IS 'rows that finer groups must have to be fitted';
COMMENT ON COLUMN _innovation_score.run_plan.given IS 'column with the number of the row''s model, if these are given';
COMMENT ON COLUMN _innovation_score.run_plan.models IS 'fitted models that are given, so that none is fitted';
COMMENT ON COLUMN _innovation_score.run_plan.only_period IS 'the one period whose rows are stored, as key text; NULL: all';
COMMENT ON COLUMN _innovation_score.run_plan.facts IS
    'the first of the columns that rules ask: gap, exclusion, and for each rule required, qualifies, batch, quota';
COMMENT ON COLUMN _innovation_score.run_plan.rules IS 'whitelist rules; NULL for one that is not set';
COMMENT ON COLUMN _innovation_score.run_plan.languages IS 'languages of their reasons';
COMMENT ON COLUMN _innovation_score.run_plan.tiers IS 'rule of the tiers';
COMMENT ON COLUMN _innovation_score.run_plan.within IS 'column with the text of what tiers are cut within';
