import { userInfo } from 'node:os';
import { aboutLines, type About } from '../../verbs/about.js';
import { doctor } from '../../verbs/doctor/doctor.js';
import { reporterOf, TOPICS, type DoctorFinding } from '../../verbs/doctor/finding.js';
import type { Given } from '../begin.js';
import type { KnownOptions } from '../settings.js';
import type { Ui } from '../ui.js';
import { checkEditor } from './editor.js';
import { startDoctor } from './start.js';

/** What the command knows of itself. */
export interface Program {
  readonly about: About;
  readonly known: KnownOptions;
  /** The names of the options of all commands. */
  readonly allOptions: readonly string[];
}

/** What was found, in the order of the topics, and how to show it. */
export interface Diagnosis<Options> {
  readonly findings: readonly DoctorFinding[];
  readonly options: Options;
  readonly ui: Ui;
}

/** Looks at everything; `target` is undefined for the current folder. */
export async function diagnose<Options extends Given>(
  given: Options,
  target: string | undefined,
  { about, known, allOptions }: Program,
): Promise<Diagnosis<Options>> {
  const { options, around, config, context, ui, ...started } = await startDoctor(given, known, allOptions);
  const { environment, homeFolder } = around;
  const findings = [
    ...started.findings,
    ...[`eyaml ${about.version}`, ...aboutLines(about)].map(reporterOf('eyaml').ok),
    ...(await checkEditor(environment)),
    ...(await doctor({
      ...{ target: target ?? '.', isNamed: target !== undefined },
      ...{ environment, homeFolder, config, context },
      now: Math.floor(Date.now() / 1000),
      program: process.argv[1] ?? '',
      userName: userName(),
      warnings: started.warnings,
    })),
  ];
  context.close();
  const sorted = findings.sort((a, b) => TOPICS.indexOf(a.about) - TOPICS.indexOf(b.about));
  return { findings: sorted, options, ui };
}

// A container may run as a user that no passwd file knows.
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
