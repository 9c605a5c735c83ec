// DuckDB through its Node.js client, which takes also the statement, the number of threads and a scratch directory.
// What counts as DuckDB alone has the data in its own format already.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { DuckDBInstance } = require('@duckdb/node-api');
const { data, result, runs, rest: [statementFile, threads, scratch], columns, timed, run } = require('./peer.js');

run(async () => {
  const statement = fs.readFileSync(statementFile, 'utf8');
  const instance = await DuckDBInstance.create(path.join(scratch, 'bench.duckdb'), { threads });
  const connection = await instance.connect();
  const step = (name, sql) => timed(`duckdb ${name}`, () => connection.runAndReadAll(sql));
  const types = columns.map((c) => `'${c}': '${c === 'firm' ? 'BIGINT' : c === 'stage' ? 'VARCHAR' : 'DOUBLE'}'`);
  const quantiles = statement.match(/SELECT (quantile_cont.*) FROM firm\)/)[1];
  for (let i = 0; i < runs; i += 1) {
    await step('import', `CREATE OR REPLACE TABLE firm AS
                          SELECT * FROM read_csv('${data}', header = true, columns = {${types.join(', ')}})`);
    await step('floor', `SELECT ${columns.slice(2).map((c) => `sum(${c})`).join(', ')} FROM firm`);
    await step('bounds', `SELECT ${quantiles} FROM firm`);
    await step('whole', statement);
    await step('export', `COPY result TO '${result}' (FORMAT csv, HEADER false)`);
  }
  connection.closeSync();
  instance.closeSync();
});
