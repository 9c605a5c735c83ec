// DuckDB through its Node.js client.  Arguments: data.csv, a scratch directory, threads, runs, the statement.
// Prints name <tab> milliseconds, once a run.  What counts as DuckDB alone has the data in its own format already.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { DuckDBInstance } = require('@duckdb/node-api');

const [data, scratch, threads, runs, statementFile] = process.argv.slice(2);
const statement = fs.readFileSync(statementFile, 'utf8');
const columns = fs.readFileSync(data, 'utf8').slice(0, 10000).split('\n')[0].split(',');

async function timed(name, connection, sql) {
  const start = process.hrtime.bigint();
  const reader = await connection.runAndReadAll(sql);
  console.log(`${name}\t${(Number(process.hrtime.bigint() - start) / 1e6).toFixed(1)}`);
  return reader;
}

async function main() {
  const file = path.join(scratch, 'bench.duckdb');
  const instance = await DuckDBInstance.create(file, { threads });
  const connection = await instance.connect();
  const types = columns.map((c) => `'${c}': '${c === 'firm' ? 'BIGINT' : c === 'stage' ? 'VARCHAR' : 'DOUBLE'}'`);
  const quantiles = statement.match(/SELECT (quantile_cont.*) FROM firm\)/)[1];
  for (let run = 0; run < Number(runs); run += 1) {
    await timed('duckdb import', connection,
      `CREATE OR REPLACE TABLE firm AS
       SELECT * FROM read_csv('${data}', header = true, columns = {${types.join(', ')}})`);
    await timed('duckdb floor', connection,
      `SELECT ${columns.slice(2).map((c) => `sum(${c})`).join(', ')} FROM firm`);
    await timed('duckdb bounds', connection, `SELECT ${quantiles} FROM firm`);
    await timed('duckdb whole', connection, statement);
    await timed('duckdb export', connection,
      `COPY result TO '${path.join(scratch, 'result.csv')}' (FORMAT csv, HEADER false)`);
  }
  connection.closeSync();
  instance.closeSync();
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
