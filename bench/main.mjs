// How long the packed and installed tool takes beside its peers, and whether it meets its targets; docs/benchmarks.md says more.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './cases.mjs';
import { measureGrowth } from './growth.mjs';
import { takeTurns } from './measure.mjs';
import { caseTable, growthTable, nodeTable, surroundings, writeSection } from './report.mjs';
import { inWorld, keepCode, must } from './world.mjs';

const USAGE = `npm run bench -- [--short] [--growth] [--write] [--turns N] [--node FILE]... [CASE]...
  --short      small inputs, one turn: shows only whether the commands work
  --growth     instead of the cases, how the time of the large ones grows
  --write      put the figures into docs/benchmarks.md
  --turns N    turns that count (default: 9)
  --node FILE  also run the start-up cases with this Node
cases: ${CASES.map(({ name }) => name).join(' ')}`;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => stop.abort(new Error(`ended by ${signal}`)));

try {
  const options = readOptions();
  const failed = await inWorld(stop.signal, (world) => measureAll(world, options));
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  console.error(error.message);
  process.exitCode = stop.signal.aborted ? 130 : 1;
}

function readOptions() {
  const flag = { type: 'boolean', default: false };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ...{ short: flag, growth: flag, write: flag },
      turns: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  const turns = Number(values.turns ?? (values.short ? 1 : 9));
  const unknown = positionals.filter((name) => !CASES.some((one) => one.name === name));
  if (unknown.length > 0 || !(turns >= 1)) throw new Error(USAGE);
  if (values.write && (values.short || positionals.length > 0)) throw new Error('--write needs all cases at full size');
  const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return {
    ...values,
    turns,
    warmUps: values.short ? 0 : 1,
    cases: chosen,
    nodes: values.node.map((file) => path.resolve(file)),
  };
}

/** Measures what was asked for, prints it, and gives how many cases failed. */
async function measureAll(world, options) {
  const parts = options.growth ? [growthPart] : [casePart, nodePart];
  let failures = 0;
  for (const part of parts) {
    const { name, results, show, failed } = await part(world, options);
    failures += failed;
    if (results.length === 0) continue;
    // The figures of small inputs say nothing.
    const text = options.short
      ? `${results.length} of ${results.length + failed} cases work`
      : `${await surroundings(world, options.turns)}\n\n${show(results)}`;
    console.log(`\n${text}`);
    if (options.write && failed === 0) writeSection(name, text);
  }
  return failures;
}

async function casePart(world, { cases, short, turns, warmUps }) {
  const possible = cases.filter(({ needs }) => needs === undefined || world.programs[needs]);
  const work = async (one) => {
    const size = short ? one.short : one.size;
    const medians = await takeTurns(installed(await one.commands(world, size)), { run: world.run, turns, warmUps });
    return { title: one.title, medians, targets: one.targets(size) };
  };
  return { name: 'cases', show: caseTable, ...(await each(possible, work)) };
}

async function growthPart(world, { cases, short, turns }) {
  const growing = cases.filter(({ grows }) => grows);
  const work = (one) => measureGrowth(world, one, { size: short ? one.short : one.size, turns });
  return { name: 'growth', show: growthTable, ...(await each(growing, work)) };
}

async function nodePart(world, { nodes, turns, warmUps }) {
  const starting = CASES.filter(({ starts }) => starts);
  const all = nodes.flatMap((node) => starting.map((one) => ({ ...one, node, name: `${node} ${one.name}` })));
  const work = async ({ node, title, commands, size }) => {
    const version = (await must(world, [node, '--version'])).trim();
    await keepCode(world, node);
    const { eyaml, node: alone } = await commands({ ...world, node }, size);
    return { version, title, medians: await takeTurns({ eyaml, node: alone }, { run: world.run, turns, warmUps }) };
  };
  return { name: 'nodes', show: nodeTable, ...(await each(all, work)) };
}

/** One case after the other; one that fails is reported, and the others go on. */
async function each(cases, work) {
  const results = [];
  let failed = 0;
  for (const one of cases) {
    console.error(`${one.name} …`);
    try {
      results.push(await work(one));
    } catch (error) {
      if (stop.signal.aborted) throw error;
      failed += 1;
      console.error(`${one.name} failed: ${error.message}`);
    }
  }
  return { results, failed };
}

function installed(commands) {
  return Object.fromEntries(Object.entries(commands).filter(([, command]) => command !== undefined));
}
