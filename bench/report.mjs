// Tables of figures, on the terminal and in docs/benchmarks.md: Markdown, with columns of equal width.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import path from 'node:path';
import { LINEAR } from './growth.mjs';
import { TOOL } from './targets.mjs';
import { must } from './world.mjs';

const PAGE = path.resolve(import.meta.dirname, '../docs/benchmarks.md');

/** The table of cases: each with its title, the medians of its commands, and its targets. */
export function caseTable(results) {
  const head = ['case', 'median (min–max)', 'CPU', 'peak', 'beside', 'reached', 'target', 'met'];
  return table([head, ...results.map(caseRow)]);
}

function caseRow({ title, medians, targets }) {
  const { [TOOL]: tool, ...peers } = medians;
  const judged = targets.map(({ figure, ...target }) => ({ ...target, figure: figure(medians) }));
  const known = judged.filter(({ figure }) => !Number.isNaN(figure));
  return [
    title,
    range(tool),
    time(tool.cpu),
    Number.isNaN(tool.peak) ? '–' : `${Math.round(tool.peak)} MB`,
    Object.entries(peers)
      .map(([name, { wall }]) => `${name} ${time(wall)}`)
      .join(', ') || '–',
    known.map(({ figure, unit }) => `${round(figure)} ${unit}`).join(', ') || '–',
    judged.map(({ text }) => text).join(', ') || '–',
    judged.map(({ figure, limit }) => (Number.isNaN(figure) ? 'not measured' : met(figure <= limit))).join(', ') || '–',
  ];
}

/** The table of growth. */
export function growthTable(results) {
  const rows = results.map(({ title, sizes, walls, exponent }) => [
    title,
    sizes.map((size) => size.toLocaleString('en')).join(', '),
    walls.map(time).join(', '),
    Number.isNaN(exponent) ? 'too short to tell' : exponent.toFixed(2),
    met(!(exponent > LINEAR)),
  ]);
  return table([['case', 'sizes', 'medians', 'exponent', `≤ ${LINEAR}`], ...rows]);
}

/** The table of other versions of Node: how long the tool takes, and how many times as long as that Node alone. */
export function nodeTable(results) {
  const rows = results.map(({ version, title, medians }) => [
    version,
    title,
    time(medians[TOOL].wall),
    time(medians.node.wall),
    `${round(medians[TOOL].wall / medians.node.wall)} ×`,
  ]);
  return table([['Node', 'case', 'median', 'node', 'reached'], ...rows]);
}

/** The machine, the versions of what was measured, how often, and the date, as a sentence. */
export async function surroundings(world, turns) {
  const { node, tool, env, programs } = world;
  const ask = async (...argv) => (await must(world, argv, { env })).trim();
  const [{ model }, ...more] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const machine = `${model.trim()}, ${more.length + 1} cores, ${memory}, ${process.platform} ${release()}`;
  const versions = [await ask(node, tool, 'version'), (await ask('gpg', '--version')).split('\n')[0]];
  if (programs.ruby) versions.push(`Ruby eyaml ${programs.rubyVersion}`);
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: ${machine}; ${versions.join(', ')}; medians of ${turns} ${turns === 1 ? 'turn' : 'turns'}.`;
}

/** Puts text between the comments `begin NAME` and `end NAME` of docs/benchmarks.md. */
export function writeSection(name, text) {
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = ['begin', 'end'].map((word) => `<!-- ${word} ${name} -->`);
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/benchmarks.md has no section ${name}`);
  writeFileSync(PAGE, `${before}${begin}\n\n${text}\n\n${end}${after}`);
}

function table([head, ...rows]) {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const [first, ...others] = cells.map(line);
  return [first, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...others].join('\n');
}

function time(milliseconds) {
  const { of, unit } = scale(milliseconds);
  return `${of(milliseconds)} ${unit}`;
}

function range({ wall, min, max }) {
  const { of, unit } = scale(wall);
  return `${of(wall)} ${unit} (${of(min)}–${of(max)})`;
}

function scale(milliseconds) {
  if (milliseconds >= 1000) return { of: (time) => (time / 1000).toFixed(2), unit: 's' };
  return { of: (time) => time.toFixed(milliseconds < 100 ? 1 : 0), unit: 'ms' };
}

function round(figure) {
  return figure >= 100 ? String(Math.round(figure)) : figure.toFixed(2);
}

function met(is) {
  return is ? 'yes' : '**no**';
}
