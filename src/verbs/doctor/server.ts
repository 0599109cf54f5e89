import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { resolveConfig, type GivenOptions } from '../../config/config.js';
import { mayUseHome } from '../../config/configuration.js';
import { createContext } from '../../context/context.js';
import { asEyamlError, EyamlError } from '../../errors.js';
import { shownArgument } from '../../files/shown.js';
import { loadPrivateKey } from '../../pkcs7/keys.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';
import type { Level } from './hiera-levels.js';
import { PUPPET_FOLDER } from './installed.js';
import type { ScannedFile } from './scan.js';
import { countOf, createJudge, placesOf, placesText, type ValuePlace } from './values.js';

const PUPPET_USERS = ['puppet', 'pe-puppet', 'openvox'];

const { ok, problem, error } = reporterOf('Puppet');

/** Whether a user is one that Puppet's server runs as. */
export function isPuppet(userName: string): boolean {
  return PUPPET_USERS.includes(userName);
}

/**
 * Whether the server will be able to read the values of each level: asked of the keys that the level names, when this runs as
 * the server's own user.
 *
 * @param reading - the files of each level.
 */
export async function checkServer(
  checkup: Checkup,
  levels: readonly Level[],
  reading: ReadonlyMap<Level | undefined, readonly ScannedFile[]>,
): Promise<readonly DoctorFinding[]> {
  const decrypting = levels.filter(({ kind }) => kind === 'eyaml');
  const all = placesOf(decrypting.flatMap((level) => reading.get(level) ?? []));
  const gems = all.some(({ value }) => value.tag === 'GPG') ? await gemFindings(checkup) : [];
  if (!isPuppet(checkup.userName)) {
    const hint = `sudo -u puppet eyaml doctor ${shownArgument(checkup.target)}`;
    return [...gems, ok(`to see whether Puppet can read the values, run on its server: ${hint}`)];
  }
  const findings: DoctorFinding[] = (await checkup.files()).flatMap(({ file, fault }) =>
    fault ? [error(fault, `ls -l ${shownArgument(file)}`)] : [],
  );
  for (const level of decrypting) findings.push(...(await levelFindings(level, reading.get(level) ?? [], checkup)));
  const isFine = [...gems, ...findings].every(({ state }) => state === 'ok');
  return [...gems, ...findings, ...(isFine ? [ok(`Puppet can read ${countOf(all, all)}`)] : [])];
}

// Only gems that were added to the server can decrypt GPG values; hiera-eyaml itself comes with it.
async function gemFindings({ puppetFolder = PUPPET_FOLDER }: Checkup): Promise<readonly DoctorFinding[]> {
  const data = path.join(puppetFolder, 'server/data/puppetserver');
  const folders = ['jruby-gems', 'vendored-jruby-gems'].map((name) => path.join(data, name, 'gems'));
  const found = await Promise.all(folders.map((folder) => readdir(folder).catch(() => undefined)));
  const gems = found.flatMap((names) => names ?? []);
  if (found.every((names) => names === undefined)) return [];
  return gems.some((name) => /^hiera-eyaml-gpg-\d/.test(name))
    ? [ok('the server has the gem hiera-eyaml-gpg')]
    : [problem('the server has no gem that decrypts GPG values', 'puppetserver gem install hiera-eyaml-gpg ruby_gpg')];
}

async function levelFindings(
  level: Level,
  files: readonly ScannedFile[],
  checkup: Checkup,
): Promise<readonly DoctorFinding[]> {
  const places = placesOf(files);
  if (places.length === 0) return [];
  const home = level.options.gpg_gnupghome;
  const folder = path.dirname(files[0]?.realPath ?? checkup.target);
  // Programs that a GnuPG home names would run.
  if (home !== undefined && !(await mayUseHome(home, { cwd: folder, homeFolder: checkup.homeFolder }))) {
    const message = `the GnuPG home of the level "${level.name}" does not exist, is not the server's alone, or lies in the repository`;
    return [problem(message, `ls -ld ${shownArgument(typeof home === 'string' ? home : '')}`)];
  }
  const server = serverOf(level, checkup);
  try {
    return [...(await gpgFindings(level, places, server)), ...(await pkcs7Findings(level, places, server))];
  } catch (fault) {
    return [error(asEyamlError(fault), 'gpg --list-secret-keys')];
  } finally {
    server.context.close();
  }
}

/** The same checkup with the server's keys. */
function serverOf(level: Level, checkup: Checkup): Checkup {
  const environment = { ...checkup.environment, GNUPGHOME: undefined, HIERA_EYAML_GPG_GNUPGHOME: undefined };
  const options = Object.fromEntries(
    Object.entries(level.options).flatMap(([key, value]) =>
      typeof value === 'string' && value !== '' ? [[key.replaceAll('_', '-'), value]] : [],
    ),
  );
  const { 'gpg-gnupghome': home, ...others } = options as GivenOptions;
  const given: GivenOptions = {
    ...(home !== undefined && { 'gpg-gnupghome': home }),
    ...Object.fromEntries(Object.entries(others).filter(([name]) => /^pkcs7-.*key/.test(name))),
  };
  const around = { environment, cwd: '/', homeFolder: checkup.homeFolder };
  const config = resolveConfig(given, around, false);
  const silent = () => undefined;
  const context = createContext(config, { environment, messages: { insist: silent, warn: silent, detail: silent } });
  let own: ReturnType<Checkup['own']> | undefined;
  return { ...checkup, environment, config, context, own: () => (own ??= context.keystore.ownSubkeys()) };
}

async function gpgFindings(
  { name }: Level,
  places: readonly ValuePlace[],
  server: Checkup,
): Promise<readonly DoctorFinding[]> {
  const values = places.filter(({ value }) => value.tag === 'GPG');
  if (values.length === 0) return [];
  const { gnupgHome } = server.config;
  const inHome = gnupgHome === undefined ? 'gpg' : `gpg --homedir ${shownArgument(gnupgHome)}`;
  const own = await server.own();
  if (own.length === 0)
    return [problem(`the level "${name}" has no secret key in its GnuPG home`, `${inHome} --import FILE`)];
  const { judge } = await createJudge(server);
  const closed = values.filter(({ value }) => judge(value) !== 'yes');
  const { keystore } = server.context;
  const locked = await Promise.all(own.map((subkey) => keystore.needsInteraction(subkey).catch(() => false)));
  return [
    ...(closed.length > 0
      ? [
          problem(
            `Puppet cannot read ${countOf(closed, values)} with the keys of the level "${name}": ${placesText(closed)}`,
            `${inHome} --list-secret-keys`,
          ),
        ]
      : []),
    ...(locked.includes(true)
      ? [
          problem(
            `a key of the level "${name}" has a passphrase: nobody can type it for Puppet`,
            `${inHome} --change-passphrase ${own[locked.indexOf(true)]?.primaryFingerprint ?? ''}`,
          ),
        ]
      : []),
  ];
}

async function pkcs7Findings(
  { name }: Level,
  places: readonly ValuePlace[],
  { config: { pkcs7 }, environment }: Checkup,
): Promise<readonly DoctorFinding[]> {
  // Without a named key, a finding about the level says so; a variable is set for the server alone.
  const { isDefault, variable, base64Variable, file } = pkcs7.privateKey;
  const isElsewhere = isDefault || variable !== undefined || base64Variable !== undefined;
  if (isElsewhere || !places.some(({ value }) => value.tag === 'PKCS7')) return [];
  try {
    const key = await loadPrivateKey(pkcs7.privateKey, environment);
    return 'unlock' in key
      ? [
          problem(
            `the private key ${file} of the level "${name}" has a passphrase: Puppet cannot use it`,
            `openssl rsa -in ${shownArgument(file)} -out NEW-KEY`,
          ),
        ]
      : [];
  } catch (fault) {
    if (!(fault instanceof EyamlError)) throw fault;
    return [{ ...error(fault, ''), state: 'problem', command: `ls -l ${shownArgument(file)}` }];
  }
}
