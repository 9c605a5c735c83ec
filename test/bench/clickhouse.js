// ClickHouse in this process (chdb), the data in a Memory table of its own.  Bounds are one tuple and weights are
// constants: joined to the rows, both take half as long again.
'use strict';
const { Session } = require('chdb');
const { data, result, runs, columns, stages, indicators, categories, categoryWeight, timed, run } = require('./peer.js');

const byStage = (weights) => `multiIf(${stages.slice(0, -1).map((stage, k) => `stage = '${stage}', ${weights[k]}.0`)}, ${weights.at(-1)}.0)`;
const type = (column) => (column === 'firm' ? 'Int64' : column === 'stage' ? 'LowCardinality(String)' : 'Nullable(Float64)');
const quantiles = indicators.map(({ indicator }, k) => `quantilesExactInclusive(0.01, 0.99)(${indicator}) AS q${k}, min(${indicator}) AS min${k}, max(${indicator}) AS max${k}`);
const bounds = indicators.map((_, k) => `assumeNotNull(if(q${k}[1] < q${k}[2], q${k}[1], min${k})), assumeNotNull(if(q${k}[1] < q${k}[2], q${k}[2], max${k}))`);
const points = ({ indicator, weight }, k) => {
  const [lower, upper] = [`b.${2 * k + 1}`, `b.${2 * k + 2}`];
  return `${byStage(weight)} * ((least(greatest(ifNull(${indicator}, ${lower}), ${lower}), ${upper}) - ${lower}) / (${upper} - ${lower}))`;
};
const sums = categories.map((category) => `${indicators.map((i, k) => (i.category === category ? points(i, k) : null)).filter(Boolean).join(' + ')} AS sum_${category}`);

const whole = `CREATE TABLE result ENGINE = Memory AS
WITH (SELECT tuple(${bounds}) FROM (SELECT ${quantiles} FROM firm)) AS b,
s AS (SELECT firm, stage, ${sums}, ${categories.map((c) => `${byStage(categoryWeight(c))} AS weight_${c}`)} FROM firm)
SELECT firm, stage, 100 * (${categories.map((c) => `sum_${c}`).join(' + ')}) / (${categories.map((c) => `weight_${c}`).join(' + ')}) AS score,
       ${categories.map((c) => `100 * sum_${c} / weight_${c} AS ${c}_score`)},
       rank() OVER (ORDER BY score DESC) AS rank, rank() OVER (PARTITION BY stage ORDER BY score DESC) AS stage_rank
FROM s`;

run(async () => {
  const session = new Session();
  const query = (statement) => session.query(statement, 'CSV');
  query('CREATE DATABASE bench');
  query('USE bench');
  query(`CREATE TABLE firm ENGINE = Memory AS
         SELECT * FROM file('${data}', 'CSVWithNames', '${columns.map((c) => `${c} ${type(c)}`)}')`);
  for (let i = 0; i < runs; i += 1) {
    query('DROP TABLE IF EXISTS result');
    await timed('clickhouse floor', () => query(`SELECT ${indicators.map((x) => `sum(${x.indicator})`)} FROM firm`));
    await timed('clickhouse bounds', () => query(`SELECT ${quantiles} FROM firm`));
    await timed('clickhouse whole', () => query(whole));
  }
  query(`SELECT * FROM result INTO OUTFILE '${result}' TRUNCATE FORMAT CSV`);
  session.cleanup();
});
