import { statSync } from 'node:fs';
import path from 'node:path';
import { resolveConfig, type Config, type GivenOptions } from '../../config/config.js';
import { readConfiguration, type Configuration, type Environment } from '../../config/configuration.js';
import { createContext, type Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import { shownArgument } from '../../files/shown.js';
import { reporterOf, type DoctorFinding } from '../../verbs/doctor/finding.js';
import type { Given } from '../begin.js';
import { homeFolder, readEnvironment } from '../environment.js';
import { optionsFrom, recipientOrigins, withoutOverruled, type KnownOptions } from '../settings.js';
import { createUi, type Ui } from '../ui.js';
import { configurationFindings, errorFinding } from './configuration.js';

/** What `doctor` starts with. What is wrong with the configuration is a finding, and it goes on without. */
export interface StartedDoctor<Options> {
  readonly options: Options;
  readonly around: Environment;
  readonly config: Config;
  readonly context: Context;
  readonly ui: Ui;
  readonly findings: readonly DoctorFinding[];
  /** What the keystores warned about so far. */
  readonly warnings: () => readonly string[];
}

const NOTHING: Configuration = { settings: new Map(), files: [], plugins: [], refused: [] };

/** Starts as every command does, but plugins are not loaded, nobody is asked for a passphrase, and nothing is thrown. */
export async function startDoctor<Options extends Given>(
  given: Options,
  known: KnownOptions,
  allOptions: readonly string[],
): Promise<StartedDoctor<Options>> {
  const findings: DoctorFinding[] = [];
  const around = withoutPipe(tolerantEnvironment(findings), findings);
  const attempt = createAttempts(findings);
  const withFolder = !given['no-folder-config'];
  const configuration = (await attempt(() => readConfiguration(around, { withFolder }))) ?? NOTHING;
  const { settings } = configuration;
  findings.push(...(await configurationFindings(configuration, allOptions)));
  const configured = (await attempt(() => optionsFrom(settings, known, around.homeFolder))) ?? {};
  const merged = { ...withoutOverruled(configured, given), ...given };
  const options = { ...merged, ...withoutPipedList(merged, findings) };
  const isHomeFromFile = given['gpg-gnupghome'] === undefined;
  const origins = recipientOrigins(settings, given, around.cwd);
  const resolved = await attempt(() => resolveConfig(options, around, isHomeFromFile, origins));
  // What is empty or wrong is left out.
  const environment = { ...around.environment, HIERA_EYAML_GPG_GNUPGHOME: undefined };
  const config = resolved ?? resolveConfig({}, { ...around, environment }, true);
  const warnings: string[] = [];
  const silent = () => undefined;
  const warn = (message: string) => void warnings.push(message);
  const messages = { warn, insist: silent, detail: silent };
  const context = createContext(config, { environment: around.environment, messages });
  return { options, around, config, context, ui: createUi(options), findings, warnings: () => warnings };
}

// Who opens a pipe waits for its writer, perhaps for ever, and cannot even exit meanwhile. A pipe that the shell made has one.
function isNamedPipe(file: string): boolean {
  try {
    return !/^\/(?:dev|proc)\//.test(file) && statSync(file).isFIFO();
  } catch {
    return false;
  }
}

function withoutPipedList({ 'gpg-recipients-file': file }: GivenOptions, findings: DoctorFinding[]): GivenOptions {
  if (file === undefined || !isNamedPipe(file)) return {};
  findings.push(pipeFinding('gpg_recipients_file', file));
  return { 'gpg-recipients-file': undefined };
}

function pipeFinding(name: string, file: string): DoctorFinding {
  return reporterOf('configuration').warning(
    `${name} names the pipe ${file}, which is not read here`,
    `ls -l ${shownArgument(file)}`,
  );
}

function withoutPipe(around: Environment, findings: DoctorFinding[]): Environment {
  const { EYAML_CONFIG: file } = around.environment;
  if (file === undefined || file === '' || !isNamedPipe(path.resolve(around.cwd, file))) return around;
  findings.push(pipeFinding('EYAML_CONFIG', file));
  return { ...around, environment: { ...around.environment, EYAML_CONFIG: undefined } };
}

/** Makes what does work and turns its error into a finding. */
function createAttempts(findings: DoctorFinding[]) {
  return async <T>(work: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof EyamlError)) throw error;
      findings.push(errorFinding(error));
      return undefined;
    }
  };
}

function tolerantEnvironment(findings: DoctorFinding[]): Environment {
  try {
    return readEnvironment();
  } catch (error) {
    if (!(error instanceof EyamlError)) throw error;
    findings.push(reporterOf('configuration').problem(`${error.message} [${error.code}]`, 'cd'));
    return { environment: process.env, cwd: '/', homeFolder: homeFolder() };
  }
}
