'use strict';
// Draws the report from the JSON in the page.  In the end the element "status" says how many charts have ink on them.
(function () {
	const data = JSON.parse(document.getElementById('data').textContent);
	const byId = id => document.getElementById(id);
	const number = (x, digits) =>
		x == null
			? '—'
			: x.toLocaleString('zh-CN', { minimumFractionDigits: digits || 0, maximumFractionDigits: digits || 0 });
	const english = { startup: 'start-up', growth: 'growth', stable: 'stable' };
	const decisions = {
		listed: '入选 listed',
		reserve: '候补 reserve',
		earlier: '此前批次 earlier',
		rejected: '未入选 rejected'
	};
	const stageTitle = Object.fromEntries(
		data.stages.map(s => [s.stage, s.title + ' ' + (english[s.stage] || s.stage)])
	);
	// Okabe and Ito: told apart by colour-blind readers; dashes and markers tell them apart without colour.
	const ink = ['#0072b2', '#d55e00', '#007a5a'];
	const fifths = ['#b35806', '#f1a340', '#b9b9c6', '#6baed6', '#08519c'];
	const charts = [];

	window.addEventListener('error', event => {
		byId('status').textContent = '出错 error: ' + event.message;
		byId('status').className = 'error';
	});

	// Elements with text; nothing of the data is ever parsed as HTML.
	function element(name, text, attributes) {
		const e = document.createElement(name);
		if (text != null) e.textContent = text;
		for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
		return e;
	}

	function table(head, rows, digits) {
		const t = element('table'),
			header = t.createTHead().insertRow(),
			body = t.createTBody();
		head.forEach((h, i) =>
			header.append(
				element(
					'th',
					h,
					i && rows.length && typeof rows[0][i] === 'number'
						? { class: 'number', scope: 'col' }
						: { scope: 'col' }
				)
			)
		);
		for (const row of rows) {
			const r = body.insertRow();
			row.forEach((v, i) =>
				r.append(
					element(
						'td',
						typeof v === 'number' ? number(v, digits[i]) : v,
						typeof v === 'number' ? { class: 'number' } : {}
					)
				)
			);
		}
		return t;
	}

	Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
	Chart.defaults.font.size = 12;
	Chart.defaults.color = '#2b3641';
	Chart.defaults.animation = false;
	Chart.defaults.maintainAspectRatio = false;
	Chart.defaults.devicePixelRatio = Math.max(2, window.devicePixelRatio || 1); // also sharp on paper

	function draw(id, label, config) {
		byId(id).setAttribute('aria-label', label);
		const chart = new Chart(byId(id), config);
		charts.push(chart);
		return chart;
	}

	function axis(title, more) {
		return Object.assign({ title: { display: true, text: title }, grid: { color: '#e4e8ec' } }, more);
	}

	// ----- heading

	byId('year').textContent = data.year;
	byId('scheme').textContent = data.scheme.title;
	byId('provisional').hidden = !data.scheme.provisional;
	byId('version').textContent = data.version;
	byId('library').textContent = 'Chart.js ' + Chart.version;
	for (const [title, value] of [
		['企业 firms', number(data.figures.firms)],
		['积分中位数 median score', number(data.figures.median, 1)],
		['覆盖率中位数 median coverage', number(100 * data.figures.coverage) + ' %'],
		['入选 listed', number(data.figures.listed)],
		['候补 in reserve', number(data.figures.reserve)]
	]) {
		const box = element('div');
		box.append(element('dt', title), element('dd', value));
		byId('figures').append(box);
	}

	// ----- distribution by stage

	const last = Math.max(...data.stages.flatMap(s => Object.keys(s.bins).map(Number)));
	draw('stages', '各阶段企业积分的分布 distribution of scores by stage', {
		type: 'line',
		data: {
			datasets: data.stages.map((s, i) => ({
				label: stageTitle[s.stage],
				borderColor: ink[i],
				backgroundColor: ink[i] + '22',
				fill: 'origin',
				borderWidth: 2,
				tension: 0.3,
				borderDash: [[], [6, 4], [2, 3]][i],
				pointStyle: ['circle', 'triangle', 'rect'][i],
				pointRadius: 3,
				data: Array.from({ length: last + 1 }, (_, b) => ({
					x: 2.5 * b + 1.25,
					y: (100 * (s.bins[b] || 0)) / s.firms
				}))
			}))
		},
		options: {
			scales: {
				x: axis('积分 score', { type: 'linear', min: 0, max: 2.5 * (last + 1) }),
				y: axis('占本阶段企业 share of the stage, %', { beginAtZero: true })
			},
			plugins: {
				legend: { labels: { usePointStyle: true, boxHeight: 8 } },
				tooltip: {
					callbacks: {
						title: items => `${items[0].parsed.x - 1.25}–${items[0].parsed.x + 1.25}`,
						label: item => `${item.dataset.label}: ${number(item.parsed.y, 1)} %`
					}
				}
			}
		}
	});
	byId('stages-table').append(
		table(
			['阶段 stage', '企业 firms', '下四分位 lower quartile', '中位数 median', '上四分位 upper quartile'],
			data.stages.map(s => [stageTitle[s.stage], s.firms, s.lower, s.median, s.upper]),
			[0, 0, 2, 2, 2]
		)
	);

	// ----- cities

	draw('cities', '各城市企业积分中位数 median score by city', {
		type: 'bar',
		data: {
			labels: data.cities.map(c => c.city),
			datasets: [
				{ label: '积分中位数 median score', data: data.cities.map(c => c.median), backgroundColor: ink[0] }
			]
		},
		options: {
			indexAxis: 'y',
			scales: {
				x: axis('积分中位数 median score', { beginAtZero: true }),
				y: { ticks: { autoSkip: false }, grid: { display: false } }
			},
			plugins: {
				legend: { display: false },
				tooltip: {
					callbacks: {
						label: item => {
							const c = data.cities[item.dataIndex];
							return [
								`中位数 median ${number(c.median, 2)}`,
								`四分位 quartiles ${number(c.lower, 2)}–${number(c.upper, 2)}`,
								`企业 firms ${number(c.firms)}`,
								`入选 listed ${number(c.listed)}`
							];
						}
					}
				}
			}
		}
	});
	byId('cities-table').append(
		table(
			[
				'城市 city',
				'企业 firms',
				'下四分位 lower quartile',
				'中位数 median',
				'上四分位 upper quartile',
				'入选 listed'
			],
			data.cities.map(c => [c.city, c.firms, c.lower, c.median, c.upper, c.listed]),
			[0, 0, 2, 2, 2, 0]
		)
	);

	// ----- a firm's radar

	const radar = draw('radar', '企业画像 radar of a firm', {
		type: 'radar',
		data: {
			labels: [],
			datasets: [
				{ borderColor: ink[0], backgroundColor: ink[0] + '33', borderWidth: 2, pointRadius: 3, data: [] },
				{
					label: '本阶段中位数 median of the stage',
					borderColor: ink[1],
					backgroundColor: ink[1] + '22',
					borderDash: [6, 4],
					borderWidth: 2,
					pointStyle: 'rect',
					pointRadius: 3,
					data: []
				}
			]
		},
		options: {
			scales: {
				r: {
					min: 0,
					max: 1,
					ticks: { stepSize: 0.25, backdropColor: 'transparent', callback: v => v || '' },
					pointLabels: { font: { size: 11 } }
				}
			},
			plugins: {
				legend: { position: 'bottom', labels: { usePointStyle: true, boxHeight: 8 } },
				tooltip: { callbacks: { title: items => data.indicators[items[0].dataIndex].title } }
			}
		}
	});

	// The names at the axes take two lines if they are long, broken inside no word of Latin letters; on a phone and on
	// paper there are numbers only.  The list below has both, and the codes, which are the English names.
	let printing = false;
	const lines = text => {
		const parts = [''],
			most = Math.ceil(text.length / Math.ceil(text.length / 10));
		for (const word of text.match(/[\w-]+|./gu))
			if ((parts[parts.length - 1] + word).length <= most) parts[parts.length - 1] += word;
			else parts.push(word);
		return parts;
	};
	const isNarrow = () => printing || byId('radar').parentNode.clientWidth < 480;
	data.indicators.forEach(i => byId('axes').append(element('li', `${i.title} ${i.indicator}`)));

	function showFirm() {
		const firm = data.chosen[byId('firm').value],
			median = data.medians[firm.stage];
		const narrow = isNarrow();
		radar.data.labels = data.indicators.map((i, n) => (narrow ? String(n + 1) : lines(i.title).map((part, k) => (k ? part : `${n + 1} ${part}`))));
		radar.data.datasets[0].label = firm.name;
		radar.data.datasets[0].data = data.indicators.map(i => firm.normalized[i.indicator] || 0);
		radar.data.datasets[1].data = data.indicators.map(i => median[i.indicator]);
		radar.update();
		byId('radar').setAttribute(
			'aria-label',
			`${firm.name}：${number(firm.score, 2)} 分，第 ${firm.rank} 名 rank ${firm.rank}`
		);
		byId('radar-table').replaceChildren(
			table(
				['指标 indicator', '企业 firm', '中位数 median'],
				data.indicators.map(i => [
					`${i.title} ${i.indicator}`,
					firm.normalized[i.indicator] ?? '缺失 missing',
					median[i.indicator]
				]),
				[0, 3, 3]
			)
		);
	}
	data.chosen.forEach((f, i) =>
		byId('firm').append(
			element('option', `${f.rank} · ${f.name} · ${stageTitle[f.stage]} · ${number(f.score, 2)}`, { value: i })
		)
	);
	byId('firm').addEventListener('change', showFirm);
	showFirm();

	// ----- movement

	const fifthTitle = ['最低 lowest', '二 2nd', '三 3rd', '四 4th', '最高 highest'];
	const moved = (o, n) => (data.movement.fifths.find(f => f.old === o && f.new === n) || { firms: 0 }).firms;
	const total = o => [1, 2, 3, 4, 5].reduce((sum, n) => sum + moved(o, n), 0);
	draw('movement', '企业在两年间的位次变动 movement between fifths of the ranking', {
		type: 'bar',
		data: {
			labels: [5, 4, 3, 2, 1].map(o => fifthTitle[o - 1]),
			datasets: [1, 2, 3, 4, 5].map(n => ({
				label: fifthTitle[n - 1],
				backgroundColor: fifths[n - 1],
				borderColor: '#fff',
				borderWidth: 1,
				data: [5, 4, 3, 2, 1].map(o => (100 * moved(o, n)) / total(o))
			}))
		},
		options: {
			indexAxis: 'y',
			scales: {
				x: axis(`${data.year} 年所在五分位 fifth in ${data.year}, %`, { stacked: true, max: 100 }),
				y: axis(`${data.year - 1} 年 in ${data.year - 1}`, { stacked: true })
			},
			plugins: {
				legend: { labels: { boxWidth: 14 } },
				tooltip: { callbacks: { label: item => `${item.dataset.label}: ${number(item.parsed.x, 1)} %` } }
			}
		}
	});
	const all = [1, 2, 3, 4, 5].reduce((sum, o) => sum + total(o), 0),
		stayed = [1, 2, 3, 4, 5].reduce((sum, o) => sum + moved(o, o), 0);
	byId('movement-note').textContent =
		`${number(all)} 家企业两年均有得分，${number((100 * stayed) / all)} % 留在同一五分位。 ${number(all)} firms are scored in both years; ${number((100 * stayed) / all)} % stay in their fifth.`;
	byId('movers').append(
		table(
			['上升、下降最多 most moved', data.year - 1 + ' 名次 rank', data.year + ' 名次 rank'],
			[
				...data.movement.climbers.slice(0, 3).map(m => ['▲ ' + m.name, m.old_rank, m.new_rank]),
				...data.movement.fallers.slice(0, 3).map(m => ['▼ ' + m.name, m.old_rank, m.new_rank])
			],
			[0, 0, 0]
		)
	);
	byId('movement-table').append(
		table(
			[`${data.year - 1} → ${data.year}`, ...fifthTitle],
			[5, 4, 3, 2, 1].map(o => [fifthTitle[o - 1], ...[1, 2, 3, 4, 5].map(n => moved(o, n))]),
			[0, 0, 0, 0, 0, 0]
		)
	);

	// ----- histograms

	// In the unit that the axis names, so without 万 and 亿, which would be another.
	const edge = x => number(Number(x.toPrecision(3)));
	for (const [shown, color] of [
		['before', '#7b8590'],
		['after', ink[0]]
	]) {
		const bins = data.histogram.values.filter(b => b.shown === shown);
		draw(shown, `${data.histogram.title}，${shown === 'before' ? '调整前 before' : '调整后 after'}`, {
			type: 'bar',
			data: {
				labels: bins.map(b => edge(b.from)),
				datasets: [
					{
						label: '企业 firms',
						data: bins.map(b => b.firms || null),
						backgroundColor: color,
						categoryPercentage: 1,
						barPercentage: 0.95,
						minBarLength: 2
					}
				]
			},
			options: {
				scales: {
					x: axis(data.histogram.title, {
						grid: { display: false },
						ticks: { maxTicksLimit: 4, maxRotation: 0 }
					}),
					y: axis('企业（对数）firms, log scale', {
						type: 'logarithmic',
						min: 0.8,
						ticks: { callback: v => ([1, 10, 100, 1000, 10000, 100000].includes(v) ? number(v) : null) }
					})
				},
				plugins: {
					legend: { display: false },
					tooltip: {
						callbacks: {
							title: items =>
								`${edge(bins[items[0].dataIndex].from)} – ${edge(bins[items[0].dataIndex].to)}`
						}
					}
				}
			}
		});
	}
	const before = data.histogram.values.filter(b => b.shown === 'before');
	byId('extreme-note').textContent =
		`${data.scheme.extreme}：少数极端值（如应填万元而误填为元）使其余企业挤在一格内（${number((100 * before[0].firms) / before.reduce((s, b) => s + b.firms, 0), 2)} %）；调整后才分得开。` +
		' A few extreme values, such as revenues filed in yuan, press all others into one bar; pulled to the bounds, the rest can be told apart.';

	// ----- whitelist

	const head = [
		'名次 rank',
		'企业 firm',
		'代码 code',
		'城市 city',
		'阶段 stage',
		'积分 score',
		'结果 decision',
		'理由 reasons'
	];
	const headRow = byId('list').tHead.insertRow();
	head.forEach((h, i) =>
		headRow.append(element('th', h, { scope: 'col', class: i === 0 || i === 5 ? 'number' : '' }))
	);
	for (const key of Object.keys(decisions))
		byId('decision').append(element('option', decisions[key], { value: key }));
	for (const c of data.cities.map(c => c.city).sort()) byId('city').append(element('option', c, { value: c }));
	for (const s of data.stages) byId('stage').append(element('option', stageTitle[s.stage], { value: s.stage }));

	function filter() {
		const text = byId('search').value.trim().toLowerCase(),
			rows = document.createDocumentFragment();
		const found = data.whitelist.filter(
			w =>
				(!text || (w[1] + w[2]).toLowerCase().includes(text)) &&
				(!byId('decision').value || w[6] === byId('decision').value) &&
				(!byId('city').value || w[3] === byId('city').value) &&
				(!byId('stage').value || w[4] === byId('stage').value)
		);
		for (const w of found) {
			const row = element('tr');
			w.forEach((v, i) =>
				row.append(
					element(
						'td',
						i === 4
							? stageTitle[v]
							: i === 5
								? number(v, 4)
								: i === 6
									? decisions[v]
									: i === 7
										? v.replaceAll('; ', ';\u2002')
										: v,
						{ 'data-label': head[i], class: i === 0 || i === 5 ? 'number' : i === 6 ? 'decision ' + v : '' }
					)
				)
			);
			rows.append(row);
		}
		byId('list').tBodies[0].replaceChildren(rows);
		byId('count').textContent =
			`显示 ${number(found.length)} 家 · ${number(found.length)} firms shown, of those listed or in reserve and the ${number(data.whitelist.filter(w => w[6] === 'rejected').length)} best of the others`;
	}
	for (const id of ['search', 'decision', 'city', 'stage']) byId(id).addEventListener('input', filter);
	filter();

	// ----- whether it worked

	window.addEventListener('resize', showFirm);

	// For paper, drawn anew at its width: what was drawn for the screen would be scaled, letters included.
	window.addEventListener('beforeprint', () => {
		printing = true;
		showFirm();
		for (const chart of charts) {
			const box = chart.canvas.parentNode;
			chart.resize(
				box.closest('.pair') ? 320 : box.matches('.square') ? 430 : 660,
				box.matches('.square') ? 400 : box.matches('.low') ? 220 : box.matches('.middle') ? 210 : 270
			);
		}
	});
	window.addEventListener('afterprint', () => {
		printing = false;
		showFirm();
		charts.forEach(chart => chart.resize());
	});

	// A chart has drawn when there is something on its canvas, which begins transparent.
	function hasInk(canvas) {
		const { width, height } = canvas;
		if (!width || !height) return false;
		const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
		let n = 0;
		for (let i = 3; i < pixels.length; i += 4) n += pixels[i] > 0;
		return n > 0.01 * width * height;
	}
	function report() {
		const drawn = charts.filter(c => hasInk(c.canvas));
		charts.forEach(c => c.canvas.setAttribute('data-drawn', hasInk(c.canvas)));
		byId('status').textContent = `drawn ${drawn.length} of ${charts.length}`;
		byId('status').className = drawn.length === charts.length ? '' : 'error';
	}
	// Not in an animation frame: a page that nobody looks at has none.
	window.addEventListener('load', () => setTimeout(report, 100));
})();
