// What node's "pg" reads from the views named, a line of JSON each:
// {view, fields: [{name, type, modifier, kinds}], rows: [[text or null]]}.  The connection is described by libpq's environment variables.
//
// usage: node views.js SCHEMA VIEW...
'use strict';
const { Client } = require('pg');

(async () => {
	const [schema, ...views] = process.argv.slice(2);
	const client = new Client();
	await client.connect();
	for (const view of views) {
		const result = await client.query({
			text: `SELECT * FROM ${client.escapeIdentifier(schema)}.${client.escapeIdentifier(view)}`,
			rowMode: 'array'
		});
		const fields = result.fields.map((f, i) => ({
			name: f.name,
			type: f.dataTypeID,
			modifier: f.dataTypeModifier,
			kinds: [
				...new Set(
					result.rows
						.map(r => r[i])
						.filter(v => v !== null)
						.map(v => (v instanceof Date ? 'date' : typeof v))
				)
			].sort()
		}));
		const text = v =>
			v === null ? null : v instanceof Date ? 'date' : typeof v === 'object' ? JSON.stringify(v) : String(v);
		console.log(JSON.stringify({ view, fields, rows: result.rows.map(r => r.map(text)) }));
	}
	await client.end();
})().catch(error => {
	console.error(error);
	process.exit(1);
});
