// What the engines' scripts share.  Their arguments: data.csv, weights.csv (indicator, category, a column a stage), the
// number of runs, result.csv, then what one of them needs.
'use strict';
const fs = require('node:fs');

const [data, weights, runs, result, ...rest] = process.argv.slice(2);
const lines = fs.readFileSync(weights, 'utf8').trim().split('\n').map((line) => line.split(','));
const stages = lines.shift().slice(2);
const indicators = lines.map(([indicator, category, ...weight]) => ({ indicator, category, weight: weight.map(Number) }));
const categories = [...new Set(indicators.map((i) => i.category))];

// Prints name <tab> milliseconds, and the processor time of all threads as "name CPU".
async function timed(name, work) {
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const value = await work();
  const elapsed = Number(process.hrtime.bigint() - start) / 1e6;
  const used = process.cpuUsage(cpu);
  console.log(`${name}\t${elapsed.toFixed(1)}`);
  console.log(`${name} CPU\t${((used.user + used.system) / 1e3).toFixed(1)}`);
  return value;
}

module.exports = {
  data,
  result,
  rest,
  runs: Number(runs),
  columns: fs.readFileSync(data, 'utf8').slice(0, 10000).split('\n')[0].split(','),
  stages,
  indicators,
  categories,
  // the weight of a category in each stage
  categoryWeight: (category) => stages.map((_, stage) => indicators.filter((i) => i.category === category)
    .reduce((sum, i) => sum + i.weight[stage], 0)),
  timed,
  run: (main) => main().catch((error) => {
    console.error(error.message);
    process.exit(1);
  }),
};
