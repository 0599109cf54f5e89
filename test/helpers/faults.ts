import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import pLimit from 'p-limit';
import { eyaml, type Run, type RunOptions } from './cli.js';
import { scratchFolder, scratchRuntimeFolder } from './files.js';

const SEAM = pathToFileURL(path.join(import.meta.dirname, 'faults.mjs')).href;
const LANES = 3;

/** When a run is killed: at the `at`-th operation on its files, before it or when half of what it writes is written. */
export interface Moment {
  readonly at: number;
  readonly how: 'before' | 'torn';
  /** The operation: `rename`, `write`, … */
  readonly kind: string;
}

/** Folders of one run alone. All that it does to files there is counted. */
export interface Place {
  readonly cwd: string;
  readonly home: string;
  /** In memory, for XDG_RUNTIME_DIR. */
  readonly runtime: string;
  readonly temporary: string;
}

/** A command to kill, and where it runs. */
export interface Victim {
  readonly args: readonly string[];
  readonly options?: Omit<RunOptions, 'cwd'>;
  /** SIGKILL by default. With another one, the run may end as if it had come too late. */
  readonly signal?: NodeJS.Signals;
}

/** The folders of a place. */
export function foldersOf({ cwd, home, runtime, temporary }: Place): readonly string[] {
  return [cwd, home, runtime, temporary];
}

/** The environment of a run in a place. */
export function environmentOf({ home, runtime, temporary }: Place): Record<string, string> {
  return { HOME: home, XDG_RUNTIME_DIR: runtime, TMPDIR: temporary };
}

/** Runs the built command with the seam loaded; gives the operations that it came to as well. */
export async function runWithFaults(
  { args, options = {}, signal = 'SIGKILL' }: Victim,
  place: Place,
  moment?: Moment,
): Promise<Run & { readonly operations: readonly string[] }> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-faults-'));
  const log = path.join(scratch, 'log');
  const faults = { log, under: foldersOf(place), at: moment?.at, how: moment?.how, signal };
  const env = {
    ...environmentOf(place),
    ...options.env,
    EYAML_FAULTS: JSON.stringify(faults),
    NODE_OPTIONS: `--import=${SEAM}`,
  };
  try {
    const run = await eyaml(args, { ...options, cwd: place.cwd, env });
    return { ...run, operations: readFileSync(log, 'utf8').split('\n').filter(Boolean) };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/**
 * Kills a command at every operation on its files, each time in a fresh place. A first run that nobody kills says how many there are.
 *
 * @param prepare - fills a place.
 * @param check - looks at what a killed run left; the moment is undefined for the run that was not killed.
 * @returns the operations of the whole run.
 */
export async function killAtEveryOperation(
  victim: Victim,
  prepare: (place: Place) => void,
  check: (place: Place, moment: Moment | undefined) => Promise<void>,
): Promise<readonly string[]> {
  const [disk, memory] = [scratchFolder(), scratchRuntimeFolder()];
  const run = async (moment: Moment | undefined) => {
    const top = mkdtempSync(path.join(disk, 'run-'));
    const [cwd, home, temporary] = ['cwd', 'home', 'tmp'].map((name) => path.join(top, name)) as [
      string,
      string,
      string,
    ];
    const place: Place = { cwd, home, temporary, runtime: mkdtempSync(path.join(memory, 'run-')) };
    [cwd, home, temporary].forEach((folder) => mkdirSync(folder));
    prepare(place);
    const ended = await runWithFaults(victim, place, moment);
    const meant: readonly (string | number)[] = moment === undefined ? [0] : victim.signal ? [0, 143] : ['SIGKILL'];
    if (!meant.includes(ended.signal ?? ended.code ?? '')) {
      throw new Error(`${JSON.stringify(moment)}: ended with ${ended.code ?? ended.signal ?? ''}: ${ended.stderr}`);
    }
    try {
      await check(place, moment);
    } catch (error) {
      throw new Error(`killed at ${JSON.stringify(moment)} of ${ended.operations.join(' ')}`, { cause: error });
    }
    return ended.operations;
  };
  const operations = await run(undefined);
  const limit = pLimit(LANES);
  await Promise.all(
    momentsOf(operations)
      .filter(({ how }) => victim.signal === undefined || how === 'before')
      .map((moment) => limit(() => run(moment))),
  );
  return operations;
}

// What is flushed can be lost by a power cut alone, so a kill there is the same as one at what comes next.
function momentsOf(operations: readonly string[]): readonly Moment[] {
  return operations.flatMap((kind, index): Moment[] => {
    const at = index + 1;
    if (kind.endsWith('sync')) return [];
    return kind === 'write'
      ? [
          { at, how: 'before', kind },
          { at, how: 'torn', kind },
        ]
      : [{ at, how: 'before', kind }];
  });
}
