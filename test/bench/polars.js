// Polars, the data in its memory.
'use strict';
const pl = require('nodejs-polars');
const { data, result, runs, columns, stages, indicators, categories, categoryWeight, timed, run } = require('./peer.js');

const byStage = (weights) => stages.slice(0, -1).reduceRight(
  (otherwise, stage, k) => pl.when(pl.col('stage').eq(pl.lit(stage))).then(pl.lit(weights[k])).otherwise(otherwise), pl.lit(weights.at(-1)));
const total = (expressions) => expressions.reduce((sum, expression) => sum.plus(expression));

function bounds(firm) {
  return indicators.map(({ indicator }) => {
    const column = firm.getColumn(indicator);
    const [lower, upper] = [column.quantile(0.01, 'linear'), column.quantile(0.99, 'linear')];
    return lower < upper ? [lower, upper] : [column.min(), column.max()];
  });
}

function whole(firm) {
  const limits = bounds(firm);
  const points = ({ indicator, weight }, k) => {
    const [lower, upper] = limits[k];
    return pl.col(indicator).fillNull(pl.lit(lower)).clip(lower, upper).minus(pl.lit(lower)).div(pl.lit(upper - lower)).multiplyBy(byStage(weight));
  };
  const sum = (category) => total(indicators.map((i, k) => (i.category === category ? points(i, k) : null)).filter(Boolean));
  return firm.lazy()
    .withColumns(...categories.flatMap((c) => [sum(c).alias(`sum_${c}`), byStage(categoryWeight(c)).alias(`weight_${c}`)]))
    .select(pl.col('firm'), pl.col('stage'),
      total(categories.map((c) => pl.col(`sum_${c}`))).multiplyBy(pl.lit(100)).div(total(categories.map((c) => pl.col(`weight_${c}`)))).alias('score'),
      ...categories.map((c) => pl.col(`sum_${c}`).multiplyBy(pl.lit(100)).div(pl.col(`weight_${c}`)).alias(`${c}_score`)))
    .withColumns(pl.col('score').rank('min', true).alias('rank'), pl.col('score').rank('min', true).over('stage').alias('stage_rank'))
    .collectSync();
}

run(async () => {
  const firm = pl.readCSV(data, {
    schema: Object.fromEntries(columns.map((c) => [c, c === 'firm' ? pl.Int64 : c === 'stage' ? pl.Utf8 : pl.Float64])),
  });
  let table;
  for (let i = 0; i < runs; i += 1) {
    await timed('polars floor', () => firm.select(...indicators.map((x) => pl.col(x.indicator).sum())));
    await timed('polars bounds', () => bounds(firm));
    table = await timed('polars whole', () => whole(firm));
  }
  table.writeCSV(result, { includeHeader: false });
});
