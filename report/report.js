'use strict';
// Draws the report from the JSON in the page, in one language at a time.  In the end the element "status" says how many
// charts have ink on them.
(function () {
	const data = JSON.parse(document.getElementById('data').textContent);
	const byId = id => document.getElementById(id);
	const ofFirm = data.list == null;
	const drawing = typeof Chart !== 'undefined'; // without the library tables say it
	let language = data.language;
	let page = 0;
	let charts = [];

	window.addEventListener('error', event => {
		byId('status').textContent = 'error: ' + event.message;
		byId('status').className = 'error';
	});

	// ----- words

	const words = {
		zh: {
			report: '创新积分报告', sheet: '企业积分单', firms: '企业', firm: '企业', scored: '有积分企业', median: '积分中位数',
			coverage: '覆盖率中位数', own_coverage: '指标覆盖率', listed: '入选', reserve: '候补', earlier: '此前批次', rejected: '未入选', score: '积分', rank: '名次',
			stage_rank: '阶段内名次', percentile: '百分位', decision: '结果', stage: '阶段', code: '代码', reasons: '理由', all: '全部',
			provisional: '暂定权重，非官方权重。', distribution: '积分分布', share: '占企业比例，%', share_of_stage: '占本阶段企业比例，%',
			lower: '下四分位', middle: '中位数', upper: '上四分位', by: x => `各${x}积分`, by_note: '点为中位数，横条为上下四分位之间。',
			indicators: '指标得分构成', indicators_note: '所有企业的平均得分，按得分排序；浅色为平均满分值。', indicator: '指标', points: '得分', max_points: '满分值',
			missing: '缺失', peers: '同组中位数', portrait: '企业与同组中位数', portrait_note: '按得分排序；竖线为同期、同阶段、同组别企业的中位数，浅色为满分值。',
			correlated: '指标相关性', correlated_note: n => n ? `以下 ${n} 对指标的相关系数达到 0.9，所述几乎相同：` : '没有两项指标的相关系数达到 0.9，无重复指标。',
			intervals: '名次区间', intervals_note: '权重在 ±25 % 内随机变动 200 次：横条含 90 % 的名次，点为现名次。',
			movement: '两期之间的变动', movement_note: (n, p) => `${n} 家企业两期均有积分，${p} 留在同一五分位。`, fifths: ['最低', '二', '三', '四', '最高'],
			in_period: p => `${p} 期所在五分位，%`, period: '期间', mover: '变动最大', adjustment: '极端值调整的作用',
			adjustment_note: (t, p) => `${t}：少数极端值（常见于误将元填作万元）使其余企业（${p}）挤在一格内；调整后方可区分。`,
			before: '调整前', after: '调整后', list: '名单', ranking: '排名', search: '查找名称、代码', shown: (n, of) => `共 ${of} 家，符合条件 ${n} 家`,
			kept: n => `本页含入选、候补企业及其余名次靠前者，共 ${n} 家。`, page: (n, of) => `第 ${n} / ${of} 页`, previous: '上一页', next: '下一页', table: '数据',
			printed: n => `打印前 ${n} 家。`, lift: '提升空间', target: t => `目标积分 ${t}：单项变动即可达到者在前，其余按可增积分排序。`, value: '现值', needed: '所需值', gain: '可增积分', reaches: '达到目标',
			no_gap: '按各指标与满分值的差距排序。', left: '距满分', yes: '是', no: '否', history: '历史', status: '状态', no_value: '缺失', states: { draft: '草案', public_notice: '公示中', final: '正式公布', retracted: '已撤回' },
			publication: n => `第 ${n} 号公布`, made: '由 innovation_score 生成', city: '城市', industry: '行业', province: '省份', county: '区县', region: '地区', sector: '行业门类', name: '名称',
			no_charts: '缺少 Chart.js，以表格代替图表。', no_score: '无积分',
			validation: '积分的预测力', validation_note: (f, n, e, auc, ks, gini) => `${f}：${n} 家企业，其中 ${e} 家发生事件。AUC ${auc}，KS ${ks}，基尼系数 ${gini}。`,
			roc: 'ROC 曲线', others_reached: '未发生事件企业占比，%', events_reached: '发生事件企业占比，%', bands: '各积分段的事件率', band: '积分段（1 为最高）', rate: '事件率，%', event_rate: '事件率',
			events: '事件数', from_score: '积分自', to_score: '至', interval: '95 % 区间', lift_of: '提升度', capture: '捕获率', calibration: '积分对应的事件率'
		},
		en: {
			report: 'Innovation points report', sheet: 'Score sheet', firms: 'Firms', firm: 'Firm', scored: 'Firms with a score', median: 'Median score',
			coverage: 'Median coverage', own_coverage: 'Coverage', listed: 'Listed', reserve: 'In reserve', earlier: 'Earlier batch', rejected: 'Not listed', score: 'Score', rank: 'Rank',
			stage_rank: 'Rank in stage', percentile: 'Percentile', decision: 'Decision', stage: 'Stage', code: 'Code', reasons: 'Reasons', all: 'All',
			provisional: 'Provisional weights, not the official ones.', distribution: 'Distribution of scores', share: 'share of firms, %', share_of_stage: 'share of the stage, %',
			lower: 'Lower quartile', middle: 'Median', upper: 'Upper quartile', by: x => `Scores by ${x}`, by_note: 'Dots are medians; bars reach from the lower to the upper quartile.',
			indicators: 'Points by indicator', indicators_note: 'Mean points of all firms, most first; the most that can be had on average is pale.', indicator: 'Indicator', points: 'Points', max_points: 'Most',
			missing: 'Missing', peers: 'Peers\' median', portrait: 'A firm against its peers', portrait_note: 'Most points first. The line is the median of the firms of the same period, stage and peer group; the most that can be had is pale.',
			correlated: 'Correlation of indicators', correlated_note: n => n ? `${n === 1 ? 'One pair of indicators is correlated at 0.9 or more and says' : n + ' pairs of indicators are correlated at 0.9 or more and say'} nearly the same:` : 'No two indicators are correlated at 0.9 or more: none says the same as another.',
			intervals: 'How certain the ranks are', intervals_note: 'With weights varied at random by up to 25 %, 200 times: bars hold 90 % of the ranks, dots are the ranks as they are.',
			movement: 'Movement between two periods', movement_note: (n, p) => `${n} firms have a score in both periods; ${p} of them stay in their fifth of the ranking.`, fifths: ['Lowest', '2nd', '3rd', '4th', 'Highest'],
			in_period: p => `fifth of the ranking in ${p}, %`, period: 'Period', mover: 'Moved most', adjustment: 'What the adjustment of extreme values does',
			adjustment_note: (t, p) => `${t}: a few extreme values, such as amounts filed in the wrong unit, press all other firms (${p}) into one bar. After the adjustment they can be told apart.`,
			before: 'Before', after: 'After', list: 'List', ranking: 'Ranking', search: 'Search name or code', shown: (n, of) => `${n} of ${of} firms match`,
			kept: n => `This page holds the firms listed or in reserve and the best of the others, ${n} in all.`, page: (n, of) => `Page ${n} of ${of}`, previous: 'Previous', next: 'Next', table: 'Data',
			printed: n => `The first ${n} are printed.`, lift: 'What would lift the score most', target: t => `For a score of ${t}: first what reaches it by itself, then the others by what they add.`, value: 'Value', needed: 'Needed', gain: 'Would add', reaches: 'Reaches it',
			no_gap: 'By what each indicator has left to give.', left: 'Left to gain', yes: 'yes', no: 'no', history: 'History', status: 'State', no_value: 'missing', states: { draft: 'draft', public_notice: 'on public notice', final: 'final', retracted: 'retracted' },
			publication: n => `Publication ${n}`, made: 'Made by innovation_score', no_charts: 'Chart.js is missing: tables stand in for charts.', no_score: 'no score',
			validation: 'Do the scores predict what happened?', validation_note: (f, n, e, auc, ks, gini) => `${f}: ${n} firms, ${e} of them with the event. AUC ${auc}, KS ${ks}, Gini ${gini}.`,
			roc: 'ROC curve', others_reached: 'share of firms without the event, %', events_reached: 'share of firms with the event, %', bands: 'Rate of events by band', band: 'band (1: highest scores)', rate: 'rate of events, %', event_rate: 'Rate',
			events: 'Events', from_score: 'Score from', to_score: 'to', interval: '95 % interval', lift_of: 'Lift', capture: 'Capture', calibration: 'Rate that a score stands for'
		}
	};
	const say = (key, ...args) => {
		const said = words[language][key] ?? key;
		return typeof said === 'function' ? said(...args) : said;
	};
	const locale = () => (language === 'zh' ? 'zh-CN' : 'en');
	const number = (x, digits) =>
		x == null ? '—' : x.toLocaleString(locale(), { minimumFractionDigits: digits || 0, maximumFractionDigits: digits || 0 });
	// A value of an indicator: three digits that count, small counts as they are.
	const plain = x => (x == null ? '—' : Math.abs(x) >= 1000 ? number(x, 0) : x.toLocaleString(locale(), { maximumSignificantDigits: 3 }));
	// 1.2万, 3亿 in Chinese, 12K, 300M in English
	const compact = x => x.toLocaleString(locale(), { notation: 'compact', maximumFractionDigits: 2 });
	const percent = (x, digits) => (x == null ? '—' : number(100 * x, digits || 0) + ' %');
	const decimals = Math.min(data.scheme.decimals ?? 4, 4);
	const score = x => number(x, decimals);
	const english = code => (/^[\x20-\x7e]+$/.test(code) ? code.replaceAll('_', ' ') : code);
	const titled = (item, code) => (language === 'zh' ? item.title || code : english(code));
	const indicators = new Map((data.indicators || []).map(i => [i.indicator, i]));
	const indicatorTitle = code => titled(indicators.get(code) || {}, code);
	const aside = text => (!text ? '' : language === 'zh' ? `（${text}）` : ` (${text})`);
	const withUnit = code => {
		const unit = ((indicators.get(code) || {}).unit || '').replace(/（.*）/, '');
		return indicatorTitle(code) + aside(language === 'zh' ? unit : { 万元: '10,000 yuan', 元: 'yuan' }[unit]);
	};
	const stages = (data.stages || []).filter(s => s.stage != null);
	const stageTitle = code => (code == null ? '—' : titled(stages.find(s => s.stage === code) || {}, code));
	const columnTitle = name => (language === 'zh' ? words.zh[name] || name : english(name));
	const nameOf = (entity, shown) => (data.name_place && shown[data.name_place - 1]) || entity;
	const decisionTitle = d => (d == null ? '—' : say(d));
	const ruled = data.subject.ruled;
	const manyStages = stages.length > 1;

	// ----- elements; nothing of the data is ever parsed as HTML

	function element(name, text, attributes, ...children) {
		const e = document.createElement(name);
		if (text != null) e.textContent = text;
		for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
		e.append(...children);
		return e;
	}

	function table(head, rows) {
		const t = element('table'), header = t.createTHead().insertRow(), body = t.createTBody();
		const isNumber = i => rows.length > 0 && rows.every(r => typeof r[i] !== 'string' || /^[-−+]?[\d.,]+( %)?$|^—$/.test(r[i]) );
		const numeric = head.map((_, i) => i > 0 && isNumber(i) && !rows.some(r => r[i] instanceof Node));
		head.forEach((h, i) => header.append(element('th', h, { scope: 'col', class: numeric[i] ? 'number' : '' })));
		for (const row of rows) {
			const r = body.insertRow();
			row.forEach((v, i) => r.append(v instanceof Node ? element('td', null, { class: 'bar' }, v) : element('td', v, { class: numeric[i] ? 'number' : '' })));
		}
		return t;
	}

	// A bar that starts at 0, pale up to the most, with a line at the peers' median.
	function bar(points, most, median, widest) {
		const track = element('div', null, { class: 'track' });
		const part = (className, x) => {
			const e = element('div', null, { class: className });
			e.style.width = (100 * Math.min(Math.abs(x), widest)) / widest + '%';
			return e;
		};
		if (most) track.append(part('most', most));
		if (points) track.append(part(points < 0 ? 'points less' : 'points', points));
		if (median != null) {
			const line = element('div', null, { class: 'median' });
			line.style.left = (100 * Math.min(Math.abs(median), widest)) / widest + '%';
			track.append(line);
		}
		return track;
	}

	function section(id, title, className, note) {
		const s = element('section', null, { id, class: className || '' }, element('h2', title));
		if (note) s.append(element('p', note, { class: 'note' }));
		byId('main').append(s);
		return s;
	}

	function details(parent, shown) {
		const d = element('details', null, {}, element('summary', say('table')), element('div', null, { class: 'across' }, shown));
		if (!drawing) d.open = true;
		parent.append(d);
	}

	// Okabe and Ito: told apart by colour-blind readers.
	const blue = '#0072b2', vermilion = '#d55e00', grey = '#7b8590';
	const fifthColors = ['#b35806', '#f1a340', '#b9b9c6', '#6baed6', '#08519c'];

	function draw(parent, id, height, label, config, paper) {
		if (!drawing) return;
		const canvas = element('canvas', null, { id, role: 'img', 'aria-label': label });
		const box = element('div', null, { class: 'chart' }, canvas);
		box.style.height = height + 'px';
		parent.append(box);
		const chart = new Chart(canvas, config);
		chart.onPaper = [paper || 660, Math.max(150, Math.round(0.72 * height))];
		chart.onScreen = height;
		charts.push(chart);
	}

	const axis = (title, more) => Object.assign({ title: { display: !!title, text: title }, grid: { color: '#e4e8ec' }, ticks: {} }, more);

	// Writes what a data set says of its points beside them.
	const labels = {
		id: 'labels',
		afterDatasetsDraw(chart) {
			const { ctx } = chart;
			ctx.save();
			ctx.font = `11px ${Chart.defaults.font.family}`;
			chart.data.datasets.forEach((set, n) => {
				if (!set.says) return;
				chart.getDatasetMeta(n).data.forEach((point, i) => {
					const text = set.says(i);
					if (!text) return;
					const inside = set.inside;
					if (inside && Math.abs(point.x - point.base) < ctx.measureText(text).width + 6) return;
					ctx.fillStyle = inside ? set.ink : '#2b3641';
					ctx.textAlign = inside ? 'center' : 'left';
					ctx.textBaseline = 'middle';
					ctx.fillText(text, inside ? (point.x + point.base) / 2 : chart.chartArea.right + 8, point.y);
				});
			});
			ctx.restore();
		}
	};

	if (drawing) {
		Chart.defaults.font.family = getComputedStyle(document.documentElement).fontFamily;
		Chart.defaults.font.size = 12;
		Chart.defaults.color = '#2b3641';
		Chart.defaults.animation = false;
		Chart.defaults.maintainAspectRatio = false;
		Chart.defaults.devicePixelRatio = Math.max(2, window.devicePixelRatio || 1); // also sharp on paper
		Chart.register(labels);
	}

	// ----- heading

	function heading() {
		const s = data.subject;
		document.body.className = ofFirm ? 'sheet' : '';
		document.documentElement.lang = locale();
		const firm = ofFirm && data.chosen && data.chosen[0];
		const title = data.title || (firm ? nameOf(firm.entity, firm.shown) : say('report') + (s.period ? ' ' + s.period : ''));
		document.title = title + (ofFirm ? ' · ' + say('sheet') : '');
		byId('title').textContent = title;
		byId('subtitle').textContent = [
			ofFirm ? say('sheet') : null,
			firm ? firm.entity : null,
			language === 'zh' ? data.scheme.title || s.scheme : english(s.scheme),
			s.publication ? say('publication', s.publication) + (s.publication_title ? ' ' + s.publication_title : '') + ', ' + (words[language].states[s.state] || s.state) : null,
			ofFirm && s.period ? s.period : null,
			s.scoreboard, s.day
		].filter(Boolean).join(' · ');
		byId('note').textContent = data.note || '';
		byId('note').hidden = !data.note;
		byId('provisional').textContent = say('provisional');
		byId('provisional').hidden = !data.scheme.provisional;
		byId('footer').textContent = `${say('made')} ${data.version}` + (drawing ? ` · Chart.js ${Chart.version}` : ' · ' + say('no_charts'));
		for (const b of document.querySelectorAll('#languages button')) b.setAttribute('aria-pressed', b.dataset.language === language);
	}

	function figures(pairs) {
		byId('figures').replaceChildren(...pairs.map(([title, value, className]) => element('div', null, {}, element('dt', title), element('dd', value, { class: className || '' }))));
	}

	// ----- the report of everybody

	function distribution() {
		const some = manyStages && stages.length <= 6 ? stages : null;
		const all = { firms: data.figures.scored, bins: {} };
		for (const s of data.stages || []) for (const [b, n] of Object.entries(s.bins)) all.bins[b] = (all.bins[b] || 0) + n;
		const bins = Object.keys(all.bins).map(Number);
		if (!bins.length) return;
		const first = Math.min(0, ...bins), last = Math.max(...bins);
		const top = Math.max(...(some || [all]).flatMap(s => Object.values(s.bins).map(n => (100 * n) / s.firms)));
		const s = section('distribution', say('distribution'), 'wide');
		const many = element('div', null, { class: some ? 'many' : '' });
		s.append(many);
		(some || [all]).forEach((stage, n) => {
			const one = element('div', null, {}, element('h3', some ? `${stageTitle(stage.stage)} · ${number(stage.firms)}` : ''));
			many.append(one);
			draw(one, 'distribution' + n, some ? 220 : 280, say('distribution') + (some ? ' ' + stageTitle(stage.stage) : ''), {
				type: 'bar',
				data: {
					datasets: [{
						data: Array.from({ length: last - first + 1 }, (_, i) => ({ x: data.width * (first + i + 0.5), y: (100 * (stage.bins[first + i] || 0)) / stage.firms })),
						backgroundColor: blue, barPercentage: 0.92, categoryPercentage: 1
					}]
				},
				options: {
					scales: {
						x: axis(say('score'), { type: 'linear', offset: false, min: data.width * first, max: data.width * (last + 1), grid: { display: false }, ticks: { maxRotation: 0, includeBounds: false, callback: v => number(v, v % 1 ? 1 : 0) } }),
						y: axis(some ? (n ? '' : say('share_of_stage')) : say('share'), { beginAtZero: true, suggestedMax: top, ticks: { maxTicksLimit: 6 } })
					},
					plugins: {
						legend: { display: false },
						tooltip: { callbacks: {
							title: items => `${plain(items[0].parsed.x - data.width / 2)} – ${plain(items[0].parsed.x + data.width / 2)}`,
							label: item => `${number(item.parsed.y, 1)} % · ${number(stage.bins[first + item.dataIndex] || 0)}`
						} }
					}
				}
			}, some ? Math.floor(680 / some.length) : 660);
		});
		details(s, table([say('stage'), say('firms'), say('lower'), say('middle'), say('upper')],
			(data.stages || []).map(x => [stageTitle(x.stage), number(x.firms), number(x.lower, 2), number(x.median, 2), number(x.upper, 2)])));
	}

	function group(g, n) {
		const title = columnTitle(g.name);
		const s = section('group' + n, say('by', title), '', say('by_note'));
		draw(s, 'groups' + n, 24 * g.values.length + 70, say('by', title), {
			data: {
				labels: g.values.map(v => v.value),
				datasets: [
					{ type: 'line', showLine: false, data: g.values.map(v => v.median), pointRadius: 5, pointBackgroundColor: blue, pointBorderColor: '#fff', says: i => number(g.values[i].median, 1) },
					{ type: 'bar', data: g.values.map(v => [v.lower, v.upper]), backgroundColor: '#a9cfe6', barPercentage: 0.45 }
				]
			},
			options: {
				indexAxis: 'y', layout: { padding: { right: 44 } },
				scales: { x: axis(say('score'), { ticks: { maxTicksLimit: 8 } }), y: { ticks: { autoSkip: false }, grid: { display: false } } },
				plugins: { legend: { display: false }, tooltip: { callbacks: { label: item => {
					const v = g.values[item.dataIndex];
					return [`${say('middle')} ${number(v.median, 2)}`, `${number(v.lower, 2)} – ${number(v.upper, 2)}`, `${say('firms')} ${number(v.firms)}`].concat(ruled ? `${say('listed')} ${number(v.listed)}` : []);
				} } } }
			}
		});
		details(s, table([title, say('firms'), say('lower'), say('middle'), say('upper')].concat(ruled ? say('listed') : []),
			g.values.map(v => [v.value, number(v.firms), number(v.lower, 2), number(v.median, 2), number(v.upper, 2)].concat(ruled ? number(v.listed) : []))));
	}

	function composition() {
		const rows = data.indicators.filter(i => i.points != null).sort((a, b) => b.points - a.points);
		if (!rows.length) return;
		const widest = Math.max(...rows.map(i => Math.max(Math.abs(i.max_points || 0), Math.abs(i.points)))) || 1;
		const s = section('indicators', say('indicators'), '', say('indicators_note'));
		s.append(element('div', null, { class: 'across' }, table([say('indicator'), '', say('points'), say('max_points'), say('missing')],
			rows.map(i => [indicatorTitle(i.indicator), bar(i.points, i.max_points, null, widest), number(i.points, 2), number(i.max_points, 2), percent(i.missing, 1)]))));
	}

	function pointsTable(firm) {
		const rows = Object.entries(firm.points || {}).map(([code, p]) => Object.assign({ code }, p)).sort((a, b) => b.points - a.points || b.max_points - a.max_points);
		const widest = Math.max(...rows.map(p => Math.max(Math.abs(p.max_points || 0), Math.abs(p.points || 0), Math.abs(p.peer_points || 0)))) || 1;
		return table([say('indicator'), '', say('points'), say('peers'), say('max_points')],
			rows.map(p => [indicatorTitle(p.code) + (p.status === 'missing' ? aside(say('no_value')) : ''), bar(p.points, p.max_points, p.peer_points, widest),
				number(p.points, 2), number(p.peer_points, 2), number(p.max_points, 2)]));
	}

	function portrait() {
		if (!data.chosen) return;
		const s = section('portrait', say('portrait'), '', say('portrait_note'));
		const select = element('select', null, { id: 'firm', 'aria-label': say('firm') });
		data.chosen.forEach((f, i) => select.append(element('option', `${f.rank} · ${nameOf(f.entity, f.shown)}${manyStages ? ' · ' + stageTitle(f.stage) : ''} · ${score(f.score)}`, { value: i })));
		const title = element('h3', ''), box = element('div', null, { class: 'across' });
		const show = () => {
			const f = data.chosen[select.value];
			title.textContent = `${nameOf(f.entity, f.shown)} · ${score(f.score)} · ${say('rank')} ${number(f.rank)}`;
			box.replaceChildren(pointsTable(f));
		};
		select.addEventListener('change', show);
		s.append(element('p', null, { class: 'screen' }, select), title, box);
		show();
	}

	function intervals() {
		const rows = data.intervals;
		if (!rows || !rows.length) return;
		const s = section('intervals', say('intervals'), '', say('intervals_note'));
		draw(s, 'ranks', 24 * rows.length + 70, say('intervals'), {
			data: {
				labels: rows.map(r => { const name = nameOf(r[0], r[4]); return name.length > 14 ? name.slice(0, 13) + '…' : name; }),
				datasets: [
					{ type: 'line', showLine: false, data: rows.map(r => r[1]), pointRadius: 5, pointBackgroundColor: blue, pointBorderColor: '#fff', says: i => `${plain(Math.round(rows[i][2]))}–${plain(Math.round(rows[i][3]))}` },
					{ type: 'bar', data: rows.map(r => [r[2], r[3]]), backgroundColor: '#a9cfe6', barPercentage: 0.45, minBarLength: 3 }
				]
			},
			options: {
				indexAxis: 'y', layout: { padding: { right: 60 } },
				scales: { x: axis(say('rank'), { min: 0, ticks: { maxTicksLimit: 8 } }), y: { ticks: { autoSkip: false }, grid: { display: false } } },
				plugins: { legend: { display: false }, tooltip: { callbacks: { title: items => nameOf(rows[items[0].dataIndex][0], rows[items[0].dataIndex][4]), label: item => `${number(rows[item.dataIndex][2], 1)} – ${number(rows[item.dataIndex][3], 1)}` } } }
			}
		});
		details(s, table([say('firm'), say('rank'), '5 %', '95 %'], rows.map(r => [nameOf(r[0], r[4]), number(r[1]), number(r[2], 1), number(r[3], 1)])));
	}

	function correlations() {
		if (!data.correlated) return;
		const codes = data.indicators.map(i => i.indicator);
		const r = new Map();
		for (const [a, b, x] of data.correlated) { r.set(a + '\n' + b, x); r.set(b + '\n' + a, x); }
		const twice = data.correlated.filter(([a, b, x]) => x != null && codes.indexOf(a) < codes.indexOf(b) && Math.abs(x) >= 0.9).sort((x, y) => Math.abs(y[2]) - Math.abs(x[2]));
		const s = section('correlations', say('correlated'), codes.length > 24 ? 'wide' : '', say('correlated_note', twice.length));
		if (twice.length) s.append(element('ul', null, {}, ...twice.map(([a, b, x]) => element('li', `${indicatorTitle(a)} — ${indicatorTitle(b)}: ${number(x, 2)}`))));
		const t = element('table', null, { class: 'heat' + (codes.length > 24 ? ' dense' : '') });
		const head = t.createTHead().insertRow();
		head.append(element('th', ''));
		codes.forEach((_, i) => head.append(element('th', i + 1, { scope: 'col' })));
		const body = t.createTBody();
		codes.forEach((a, i) => {
			const row = body.insertRow();
			row.append(element('th', null, { scope: 'row' }, element('b', i + 1), element('span', ' ' + indicatorTitle(a))));
			codes.forEach((b, k) => {
				const x = i === k ? null : r.get(a + '\n' + b);
				const cell = element('td', x == null || codes.length > 24 || Math.abs(x) < 0.05 ? '' : x.toFixed(1).replace(/^(-?)0\./, '$1.').replace('-', '−').replace('−.0', '.0'), { title: `${indicatorTitle(a)} — ${indicatorTitle(b)}: ${x == null ? '—' : number(x, 3)}` });
				cell.style.background = i === k ? '#e4e8ec' : x == null ? '#fff' : x >= 0 ? `rgba(0, 114, 178, ${Math.abs(x)})` : `rgba(213, 94, 0, ${Math.abs(x)})`;
				if (x != null && Math.abs(x) > 0.6) cell.style.color = '#fff';
				row.append(cell);
			});
		});
		s.append(element('div', null, { class: 'across' }, t));
	}

	function movement() {
		if (!data.movement) return;
		const { period, previous } = data.subject, titles = words[language].fifths;
		const moved = (o, n) => (data.movement.find(m => m[0] === o && m[1] === n) || [0, 0, 0])[2];
		const all = [1, 2, 3, 4, 5], down = [5, 4, 3, 2, 1];
		const total = o => all.reduce((sum, n) => sum + moved(o, n), 0);
		const everybody = all.reduce((sum, o) => sum + total(o), 0), stayed = all.reduce((sum, o) => sum + moved(o, o), 0);
		const s = section('movement', say('movement'), '', say('movement_note', number(everybody), percent(stayed / everybody)));
		draw(s, 'moved', 270, say('movement'), {
			type: 'bar',
			data: {
				labels: down.map(o => titles[o - 1]),
				datasets: all.map(n => ({
					label: titles[n - 1], backgroundColor: fifthColors[n - 1], borderColor: '#fff', borderWidth: 1,
					data: down.map(o => (total(o) ? (100 * moved(o, n)) / total(o) : 0)),
					inside: true, ink: n === 1 || n === 5 ? '#fff' : '#1c2733', says: i => (total(down[i]) ? number((100 * moved(down[i], n)) / total(down[i])) : '')
				}))
			},
			options: {
				indexAxis: 'y',
				scales: { x: axis(say('in_period', period), { stacked: true, max: 100 }), y: axis(previous, { stacked: true, grid: { display: false } }) },
				plugins: { legend: { labels: { boxWidth: 14 } }, tooltip: { callbacks: { label: item => `${item.dataset.label}: ${number(item.parsed.x, 1)} %` } } }
			}
		});
		if (data.movers) s.append(table([say('mover'), previous, period], data.movers.map(m => [(m[3] < m[2] ? '▲ ' : '▼ ') + nameOf(m[0], m[1]), number(m[2]), number(m[3])])));
		details(s, table([`${previous} → ${period}`, ...titles], down.map(o => [titles[o - 1], ...all.map(n => number(moved(o, n)))])));
	}

	function validation() {
		const v = data.validation;
		if (!v) return;
		const f = v.figures, share = x => (x == null ? '—' : number(x, 3));
		const s = section('validation', say('validation'), 'wide', say('validation_note', v.outcome, number(f.firms), number(f.events),
			share(f.auc) + (f.auc_lower == null ? '' : ` (${share(f.auc_lower)} – ${share(f.auc_upper)})`), share(f.ks), share(f.gini)));
		const many = element('div', null, { class: 'many' });
		s.append(many);
		const one = (id, type, datasets, x, y, more) => {
			const box = element('div', null, {}, element('h3', say(id)));
			many.append(box);
			draw(box, id, 260, say(id), { type, data: Object.assign({ datasets }, more),
				options: { scales: { x, y }, plugins: { legend: { display: false }, tooltip: { callbacks: { label: item => `${number(item.parsed.y, 1)} %` } } } } }, 220);
		};
		const line = (points, color, dash) => ({ data: points, borderColor: color, borderWidth: 2, borderDash: dash || [], pointRadius: 0, showLine: true });
		if (f.auc != null) one('roc', 'scatter', [line([{ x: 0, y: 0 }, ...v.curve.map(c => ({ x: 100 * c[0], y: 100 * c[1] }))], blue), line([{ x: 0, y: 0 }, { x: 100, y: 100 }], grey, [4, 4])],
			axis(say('others_reached'), { min: 0, max: 100 }), axis(say('events_reached'), { min: 0, max: 100 }));
		one('bands', 'bar', [{ data: v.bands.map(b => 100 * b.rate), backgroundColor: blue }], axis(say('band'), { grid: { display: false } }), axis(say('rate'), { beginAtZero: true }),
			{ labels: v.bands.map(b => number(b.band)) });
		one('calibration', 'scatter', [line(v.calibration.flatMap(c => [{ x: c.lowest, y: 100 * c.rate }, { x: c.highest, y: 100 * c.rate }]), vermilion)],
			axis(say('score')), axis(say('rate'), { beginAtZero: true }));
		details(s, table([say('band'), say('from_score'), say('to_score'), say('firms'), say('events'), say('event_rate'), say('interval'), say('lift_of'), say('capture')],
			v.bands.map(b => [number(b.band), score(b.lowest), score(b.highest), number(b.firms), number(b.events), percent(b.rate, 1),
				`${percent(b.rate_lower, 1)} – ${percent(b.rate_upper, 1)}`, b.lift == null ? '—' : number(b.lift, 2), percent(b.capture, 1)])));
		details(s, table([say('from_score'), say('to_score'), say('firms'), say('events'), say('event_rate'), say('interval')],
			v.calibration.map(c => [score(c.lowest), score(c.highest), number(c.firms), number(c.events), percent(c.rate, 1), `${percent(c.rate_lower, 1)} – ${percent(c.rate_upper, 1)}`])));
	}

	function adjustment() {
		const h = data.histogram;
		if (!h || !h.values || !h.values.length) return;
		const item = indicators.get(h.indicator), wan = item.unit === '万元', scale = wan ? 1e4 : 1;
		const title = wan ? indicatorTitle(h.indicator) + aside(language === 'zh' ? '元' : 'yuan') : withUnit(h.indicator);
		const before = h.values.filter(b => b.shown === 'before'), firms = before.reduce((sum, b) => sum + b.firms, 0);
		const s = section('adjustment', say('adjustment'), 'wide', say('adjustment_note', indicatorTitle(h.indicator), percent(Math.max(...before.map(b => b.firms)) / firms, 2)));
		const pair = element('div', null, { class: 'pair' });
		s.append(pair);
		for (const [shown, color] of [['before', grey], ['after', blue]]) {
			const bins = h.values.filter(b => b.shown === shown);
			const half = element('div', null, {}, element('h3', say(shown)));
			pair.append(half);
			draw(half, shown, 240, `${title} ${say(shown)}`, {
				type: 'bar',
				data: { datasets: [{ data: bins.map(b => ({ x: (scale * (b.from + b.to)) / 2, y: b.firms || null })), backgroundColor: color, categoryPercentage: 1, barPercentage: 0.95, minBarLength: 2 }] },
				options: {
					scales: {
						x: axis(title, { type: 'linear', offset: false, min: Math.min(0, scale * bins[0].from), max: scale * bins[bins.length - 1].to, grid: { display: false }, ticks: { maxTicksLimit: 6, maxRotation: 0, includeBounds: false, callback: compact } }),
						y: axis(say('firms'), { beginAtZero: true, ticks: { maxTicksLimit: 6, callback: compact } })
					},
					plugins: { legend: { display: false }, tooltip: { callbacks: { title: items => { const b = bins[items[0].dataIndex]; return `${compact(scale * b.from)} – ${compact(scale * b.to)}`; }, label: i => number(i.parsed.y) } } }
				}
			}, 320);
		}
		details(s, table([title, say('firms')], h.values.map(b => [`${say(b.shown)} ${compact(scale * b.from)} – ${compact(scale * b.to)}`, number(b.firms)])));
	}

	// ----- the list

	const rowsOfPage = 50, rowsOnPaper = 1000;
	const filters = { text: '', decision: null, stage: '', groups: {} };
	let printing = false;

	function list() {
		const s = section('listing', ruled ? say('list') : say('ranking'), 'wide long');
		const chooser = (label, options, value, change) => {
			const select = element('select', null, {});
			select.append(element('option', say('all'), { value: '' }), ...options.map(([v, t]) => element('option', t, { value: v })));
			select.value = value;
			select.addEventListener('input', () => { change(select.value); page = 0; fill(); });
			return element('label', label + ' ', {}, select);
		};
		const bar = element('div', null, { class: 'filters' });
		const search = element('input', null, { id: 'search', type: 'search', placeholder: say('search'), 'aria-label': say('search') });
		search.value = filters.text;
		search.addEventListener('input', () => { filters.text = search.value; page = 0; fill(); });
		bar.append(element('label', say('search') + ' ', {}, search));
		if (ruled) {
			const there = ['listed', 'reserve', 'earlier', 'rejected'].filter(d => data.list.some(l => l[5] === d));
			if (filters.decision == null) filters.decision = there.includes('listed') ? 'listed' : '';
			const label = chooser(say('decision'), there.map(d => [d, say(d)]), filters.decision, v => { filters.decision = v; });
			label.querySelector('select').id = 'decision';
			bar.append(label);
		}
		if (manyStages) bar.append(chooser(say('stage'), stages.map(x => [x.stage, stageTitle(x.stage)]), filters.stage, v => { filters.stage = v; }));
		(data.groups || []).slice(0, 2).forEach(g => {
			const place = data.shown.indexOf(g.name);
			bar.append(chooser(columnTitle(g.name), g.values.map(v => v.value).sort((a, b) => a.localeCompare(b, 'zh-CN')).map(v => [v, v]), filters.groups[place] || '', v => { filters.groups[place] = v; }));
		});
		const pager = element('p', null, { class: 'pager' });
		s.append(bar, element('p', null, { class: 'note', id: 'count', 'aria-live': 'polite' }),
			element('div', null, { class: 'across' }, element('table', null, { id: 'list' }, element('thead'), element('tbody'))), pager,
			element('p', '', { class: 'note paper', id: 'printed' }));
		pager.id = 'pager';
		fill();
	}

	function fill() {
		const text = filters.text.trim().toLowerCase();
		const others = data.shown.map((name, i) => [name, i]).filter(([, i]) => i !== data.name_place - 1).slice(0, 4);
		const reasoned = ruled && data.list.some(l => l[6]);
		const columns = [[say('rank'), l => (l[0] == null ? '—' : number(l[0])), 'number']];
		if (data.name_place) columns.push([say('firm'), l => nameOf(l[1], l[2]), '']);
		columns.push([say('code'), l => l[1], 'code'], ...others.map(([name, i]) => [columnTitle(name), l => l[2][i] ?? '—', '']));
		if (manyStages) columns.push([say('stage'), l => stageTitle(l[3]), '']);
		columns.push([say('score'), l => (l[4] == null ? say('no_score') : score(l[4])), 'number']);
		if (ruled) columns.push([say('decision'), l => decisionTitle(l[5]), 'decision']);
		if (reasoned) columns.push([say('reasons'), l => (l[6] || '').replaceAll('; ', ';\u2002'), 'reasons']);
		const found = data.list.filter(l =>
			(!text || (l[1] + '\n' + nameOf(l[1], l[2])).toLowerCase().includes(text)) && (!filters.decision || l[5] === filters.decision) &&
			(!filters.stage || l[3] === filters.stage) && Object.entries(filters.groups).every(([i, v]) => !v || (l[2][i] ?? '—') === v));
		const pages = Math.max(1, Math.ceil(found.length / rowsOfPage));
		page = Math.min(page, pages - 1);
		const rows = printing ? found.slice(0, rowsOnPaper) : found.slice(page * rowsOfPage, (page + 1) * rowsOfPage);
		byId('list').tHead.replaceChildren(element('tr', null, {}, ...columns.map(c => element('th', c[0], { scope: 'col', class: c[2] }))));
		byId('list').tBodies[0].replaceChildren(...rows.map(l => element('tr', null, {}, ...columns.map(c => element('td', c[1](l), { 'data-label': c[0], class: c[2] + (c[2] === 'decision' ? ' ' + l[5] : '') })))));
		byId('count').textContent = say('shown', number(found.length), number(data.figures.firms)) + (language === 'zh' ? '。' : '.') +
			(data.list.length < data.figures.firms ? ' ' + say('kept', number(data.list.length)) : '');
		byId('printed').textContent = found.length > rowsOnPaper ? say('printed', number(rowsOnPaper)) : '';
		const button = (key, to) => {
			const b = element('button', say(key), { type: 'button' });
			b.disabled = to < 0 || to >= pages;
			b.addEventListener('click', () => { page = to; fill(); byId('listing').scrollIntoView(); });
			return b;
		};
		byId('pager').hidden = pages === 1;
		byId('pager').replaceChildren(button('previous', page - 1), element('span', ' ' + say('page', page + 1, pages) + ' '), button('next', page + 1));
	}

	// ----- the sheet of a firm

	function sheet() {
		const f = data.chosen && data.chosen[0];
		if (!f) { figures([[say('score'), say('no_score')]]); return; }
		const stage = stages.find(s => s.stage === f.stage);
		figures([
			[say('score'), score(f.score)],
			[say('rank'), `${number(f.rank)} / ${number(data.figures.scored)}`],
			...(manyStages ? [[`${say('stage_rank')} · ${stageTitle(f.stage)}`, `${number(f.stage_rank)} / ${number(stage.firms)}`]] : []),
			[say('percentile'), number(f.percentile, 1)], [say('own_coverage'), percent(f.coverage)],
			...(ruled ? [[say('decision'), decisionTitle(f.decision), f.decision]] : [])
		]);
		if (ruled && f.reasons) section('why', say('reasons'), 'wide').append(element('p', f.reasons));
		section('points', say('portrait'), 'wide', say('portrait_note')).append(element('div', null, { class: 'across' }, pointsTable(f)));
		const gains = (data.gap || []).filter(g => g.points_gained > 0).slice(0, 6);
		const left = Object.entries(f.points || {}).map(([code, p]) => Object.assign({ code }, p)).filter(p => p.points_lost > 0).sort((a, b) => b.points_lost - a.points_lost).slice(0, 6);
		if (gains.length) {
			section('lift', say('lift'), '', say('target', score(gains[0].target))).append(element('div', null, { class: 'across' },
				table([say('indicator'), say('value'), say('needed'), say('gain'), say('reaches')],
					gains.map(g => [withUnit(g.indicator), plain(g.current_value), plain(g.needed_value), '+' + number(g.points_gained, 2), say(g.reaches ? 'yes' : 'no')]))));
		} else if (left.length) {
			section('lift', say('lift'), '', say('no_gap')).append(element('div', null, { class: 'across' },
				table([say('indicator'), say('value'), say('points'), say('left')], left.map(p => [withUnit(p.code), plain(p.value), number(p.points, 2), number(p.points_lost, 2)]))));
		}
		const past = (data.history || []).filter(h => h.score != null);
		if (past.length > 1) {
			const s = section('history', say('history'));
			const titles = past.map(h => h.publication ? `${h.period ?? ''} (${h.publication})` : h.period ?? '');
			draw(s, 'scores', 150, say('history'), {
				type: 'bar',
				data: { labels: titles, datasets: [{ data: past.map(h => h.score), backgroundColor: blue, maxBarThickness: 22, says: i => number(past[i].score, 2) }] },
				options: { indexAxis: 'y', layout: { padding: { right: 56 } }, scales: { x: axis(say('score'), { beginAtZero: true, ticks: { maxTicksLimit: 6 } }), y: { grid: { display: false } } }, plugins: { legend: { display: false } } }
			}, 320);
			s.append(table([say('period'), say('score'), say('rank')], past.map((h, i) => [titles[i], score(h.score), number(h.rank)])));
		}
	}

	// ----- all of it

	// Two sections stand side by side; one without a neighbour takes the whole width.
	function settle() {
		let alone = null;
		for (const s of [...byId('main').children, null]) {
			const wide = !s || s.classList.contains('wide');
			if (wide && alone) alone.classList.add('wide');
			alone = wide || alone ? null : s;
		}
	}

	function render() {
		charts.forEach(c => c.destroy());
		charts = [];
		byId('main').replaceChildren();
		heading();
		if (ofFirm) {
			sheet();
			return settle();
		}
		const f = data.figures;
		figures([
			[say('firms'), number(f.firms)], ...(f.scored < f.firms ? [[say('scored'), number(f.scored)]] : []),
			[say('median'), number(f.median, 1)], [say('coverage'), percent(f.coverage)],
			...(ruled ? [[say('listed'), number(f.listed)], [say('reserve'), number(f.reserve)]] : [])
		]);
		distribution();
		(data.groups || []).forEach(group);
		composition();
		portrait();
		intervals();
		movement();
		validation();
		correlations();
		adjustment();
		list();
		settle();
	}
	for (const b of document.querySelectorAll('#languages button'))
		b.addEventListener('click', () => { language = b.dataset.language; render(); });
	render();

	// For paper, drawn anew at its width: what was drawn for the screen would be scaled, letters included.
	window.addEventListener('beforeprint', () => {
		printing = true;
		if (!ofFirm) fill();
		for (const chart of charts) {
			chart.canvas.parentNode.style.height = chart.onPaper[1] + 'px';
			chart.resize(...chart.onPaper);
		}
	});
	window.addEventListener('afterprint', () => {
		printing = false;
		if (!ofFirm) fill();
		for (const chart of charts) {
			chart.canvas.parentNode.style.height = chart.onScreen + 'px';
			chart.resize();
		}
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
	// Not in an animation frame: a page that nobody looks at has none.
	window.addEventListener('load', () => setTimeout(() => {
		const drawn = charts.filter(c => hasInk(c.canvas)).length;
		byId('status').textContent = `drawn ${drawn} of ${charts.length}`;
		byId('status').className = drawn === charts.length ? '' : 'error';
	}, 100));
})();
