import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { reporterOf, type DoctorFinding } from '../../verbs/doctor/finding.js';
import { findEditor } from '../editor.js';

// These open a window and return at once, each with its option to wait.
const WAITING: Readonly<Record<string, string>> = {
  ...{ code: '--wait', 'code-insiders': '--wait', codium: '--wait', atom: '--wait', subl: '--wait', zed: '--wait' },
  ...{ mate: '--wait', gedit: '--wait', kate: '--block', gvim: '--nofork', xed: '--wait', pluma: '--wait' },
};
// Short forms and other names of these options.
const WAITS = /^(?:-w|--wait|-b|--block|-f|--nofork)$/;

const { ok, warning, error } = reporterOf('editor');

/** Which editor `edit` opens, and whether it waits until the file is closed. */
export async function checkEditor(environment: NodeJS.ProcessEnv): Promise<readonly DoctorFinding[]> {
  try {
    const { program, args, command } = await findEditor(environment);
    const option = WAITING[path.basename(program)];
    if (option === undefined || args.some((word) => WAITS.test(word))) return [ok(`${command} (${program})`)];
    return [warning(`${command} does not wait until you close the file`, `export EDITOR="${command} ${option}"`)];
  } catch (fault) {
    if (!(fault instanceof EyamlError)) throw fault;
    const isSet = ['EYAML_EDITOR', 'VISUAL', 'EDITOR'].some((name) => environment[name]?.trim());
    // Without an editor all but edit works; a server needs none.
    return isSet
      ? [error(fault, 'export EDITOR=vim')]
      : [warning(`no editor was found, so edit cannot work [${fault.code}]`, 'export EDITOR=vim')];
  }
}
