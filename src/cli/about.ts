import type { Config } from '@oclif/core/config';
import { aboutEyaml, type About } from '../verbs/about.js';
import { readEnvironment } from './environment.js';
import type { Program } from './run.js';

/** What this eyaml is: what was written down when it was built, and what its launcher found. */
export function aboutThis({ version, pjson }: Config): Promise<About> {
  const { commit, hasKeptCode = false } = pjson as Partial<Program>;
  return aboutEyaml({ version, commit, hasKeptCode }, process.argv[1] ?? '', readEnvironment().environment);
}
