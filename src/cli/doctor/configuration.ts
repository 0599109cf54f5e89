import { stat } from 'node:fs/promises';
import type { Configuration } from '../../config/configuration.js';
import type { EyamlError } from '../../errors.js';
import { shownArgument } from '../../files/shown.js';
import { reporterOf, type DoctorFinding } from '../../verbs/doctor/finding.js';
import { localNotices, traceOf, unknownSettings } from '../notices.js';

const { ok, warning, problem, error } = reporterOf('configuration');

/** Which configuration files there are and what they set; what is strange about it, and what a folder's own file decides. */
export async function configurationFindings(
  configuration: Configuration,
  allOptions: readonly string[],
): Promise<readonly DoctorFinding[]> {
  const { files, settings, plugins } = configuration;
  const sees = new Map(files.map((file) => [file, `cat ${shownArgument(file)}`]));
  // Each notice starts with its file.
  const commandFor = (notice: string) => [...sees].find(([file]) => notice.startsWith(file))?.[1] ?? 'eyaml doctor -v';
  // The options of plugins are known only when they are loaded.
  const unknown = plugins.length > 0 ? [] : unknownSettings(settings, allOptions);
  const isThere = await Promise.all(
    plugins.map((file) =>
      stat(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return [
    ...(files.length === 0 ? [ok('there is no configuration file')] : files.map((file) => ok(`${file} was read`))),
    ...traceOf(settings, allOptions).map(ok),
    ...[...localNotices(configuration, allOptions, []), ...unknown].map((notice) =>
      warning(notice, commandFor(notice)),
    ),
    ...plugins.map((file, i) =>
      isThere[i]
        ? ok(`the plugin ${file} is named; it is not loaded here`)
        : problem(`there is no plugin ${file}`, `ls -l ${shownArgument(file)}`),
    ),
  ];
}

/** The finding that a wrong setting is. */
export function errorFinding(fault: EyamlError): DoctorFinding {
  const { code, message } = fault;
  const variable = /environment variable (\w+)/.exec(message)?.[1];
  if (variable !== undefined) return problem(`${message} [${code}]`, `unset ${variable}`);
  // Most errors start with the file, or say which configuration file it is.
  const file = /(?:the configuration file |^)((?:\/|\.eyaml)[^\s:]+)/.exec(message)?.[1];
  return error(fault, file === undefined ? 'eyaml help options' : `cat ${shownArgument(file)}`);
}
