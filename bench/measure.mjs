// Runs commands and measures them: wall-clock time, CPU of the whole process tree, and the peak memory of its largest process.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

// bash starts what is measured, and not Node: its fork is small, and its clocks are finer than those of GNU time, which adds the peak.
const TIMED = `
input=$1 output=$2 errors=$3; shift 3
start=$EPOCHREALTIME
"$@" <"$input" >"$output" 2>"$errors"
code=$?
echo "$code $start $EPOCHREALTIME"
times
`;
const GNU_TIME = '/usr/bin/time';
// Not looked for in PATH: that of a command may have no shell.
const BASH = '/bin/bash';

// A command to run is an object:
//   argv, cwd, env   env is the whole environment
//   input            the file that is its standard input; nothing without it
//   prepare          puts things back as they were before each run; not measured
//   verify           takes the sample, and whether it is the first, and throws when the output is wrong; without it, exit code 0 is enough
//   wall             takes the sample and gives the milliseconds to count instead, for what measures itself
//   share            the part of the work that it does, 0.1 for a tenth: its figures count as if it did all
//
// A sample, one run of it, is an object with code, stdout, stderr, start (milliseconds since 1970), wall and cpu (milliseconds), peak
// (megabytes; NaN without GNU time).

/**
 * Gives the function that runs a command once.
 *
 * @param folder - where it puts the outputs.
 * @param signal - ends the running command and those it started, and refuses further ones.
 * @returns a function from a command to the promise of a sample.
 */
export function createRunner(folder, signal) {
  const [output, errors, peak] = ['output', 'errors', 'peak'].map((name) => path.join(folder, name));
  const timer = existsSync(GNU_TIME) ? [GNU_TIME, '-f', '%M', '-o', peak] : [];
  return async ({ argv, env, cwd, input = '/dev/null' }) => {
    const measured = [BASH, '-c', TIMED, 'timed', input, output, errors, ...argv];
    const report = await reportOf([...timer, ...measured], { env, cwd, signal });
    const [, code, start, end, user, system] = REPORT.exec(report) ?? [];
    if (system === undefined) throw new Error(`no figures from ${BASH}, which must be version 5 or newer: ${report}`);
    return {
      code: Number(code),
      start: Number(start) * 1000,
      wall: (Number(end) - Number(start)) * 1000,
      cpu: milliseconds(user) + milliseconds(system),
      peak: timer.length > 0 ? Number(readFileSync(peak, 'latin1')) / 1024 : Number.NaN,
      stdout: readFileSync(output, 'utf8'),
      stderr: readFileSync(errors, 'utf8'),
    };
  };
}

// The exit code, start and end; then what `times` says of bash itself, and of its children.
const REPORT = /^(\d+) ([\d.]+) ([\d.]+)\n.*\n(\S+) (\S+)\n$/;

function milliseconds(text) {
  const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(text);
  return Number(minutes) * 60_000 + Number(seconds) * 1000;
}

function reportOf([program, ...args], { env, cwd, signal }) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A group of its own, so that all of it can be ended.
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    const end = () => process.kill(-child.pid, 'SIGTERM');
    signal.addEventListener('abort', end);
    child.on('exit', () => signal.removeEventListener('abort', end));
    child.on('error', reject);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('close', () => (signal.aborted ? reject(signal.reason) : resolve(Buffer.concat(chunks).toString())));
  });
}

/**
 * Runs commands in turn, A B A B …; what the first turns find cold is warm in those that count.
 *
 * @param commands - by name.
 * @param options - `run`, `turns` that count, and `warmUps` before them.
 * @returns for each name the medians `wall` and `cpu`, the `min` and `max` of `wall`, and the highest `peak`.
 * @throws an Error when a command fails or its output is wrong.
 */
export async function takeTurns(commands, { run, turns, warmUps = 1 }) {
  const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let turn = 0; turn < warmUps + turns; turn += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const sample = await runChecked(name, command, { run, isFirst: turn === 0 });
      if (turn >= warmUps) samples[name].push(sample);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, summarize(all)]));
}

async function runChecked(name, command, { run, isFirst }) {
  command.prepare?.();
  const sample = await run(command);
  try {
    if (command.verify) await command.verify(sample, isFirst);
    else if (sample.code !== 0) throw new Error(`exit code ${sample.code}`);
  } catch (error) {
    throw new Error(`${name}: ${error.message}\n${sample.stderr.slice(0, 2000)}`, { cause: error });
  }
  const { share = 1 } = command;
  const wall = command.wall?.(sample) ?? sample.wall;
  return { wall: wall / share, cpu: sample.cpu / share, peak: sample.peak };
}

function summarize(samples) {
  const sorted = (of) => samples.map((sample) => sample[of]).sort((a, b) => a - b);
  const walls = sorted('wall');
  return {
    wall: median(walls),
    min: walls[0],
    max: walls.at(-1),
    cpu: median(sorted('cpu')),
    peak: sorted('peak').at(-1),
  };
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
