/**
 * The script of a page, for browsers: sorts the rows by a column, and hides those that the filter does not want. It moves and hides what is
 * there, and never makes HTML of a text.
 */
export const SCRIPT = `
'use strict';
(() => {
  const [table] = document.getElementsByTagName('table');
  const [body] = table.tBodies;
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const controls = document.getElementById('controls');
  const filter = document.getElementById('filter');
  const shown = document.getElementById('shown');
  const groups = [...controls.querySelectorAll('fieldset')];
  const { compare } = new Intl.Collator('en', { numeric: true });
  const orderOf = ({ dataset, textContent }) => dataset.order ?? textContent;
  const texts = new Map(rows.map((row) => [row, [...row.cells].map(({ textContent }) => textContent).join('\\n').toLowerCase()]));

  const sortBy = (head) => {
    const isDown = head.getAttribute('aria-sort') === 'ascending';
    const i = head.cellIndex;
    const sorted = rows.toSorted((one, other) => compare(orderOf(one.cells[i]), orderOf(other.cells[i])) * (isDown ? -1 : 1));
    body.append(...sorted);
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
  };

  const show = () => {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const wanted = groups.map((group) => ({
      column: Number(group.dataset.column),
      choices: new Set([...group.querySelectorAll(':checked')].map(({ value }) => value)),
    }));
    for (const row of rows) {
      const isChosen = wanted.every(({ column, choices }) => choices.has(row.cells[column].dataset.choice));
      row.hidden = !isChosen || !words.every((word) => texts.get(row).includes(word));
    }
    const number = rows.filter(({ hidden }) => !hidden).length;
    shown.textContent = number + ' of ' + rows.length + ' rows';
  };

  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sortBy(head));
    head.append(button);
  }
  controls.addEventListener('input', show);
  controls.hidden = false;
  show();
})();
`;
