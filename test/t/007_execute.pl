# No stored text is run as SQL: every EXECUTE of the SQL sources, and every call of the functions that run a text, is on
# this list with the reason for which nobody else's text can be part of what is run.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my %reason = (
	caller => 'a query that the caller asks for, made of columns that the views have, quoted, and of the caller\'s own expressions',
	catalog => 'names that stand in the catalogs, quoted, and texts as literals',
	view => 'a query over the views of a scoreboard, by their names and columns, quoted; values as literals or typed parameters',
	list => 'a function that the install script has named',
	values => 'values of a row as literals or typed parameters',
	make => 'makes views from what their maker wrote: create, rebuild, set a rule; run with the rights of who calls',
	install => 'names of the extension\'s own objects, while it is installed or a dump is restored',
	runs => 'runs what its callers on this list give it');

my %listed = (
	'sql/analysis/analysis.sql' => { map { $_ => 'view' } qw(last_period score_contributions indicator_correlations cronbach_alpha indicator_drift) },
	'sql/analysis/chart.sql' => { chart_query => 'runs' },
	'sql/analysis/compare.sql' => { compare_scoreboards => 'view', compare_summary => 'view' },
	'sql/analysis/gap.sql' => { fetch => 'runs', scored_firm => 'view', last_listed => 'view', quota_of => 'view' },
	'sql/analysis/portrait.sql' => { keep_profiles => 'view' },
	'sql/analysis/similar.sql' => { similar_firms => 'view' },
	'sql/analysis/stability.sql' => { map { $_ => 'view' } qw(rank_stability indicator_influence rank_sensitivity method_stability) },
	'sql/analysis/weights.sql' => { load_weights => 'caller', run_weight_sums => 'view' },
	'sql/analysis/what_if.sql' => { what_if => 'values' },
	'sql/apply/validation.sql' => { map { $_ => 'view' } qw(calibrate_outcomes outcome_discrimination score_shift steps_of_outcomes) },
	'sql/collect/collected_item.sql' => { map { $_ => 'make' } qw(aggregate_type formula_type) },
	'sql/collect/collection_functions.sql' => { alter_collection => 'values', change_collection => 'catalog', make_collection_views => 'make', store_collection => 'make',
		comment_collection => 'catalog', drop_collection => 'catalog', refill_collection => 'catalog' },
	'sql/apply/credit.sql' => { set_credit => 'values' },
	'sql/apply/entitlement.sql' => { check_policy_firms => 'catalog', entitlements => 'values', entitlements_of => 'values' },
	'sql/apply/credit_offer.sql' => { check_credit_firms => 'catalog', credit_offers => 'values', credit_offers_of => 'values' },
	'sql/apply/funding.sql' => { allocate_groups => 'catalog', tranche_releases => 'catalog' },
	'sql/apply/progress.sql' => { target_progress => 'catalog', opened_ratings => 'catalog' },
	'sql/apply/risk_pool.sql' => { pool_loans => 'catalog' },
	'sql/apply/structure.sql' => { industry_positions => 'caller' },
	'sql/collect/proposal.sql' => { propose_mapping => 'catalog' },
	'sql/core/byte_order.sql' => { order_by_bytes => 'install' },
	'sql/core/key_text.sql' => { key_of_text => 'values' },
	'sql/install/privileges.sql' => { set_privileges => 'install' },
	'sql/install/registry.sql' => { show_table => 'install' },
	'sql/install/restore.sql' => { put_in_place => 'install', create_restore_triggers => 'install' },
	'sql/publish/publish_functions.sql' => { prepare_as_owner => 'values', check_published_as_owner => 'values', insert_publication => 'view' },
	'sql/publish/publication_views.sql' => { DO => 'install' },
	'sql/publish/publish_run.sql' => { publication_plan => 'view' },
	'sql/publish/verify_source.sql' => { verify_source => 'view' },
	'sql/publish/verify.sql' => { verify_scores => 'values', verify_decisions => 'values', verify_publication => 'list',
		verify_publication_head => 'list' },
	'sql/quality/quality_views.sql' => { fit_medians => 'view' },
	'sql/quality/scoreboard_rule.sql' => { remake_quality => 'make' },
	'sql/quality/scoreboard_rule.sql' => { remake_quality => 'values' },
	'sql/quality/reconcile.sql' => { comment_reconciliation => 'catalog', create_reconciliation => 'make', drop_reconciliation => 'catalog' },
	'sql/quality/reconcile_sources.sql' => { comment_sources => 'catalog', create_sources_reconciliation => 'make' },
	'sql/review/review_functions.sql' => { tell_left_out => 'view', comment_review => 'catalog', create_review => 'make', drop_review => 'catalog' },
	'sql/rules/list_condition.sql' => { rule_columns => 'make' },
	'sql/rules/whitelist_functions.sql' => { take_scheme_rules => 'catalog', drop_whitelist_rule => 'catalog', set_whitelist_rule => 'values' },
	'sql/rules/whitelist_batch.sql' => { batch_file => 'values', do_record_whitelist_batch => 'view' },
	'sql/rules/tier.sql' => { check_tier_groups => 'view', drop_tiers => 'catalog', set_tiers => 'values' },
	'sql/run/store_ranking.sql' => { make_run_plan => 'view', ranking_state => 'view', prepare_target => 'catalog', store_ranking => 'catalog', stored_partition => 'catalog' },
	'sql/scheme/scheme_document.sql' => { map { $_ => 'catalog' } qw(scheme_export document_rows insert_part) },
	'sql/scheme/scheme_lock.sql' => { create_lock_triggers => 'install' },
	'sql/scheme/scheme_model.sql' => { derive_scheme => 'catalog' },
	'sql/scoreboard/alter.sql' => { alter_scoreboard => 'values' },
	'sql/scoreboard/data_problems.sql' => { map { $_ => 'view' } qw(value_statistics label_problems source_problems aged_problems register_findings) },
	'sql/scoreboard/expression.sql' => { run => 'runs', run_as_owner => 'runs', expression_type => 'runs', bind_expression => 'make', name_cells => 'make' },
	'sql/scoreboard/freeze.sql' => { fit_groups => 'view', keep_for_views => 'list' },
	'sql/scoreboard/input.sql' => { input_questions => 'list' },
	'sql/scoreboard/problems.sql' => { map { $_ => 'view' } qw(model_problems value_problems list_problems refuse_unreadable unreadable_cell) },
	'sql/scoreboard/row_problems.sql' => { map { $_ => 'view' } qw(duplicates row_problems check_rows_as_owner) },
	'sql/scoreboard/exclusion_problems.sql' => { exclusion_problems => 'view' },
	'sql/scoreboard/rights.sql' => { create_rights => 'list', grant_views => 'catalog', change_right => 'catalog' },
	'sql/scoreboard/scoreboard_functions.sql' => { put_comments => 'catalog', drop_scoreboard => 'catalog' },
	'sql/scoreboard/scoreboard_view.sql' => { views_of => 'list' },
	'sql/scoreboard/scoreboard_rows.sql' => { find_period => 'view', last_periods => 'view' },
	'sql/scoreboard/scoreboard_views.sql' => { view_query => 'list', create_views => 'make', drop_views => 'catalog', restore_privileges => 'catalog' },
	'sql/scoreboard/source.sql' => { is_distributed => 'values' },
	'sql/scoreboard/standing_view.sql' => { keep_rule_scores => 'view' });
$listed{'sql/analysis/analysis.sql'}{score_distribution} = 'caller';

my (%found, %used);
foreach my $file (sort grep { !m{^sql/upgrade/} } glob('sql/*/*.sql'))
{
	my $function = 'none';

	foreach my $line (split /\n/, slurp($file))
	{
		$function = $1 if $line =~ /^CREATE FUNCTION (?:_innovation_score\.)?(\w+)/;
		$function = 'DO' if $line =~ /^DO \$/;
		$line =~ s/--.*//;
		next if $line =~ /^(?:CREATE|COMMENT ON) /;
		$found{$file}{$function} = 1
		  if $line =~ /\bEXECUTE\b(?!\s+(?:FUNCTION|ON)\b)/ || $line =~ /\b_innovation_score\.(?:run|run_as_owner|run_as_relation_owner|fetch|fetch_as_owner|expression_type)\(/;
	}
}

sub missing
{
	my ($these, $those) = @_;
	return join "\n", map { my $file = $_; map { "$file: $_" } grep { !$those->{$file}{$_} } sort keys %{ $these->{$file} } } sort keys %$these;
}

cmp_ok(scalar keys %found, '>', 20, 'files that run texts');
is(missing(\%found, \%listed), '', 'every text that is run is on the list');
is(missing(\%listed, \%found), '', '... which has nothing else');
$used{$_} = 1 foreach map { values %$_ } values %listed;
is(join(' ', sort grep { !$used{$_} } keys %reason), '', 'every reason is somebody\'s');
is(join(' ', sort grep { !$reason{$_} } keys %used), '', '... and each is written down');

done_testing();
