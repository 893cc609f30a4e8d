'use strict';
// Everything that came from the trace reaches the document as text nodes only. Class names, labels
// and attributes are this script's own words.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const SVG = 'http://www.w3.org/2000/svg';
  const KINDS = ['', 'refused', 'violation'];
  const EVENT_PAGE = 200;
  const FINDING_ROWS = 25;
  const ALL = -1;  // the column of everybody's sums
  const MATRIX_ROWS = 60;
  const MATRIX_COLUMNS = 24;
  const LANES = 40;
  const ICICLE_LEVELS = 7;
  const ICICLE_SMALLEST = 0.6;  // percent of the width
  const ICICLE_LABELLED = 4;    // the same; narrower ones have their name in the title
  const LEVEL_REM = 1.8;

  const byId = (id) => document.getElementById(id);
  const subject = (number) => data.subjects[number] || '?';
  const kindOf = (refused, violations) => KINDS[violations > 0 ? 2 : refused > 0 ? 1 : 0];
  const number = (value) => value.toLocaleString('en');
  const counted = (count, noun) =>
      number(count) + ' ' + noun + (count === 1 ? '' : noun.endsWith('s') ? 'es' : 's');

  // el('td', {class: 'data'}, 'text', node, ...): texts become text nodes.
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== '') node.setAttribute(name, value);
    }
    for (const child of children) {
      if (child !== null && child !== undefined) node.append(child);
    }
    return node;
  }
  const text = (value) => el('span', {class: 'data'}, value);
  const note = (value) => el('p', {class: 'note'}, value);
  const add = (id, ...nodes) => byId(id).append(...nodes);
  function button(label, action, attributes) {
    const node = el('button', {type: 'button', ...attributes}, label);
    node.addEventListener('click', action);
    return node;
  }
  function table(caption, columns, rows) {
    const head = el('tr', null, ...columns.map(
        ([label, style]) => el('th', {scope: 'col', class: style}, label)));
    return el('div', {class: 'scroll', role: 'region', tabindex: '0', 'aria-label': caption},
              el('table', {class: 'stack'}, el('thead', null, head), el('tbody', null, ...rows)));
  }
  const cell = (label, style, ...children) =>
      el('td', {class: style, 'data-label': label}, ...children);
  function leftOut(count, what) {
    if (count === 0) return null;
    return note('Left out here, to keep the page small: ' + counted(count, what) + '.');
  }
  const addAll = (id, nodes) => add(id, ...nodes.filter((node) => node !== null));

  function role(subjectText) {
    const word = subjectText.split(' ')[0];
    return ['manager', 'package', 'project', 'program', 'command'].includes(word) ? word : '';
  }
  function subjectNodes(subjectText) {
    const word = role(subjectText);
    if (word === '') return [text(subjectText)];
    return [el('span', {class: 'chip ' + word}, word), text(subjectText.slice(word.length + 1))];
  }

  function duration(milliseconds) {
    if (milliseconds === null) return 'not known';
    if (milliseconds < 1000) return milliseconds + ' ms';
    if (milliseconds < 120000) return (milliseconds / 1000).toFixed(1) + ' s';
    return Math.floor(milliseconds / 60000) + ' min ' +
        Math.round(milliseconds % 60000 / 1000) + ' s';
  }

  function verdict() {
    const {run, counts} = data;
    if (run.state === 'changed' || run.state === 'missing') {
      return ['bad', 'This trace is damaged (' + run.trace +
                  '): what it says may not be what happened.'];
    }
    const unrefused = data.violations.rows.reduce(
        (sum, row) => sum + (row.refused ? 0 : row.count), 0);
    const what = counts.violations === 0 ? 'No violation.'
        : counted(counts.violations, 'violation') + ': code tried what it must not' +
            (unrefused === 0 ? ', and was refused.' : '; not refused: ' + number(unrefused) + '.');
    const unsure = counts.violations > 0 ? 'bad' : 'warn';
    if (run.running) return [unsure, what + ' The run was still going on.'];
    if (run.state === 'unfinished') {
      return [unsure, what + ' The run was killed, or its trace cut: there is no summary.'];
    }
    return [counts.violations > 0 ? 'bad' : 'good', what];
  }

  function summary() {
    const {run, counts} = data;
    document.title = 'safe-trace report: ' + run.command;
    byId('title').append(run.command || run.id);
    const [style, words] = verdict();
    add('summary', el('p', {class: 'verdict ' + style}, words));
    const packages = data.subjects.filter((name) => role(name) === 'package').length;
    const tiles = [
      ['Violations', counts.violations, counts.violations > 0 ? 'bad' : ''],
      ['Refused', counts.refused], ['Packages that ran code', packages],
      ['Processes', counts.processes], ['Hosts and sockets', rowsOf(data.hosts).length],
      ['Events', counts.events]];
    add('summary', el('ul', {class: 'tiles'}, ...tiles.map(([label, value, tone]) =>
        el('li', {class: tone}, el('b', null, number(value)), el('span', null, label)))));
    const status = run.status === null ? 'none: no summary was written'
        : run.status + (run.command_status === null || run.command_status === run.status
            ? '' : ' (the command itself: ' + run.command_status + ')');
    const rows = [
      ['Run', run.id], ['When', run.when], ['Took', duration(run.milliseconds)],
      ['Exit status', status], ['Directory', run.directory],
      ['Trace', run.trace], ['Head hash', run.state === 'complete' ? run.head : ''],
      ['Enforced', run.enforced.join(', ')], ['Kernel', run.kernel.join(', ')],
      ['Policy', run.policy], ['Variables removed', run.removed.join(', ')],
      ['Packages', run.packages.join(', ')], ['Hosts', run.hosts.join(', ')],
      ['Outlived the run', run.survivors.join(', ')],
      ['Events not written', counts.dropped > 0 ? number(counts.dropped) : ''],
      ['Lines not readable', counts.unreadable > 0 ? number(counts.unreadable) : '']];
    add('summary', el('dl', null, ...rows.filter(([, value]) => value !== '').flatMap(
        ([label, value]) => [el('dt', null, label), el('dd', null, text(value))])));
  }

  // The calls, the innermost first. Where an interpreter told its own, the native ones are one
  // step further away.
  function stackOf(id) {
    const frames = data.stacks[id];
    if (!frames || frames.length === 0) return null;
    const line = ([source, location, name, owner]) => el('li', {class: 'frame ' +
        (['python', 'node'].includes(source) ? source : 'native')},
        el('span', {class: 'chip'}, text(source)), ' ', el('b', null, text(name)), ' ',
        text(location), owner ? el('span', {class: 'owner'}, ' ', text(owner)) : '');
    const spoken = frames.filter(([source]) => source !== 'native');
    const native = frames.filter(([source]) => source === 'native');
    const list = (some) => el('ol', {class: 'frames'}, ...some.map(line));
    if (spoken.length === 0) {
      return el('details', null, el('summary', null, 'call stack'), list(native));
    }
    return el('div', null,
        el('details', {open: 'open'}, el('summary', null, 'call stack'), list(spoken)),
        el('details', null, el('summary', null, 'native call stack'), list(native)));
  }
  function fieldsOf(finding) {
    if (finding.fields.length === 0) return null;
    const frames = (values) => values.map((value) => el('div', null, text(value)));
    const list = finding.fields.flatMap(
        ([key, values]) => [el('dt', null, text(key)), el('dd', null, ...frames(values))]);
    return el('div', null, stackOf(finding.stack) || '', el('details', null, el('summary', null, 'all fields'),
              el('dl', {class: 'fields'}, ...list)));
  }
  function findingRow(finding, isViolation) {
    const style = isViolation ? 'violation' : finding.refused ? 'refused' : '';
    return el('tr', {class: style},
              cell('', 'clock', finding.clock),
              cell('', '', text(finding.deed), fieldsOf(finding)),
              cell('', '', el('span', {class: finding.refused ? 'verdict-text' : ''},
                              text(finding.verdict || 'done'))),
              cell('times', 'number', number(finding.count)));
  }
  // The first rows, and a button for the rest; printing wants them all.
  function longTable(caption, columns, rows) {
    const whole = table(caption, columns, rows.slice(0, FINDING_ROWS));
    if (rows.length <= FINDING_ROWS) return [whole];
    const more = button('Show all ' + number(rows.length), () => {
      whole.querySelector('tbody').append(...rows.slice(FINDING_ROWS));
      more.remove();
    }, {class: 'more'});
    window.addEventListener('beforeprint', () => { if (more.isConnected) more.click(); });
    return [whole, more];
  }
  // What came of it, most frequent first: "denied (network.package: ...) 12 times".
  function verdictsOf(rows) {
    const counts = new Map();
    for (const row of rows) counts.set(row.verdict, (counts.get(row.verdict) || 0) + row.count);
    if (counts.size < 2 || rows.length < 6) return null;
    return el('ul', {class: 'verdicts'}, ...[...counts].sort((a, b) => b[1] - a[1]).slice(0, 12)
        .map(([words, count]) =>
            el('li', null, el('b', null, number(count) + ' × '), text(words || 'done'))));
  }
  // One table for each subject, in order of who did most.
  function bySubject(id, findings, isViolation, noun, isDone) {
    const groups = new Map();
    for (const finding of findings.rows) {
      if (!groups.has(finding.subject)) groups.set(finding.subject, []);
      groups.get(finding.subject).push(finding);
    }
    const total = (rows) => rows.reduce((sum, row) => sum + row.count, 0);
    const sorted = [...groups].sort((a, b) => total(b[1]) - total(a[1]));
    for (const [who, rows] of sorted) {
      add(id, el('h3', null, ...subjectNodes(subject(who)), ' ' + counted(total(rows), noun)),
          verdictsOf(rows) || '',
          ...longTable(counted(total(rows), noun) + ' of ' + role(subject(who)),
                       [['First at'], [isDone ? 'What it did' : 'What it tried'],
                        ['What came of it'], ['Times', 'number']],
                       rows.map((row) => findingRow(row, isViolation))));
    }
  }
  function violations() {
    if (data.violations.rows.length === 0) {
      add('violations', note('None: nothing tried what its role must not do.'));
    }
    bySubject('violations', data.violations, true, 'violation');
    addAll('violations', [leftOut(data.violations.left_out, 'further violation')]);
  }
  function changes() {
    add('changes', note('What is there at the end of the run and was not before, or is another ' +
        'now. Many new files of one subject in one directory are one line.'));
    const startup = data.changes.rows.filter((row) => row.startup);
    if (startup.length > 0) {
      add('changes', el('p', {class: 'verdict bad'},
          counted(startup.length, 'file') + ' left behind will take part in later starts.'));
    }
    const made = data.changes.rows.filter((row) => !row.startup && !row.refused);
    const refused = data.changes.rows.filter((row) => !row.startup && row.refused);
    if (startup.length + made.length === 0) add('changes', note('None recorded.'));
    bySubject('changes', {rows: [...startup, ...made]}, false, 'change', true);
    if (refused.length > 0) {
      add('changes', el('h3', null, 'Not done: what was refused'));
      bySubject('changes', {rows: refused}, false, 'refused attempt');
    }
    addAll('changes', [leftOut(data.changes.left_out, 'further change')]);
  }

  function processLine(row) {
    const [, pid, who, command, broken, code, signal] = row;
    const line = [...subjectNodes(who || '?'), ' ',
                  text(command || '(no program of its own)'), ' '];
    if (broken > 0) line.push(el('span', {class: 'chip bad'}, counted(broken, 'violation')), ' ');
    const end = signal !== null ? 'signal ' + signal : code !== null ? 'exit ' + code : '';
    line.push(el('span', {class: 'end'}, ['pid ' + pid, end].filter((part) => part).join(', ')));
    return line;
  }
  function processes() {
    const rows = data.processes.rows;
    const lists = [el('ul', {class: 'tree'})];
    for (let i = 0; i < rows.length; ++i) {
      const depth = rows[i][0];
      while (lists.length > depth + 1) lists.pop();
      const into = lists[lists.length - 1];
      if (rows[i].length === 2) {
        into.append(el('li', {class: 'leaf note'}, counted(rows[i][1], 'further process')));
        continue;
      }
      const hasChildren = i + 1 < rows.length && rows[i + 1][0] > depth;
      if (!hasChildren) {
        into.append(el('li', {class: 'leaf'}, ...processLine(rows[i])));
        continue;
      }
      const children = el('ul', {class: 'tree'});
      into.append(el('li', null, el('details', {open: 'open'},
          el('summary', null, ...processLine(rows[i])), children)));
      lists.push(children);
    }
    addAll('processes', [
      el('div', {class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Process tree'},
         lists[0]),
      leftOut(data.processes.left_out, 'further process')]);
  }

  function laneSums(marks) {
    const sums = [0, 0, 0];
    for (let i = 0; i < marks.length; i += 4) {
      for (let k = 0; k < 3; ++k) sums[k] += marks[i + 1 + k];
    }
    return sums;
  }
  function laneDrawing(marks, largest, used, label) {
    const drawing = document.createElementNS(SVG, 'svg');
    drawing.setAttribute('viewBox', '0 0 ' + used + ' 24');
    drawing.setAttribute('preserveAspectRatio', 'none');
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', label);
    for (let i = 0; i < marks.length; i += 4) {
      const [bucket, total, refused, broken] = marks.slice(i, i + 4);
      const kind = kindOf(refused, broken);
      const height = kind ? 24 : 5 + 13 * Math.log1p(total) / Math.log1p(largest);
      const mark = document.createElementNS(SVG, 'rect');
      mark.setAttribute('class', 'mark ' + kind);
      mark.setAttribute('x', String(bucket));
      mark.setAttribute('y', String(24 - height));
      mark.setAttribute('width', '0.9');
      mark.setAttribute('height', String(height));
      drawing.append(mark);
    }
    return drawing;
  }
  function legend(...entries) {
    return el('ul', {class: 'legend'},
              ...entries.map(([style, words]) => el('li', {class: style}, el('i'), words)));
  }
  function timeline() {
    const {lanes, bucket_us: width} = data.timeline;
    if (lanes.length === 0) {
      add('timeline', note('No event has a time.'));
      return;
    }
    let used = 1;
    let largest = 1;
    for (const [, marks] of lanes) {
      for (let i = 0; i < marks.length; i += 4) {
        used = Math.max(used, marks[i] + 1);
        largest = Math.max(largest, marks[i + 1]);
      }
    }
    const sums = lanes.map(([who, marks]) => ({who, marks, sums: laneSums(marks)}));
    sums.sort((a, b) => (a.who === 0) - (b.who === 0) || bySums(a, b));
    const grid = el('div', {class: 'lanes'});
    for (const lane of sums.slice(0, LANES)) {
      const [total, refused, broken] = lane.sums;
      const label = counted(total, 'event') + ', ' + number(refused) + ' refused, ' +
          counted(broken, 'violation');
      grid.append(el('div', {class: 'lane-name'}, ...subjectNodes(subject(lane.who))),
                  laneDrawing(lane.marks, largest, used, label));
    }
    const length = used * width / 1000;
    grid.append(el('span'), el('div', {class: 'axis'}, el('span', null, '0'),
        el('span', null, duration(Math.round(length / 2))),
        el('span', null, duration(Math.round(length)))));
    addAll('timeline', [
      legend(['', 'events (taller: more)'], ['refused', 'something refused'],
             ['violation', 'a violation']), grid,
      leftOut(sums.length - Math.min(sums.length, LANES), 'further subject')]);
  }

  // Rows of a matrix that have cells, those with violations first.
  function rowsOf(matrix) {
    const rows = new Map();
    for (const [row, who, total, refused, broken] of matrix.cells) {
      if (!rows.has(row)) {
        rows.set(row, {name: matrix.rows[row], cells: new Map(), sums: [0, 0, 0]});
      }
      const entry = rows.get(row);
      entry.cells.set(who, [total, refused, broken]);
      [total, refused, broken].forEach((value, k) => { entry.sums[k] += value; });
    }
    return [...rows.values()].sort(bySums);
  }
  const bySums = (a, b) =>
      b.sums[2] - a.sums[2] || b.sums[1] - a.sums[1] || b.sums[0] - a.sums[0];
  function columnsOf(rows) {
    const columns = new Map();
    for (const row of rows) {
      for (const [who, sums] of row.cells) {
        if (!columns.has(who)) columns.set(who, {who, sums: [0, 0, 0]});
        sums.forEach((value, k) => { columns.get(who).sums[k] += value; });
      }
    }
    const sorted = [...columns.values()].sort(bySums);
    return sorted.length > 1 ? [{who: ALL}, ...sorted] : sorted;
  }
  function matrixCell(row, column, search) {
    const sums = column.who === ALL ? row.sums : row.cells.get(column.who);
    if (sums === undefined) return el('td', null, '');
    const [total, refused, broken] = sums;
    const words = number(total) + (refused > 0 ? ' (' + number(refused) + ' refused)' : '');
    return el('td', null, button(words, () => {
      setFilters({who: column.who === ALL ? '' : String(column.who), ...search(row.name)});
      byId('events').scrollIntoView();
      byId('filter-text').focus();
    }, {class: kindOf(refused, broken), title: 'Show the events'}));
  }
  function matrix(id, source, what, search) {
    const rows = rowsOf(source);
    if (rows.length === 0) {
      add(id, note('None recorded.'));
      return;
    }
    const columns = columnsOf(rows);
    const shown = columns.slice(0, MATRIX_COLUMNS);
    const head = el('tr', null, el('th', {scope: 'col'}, what), ...shown.map(
        (column) => el('th', {scope: 'col'},
                       ...(column.who === ALL ? ['All'] : subjectNodes(subject(column.who))))));
    const body = rows.slice(0, MATRIX_ROWS).map((row) => el('tr', null,
        el('th', {scope: 'row'}, text(row.name)),
        ...shown.map((column) => matrixCell(row, column, search))));
    addAll(id, [
      el('div', {class: 'scroll', role: 'region', tabindex: '0', 'aria-labelledby': id + '-title'},
         el('table', {class: 'matrix'}, el('thead', null, head), el('tbody', null, ...body))),
      leftOut(rows.length - Math.min(rows.length, MATRIX_ROWS), 'further row'),
      leftOut(columns.length - shown.length, 'further column')]);
  }

  // [name, total, refused, violations, [children]] with chains of only children joined.
  function pathNode(raw, parent) {
    let [name, total, refused, broken, children] = raw;
    while (parent && children.length === 1 && children[0][1] === total) {
      name += '/' + children[0][0];
      children = children[0][4];
    }
    const node = {name: '/' + name, path: (parent ? parent.path : '') + (parent ? '/' + name : ''),
                  total, refused, broken, parent};
    node.children = children.map((child) => pathNode(child, node));
    return node;
  }
  function drawPaths(node, box, crumbs) {
    box.replaceChildren();
    crumbs.replaceChildren();
    const chain = [];
    for (let at = node; at; at = at.parent) chain.unshift(at);
    const go = (to) => { drawPaths(to, box, crumbs); box.querySelector('button').focus(); };
    for (const at of chain) {
      crumbs.append(button(at.path || '/ (all)', () => go(at), {class: 'data'}));
    }
    let deepest = 0;
    const place = (at, level, left, width) => {
      deepest = Math.max(deepest, level);
      const words = (at.path || '/') + ': ' + counted(at.total, 'access') + ', ' +
          number(at.refused) + ' refused';
      const label = level === 0 ? at.path || '/' : width < ICICLE_LABELLED ? '' : at.name;
      const block = button(label, () => go(at),
                           {class: kindOf(at.refused, at.broken)});
      block.title = words;
      block.setAttribute('aria-label', words);
      block.style.left = left + '%';
      block.style.width = width + '%';
      block.style.top = level * LEVEL_REM + 'rem';
      box.append(block);
      if (level + 1 >= ICICLE_LEVELS) return;
      let from = left;
      for (const child of at.children) {
        const share = width * child.total / Math.max(at.total, 1);
        if (share >= ICICLE_SMALLEST) place(child, level + 1, from, share);
        from += share;
      }
    };
    place(node, 0, 0, 100);
    box.style.height = (deepest + 1) * LEVEL_REM + 'rem';
  }
  function paths() {
    if (data.paths[1] === 0) {
      add('paths', note('No event names a file.'));
      return;
    }
    const box = el('div', {class: 'icicle', role: 'group', 'aria-labelledby': 'paths-title'});
    const crumbs = el('div', {class: 'crumbs', role: 'group', 'aria-label': 'Where you are'});
    add('paths', note('Each block is a directory or a file, as wide as its share of the recorded ' +
                      'accesses. Choose one to look into it.'),
        legend(['block', 'allowed'], ['refused', 'something in it was refused'],
               ['violation', 'something in it was a violation']), crumbs, box);
    drawPaths(pathNode(data.paths, null), box, crumbs);
  }

  function programs() {
    const rows = [...data.programs.rows].sort((a, b) => b.refused - a.refused || b.runs - a.runs);
    add('programs', note('SHA-256 of the file that was run. Without one: the system’s own ' +
                         'programs in the default level, and what was refused before it was read.'));
    if (rows.length === 0) add('programs', note('None recorded.'));
    else {
      add('programs', table('Programs',
          [['Program'], ['SHA-256'], ['By'], ['Runs', 'number'], ['Refused', 'number']],
          rows.map((row) => el('tr', {class: row.refused > 0 ? 'refused' : ''},
              cell('', '', text(row.path)), cell('sha256', '', row.sha256 ? text(row.sha256) : '–'),
              cell('by', '', ...row.subjects.map(
                  (who) => el('div', null, ...subjectNodes(subject(who))))),
              cell('runs', 'number', number(row.runs)),
              cell('refused', 'number', number(row.refused))))));
    }
    addAll('programs', [leftOut(data.programs.left_out, 'further program')]);
  }

  // Events: filters, kept in the address so that a view can be named.
  const FILTERS = ['text', 'who', 'action', 'place', 'kind'];
  const controls = {};
  let matching = [];
  let shownRows = 0;
  const haystacks = new Map();
  function haystack(row) {
    let words = haystacks.get(row);
    if (words === undefined) {
      words = [row[1], subject(row[2]), data.actions[row[3]], row[4], row[5]]
          .join(' ').toLowerCase();
      haystacks.set(row, words);
    }
    return words;
  }
  function eventRow(row) {
    const [sequence, clock, who, action, deed, came, kind] = row;
    return el('tr', {class: KINDS[kind]}, cell('', 'number', String(sequence)),
              cell('', 'clock', clock), cell('', '', ...subjectNodes(subject(who))),
              cell('', '', text(data.actions[action])), cell('', '', text(deed)),
              cell('', '', el('span', {class: kind ? 'verdict-text' : ''}, text(came))));
  }
  function showMore() {
    const next = matching.slice(shownRows, shownRows + EVENT_PAGE);
    controls.body.append(...next.map(eventRow));
    shownRows += next.length;
    controls.more.hidden = shownRows >= matching.length;
    controls.count.textContent = counted(matching.length, 'event') + ' of ' +
        number(data.events.rows.length) + ' fit' + (matching.length === 1 ? 's' : '') +
        (shownRows < matching.length ? '; the first ' + number(shownRows) + ' are shown' : '');
  }
  function applyFilters() {
    const terms = controls.text.value.toLowerCase().split(/\s+/).filter((term) => term !== '');
    const who = controls.who.value;
    const action = controls.action.value;
    const kind = controls.kind.value;
    const place = controls.place.value;
    matching = data.events.rows.filter((row) =>
        (who === '' || row[2] === Number(who)) && (action === '' || row[3] === Number(action)) &&
        (place === '' || row[7] === Number(place)) &&
        (kind === '' || (kind === 'refused' ? row[6] > 0 : row[6] === Number(kind))) &&
        terms.every((term) => haystack(row).includes(term)));
    shownRows = 0;
    controls.body.replaceChildren();
    showMore();
  }
  function setFilters(values) {
    for (const name of FILTERS) controls[name].value = values[name] || '';
    applyFilters();
    rememberFilters();
  }
  function rememberFilters() {
    const parameters = new URLSearchParams();
    for (const name of FILTERS) {
      if (controls[name].value !== '') parameters.set(name, controls[name].value);
    }
    const words = parameters.toString();
    try {
      history.replaceState(null, '', words ? '#filter?' + words : '#events');
    } catch {
      // Some browsers refuse it for files; the filters work all the same.
    }
  }
  function filtersFromAddress() {
    if (!location.hash.startsWith('#filter?')) return false;
    const parameters = new URLSearchParams(location.hash.slice('#filter?'.length));
    setFilters(Object.fromEntries(parameters));
    byId('events').scrollIntoView();
    return true;
  }
  function select(name, label, options) {
    controls[name] = el('select', {id: 'filter-' + name},
        ...options.map(([value, words]) => el('option', {value}, words)));
    controls[name].querySelectorAll('option')[0].value = '';
    return el('label', null, label, controls[name]);
  }
  const numbered = (names) => names.map((name, at) => [String(at), name]).slice(1)
      .sort((a, b) => a[1].localeCompare(b[1]));
  function events() {
    const [broken, refused, ordinary] = data.events.left_out;
    controls.text = el('input', {id: 'filter-text', type: 'search', autocomplete: 'off',
                                 spellcheck: 'false', placeholder: 'words that must all be there'});
    const filters = el('div', {class: 'filters', role: 'search', 'aria-label': 'Filter the events'},
        el('label', {class: 'wide'}, 'Search', controls.text),
        select('who', 'Who', [['', 'everyone'], ...numbered(data.subjects), ['0', data.subjects[0]]]),
        select('action', 'Action', [['', 'every action'], ...numbered(data.actions)]),
        select('place', 'Kind of place', [['', 'every place'], ...numbered(data.places)]),
        select('kind', 'Outcome', [['', 'every outcome'], ['2', 'violations'],
                                   ['refused', 'refused (violations too)'], ['0', 'not refused']]),
        button('Clear', () => setFilters({}), {}));
    controls.count = el('p', {class: 'note', role: 'status', id: 'event-count'});
    const region = table('Events', [['No.', 'number'], ['Time'], ['Who'], ['Action'], ['What'],
                                    ['Decision']], []);
    controls.body = region.querySelector('tbody');
    controls.body.id = 'event-rows';
    controls.more = button('Show more', showMore, {class: 'more', id: 'event-more'});
    addAll('events', [filters, controls.count, region, controls.more]);
    if (broken + refused + ordinary > 0) {
      add('events', note('Not in this page, to keep it small: ' +
          counted(ordinary, 'ordinary event') + ', ' + counted(refused, 'refusal') + ', ' +
          counted(broken, 'violation') + '. The first ones of each kind are here, and the trace ' +
          'has them all: safe-trace trace show --all ' + data.run.id));
    }
    for (const name of FILTERS) {
      controls[name].addEventListener('input', () => { applyFilters(); rememberFilters(); });
    }
    applyFilters();
  }

  function navigation() {
    for (const section of document.querySelectorAll('main > section')) {
      add('nav', el('li', null, el('a', {href: '#' + section.id},
                                   section.id[0].toUpperCase() + section.id.slice(1))));
    }
  }

  navigation();
  summary();
  violations();
  changes();
  processes();
  timeline();
  matrix('hosts', data.hosts, 'Host',
         (name) => ({text: name.replace(/^unix /, '').replace(/:\d+$/, '')}));
  matrix('places', data.touched, 'Kind of place',
         (name) => ({place: String(Math.max(data.places.indexOf(name), 0) || '')}));
  paths();
  programs();
  events();
  filtersFromAddress();
  window.addEventListener('hashchange', filtersFromAddress);
  document.documentElement.dataset.ready = 'yes';
})();
