# Databases in EUC_CN, which lacks some characters of UTF-8: the extension installs and its texts can be read.

use strict;
use warnings;

use Test::More;
use lib 'test/perl';
use InnovationScoreTest;

my $node = new_node('encoding');

$node->safe_psql('postgres', q{CREATE DATABASE euc_cn TEMPLATE template0 ENCODING 'EUC_CN' LOCALE 'C'});
is($node->safe_psql('euc_cn', 'SHOW server_encoding'), 'EUC_CN', 'a database in EUC_CN');

my ($status, $stdout, $stderr) = $node->psql('euc_cn', 'CREATE EXTENSION innovation_score');
is($stderr, '', 'CREATE EXTENSION says nothing');
is($status, 0, 'CREATE EXTENSION succeeds');

# The characters came over as they are in UTF-8.
is( $node->safe_psql('euc_cn',
		q{SELECT encode(convert_to(title, 'UTF8'), 'hex') FROM innovation_score.indicator
		  WHERE scheme = 'national-2024' AND indicator = 'revenue_growth'}),
	'e890a5e4b89ae694b6e585a5e5a29ee995bfe78e87',
	'titles are the ones of UTF-8');

# A scoreboard has generated views and comments, which are texts of the extension, too.
$node->safe_psql('euc_cn', q{CREATE TABLE firm (id text PRIMARY KEY, a float8);
	INSERT INTO firm VALUES ('x', 1), ('y', 2);
	INSERT INTO innovation_score.scheme (scheme) VALUES ('small');
	INSERT INTO innovation_score.category (scheme, category) VALUES ('small', 'only');
	INSERT INTO innovation_score.indicator (scheme, indicator, category) VALUES ('small', 'a', 'only');
	INSERT INTO innovation_score.weight (scheme, stage, indicator, weight) VALUES ('small', 'all', 'a', 1);
	SELECT innovation_score.create_scoreboard('board', 'small', 'firm', 'id')});
is( $node->safe_psql('euc_cn', q{SELECT string_agg(id, ',' ORDER BY rank) FROM board_ranking}),
	'y,x', 'a scoreboard ranks');

$node->stop;
done_testing();
