import path from 'node:path';
import { shownArgument, shownPath } from '../../files/shown.js';
import { groupBy } from '../../text/group-by.js';
import { nearest } from '../../text/nearest.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';
import { findHieraFile, readHieraFile } from './hiera-file.js';
import { levelsOf, type Level } from './hiera-levels.js';
import type { ScannedFile } from './scan.js';
import { checkServer } from './server.js';
import { countOf, placesOf, placesText } from './values.js';

const { ok, warning, problem } = reporterOf('Puppet');

/** Which level of hiera.yaml reads each file with values: whether Puppet decrypts them, hands out ciphertext or does not see them. */
export async function checkHiera(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { target } = checkup;
  const file = await findHieraFile(target);
  if (file === undefined) return [ok(`there is no hiera.yaml in ${shownPath(path.dirname(target))} or above it`)];
  const shown = shownPath(file);
  const edit = `\${EDITOR:-vi} ${shownArgument(file)}`;
  const read = await readHieraFile(file);
  if ('reason' in read) return [problem(`${shown} ${read.reason}`, edit)];
  const levels = levelsOf(read.content, file);
  if (levels === undefined) return [problem(`${shown} is neither of version 5 nor of version 3`, edit)];
  const files = (await checkup.files()).filter(({ values }) => values.length > 0);
  const reading = groupBy(files, ({ realPath }) => levels.find((level) => level.reads(realPath)));
  const findings = levels.flatMap((level) => levelFindings(level, reading.get(level) ?? [], { shown, edit }));
  const unread = (reading.get(undefined) ?? []).filter(({ realPath }) => levels.some((level) => level.holds(realPath)));
  return [
    ...(read.content.version === 5 ? [] : [warning(`${shown} is of version 3, which Puppet 8 does not read`, edit)]),
    ...findings,
    ...(unread.length > 0
      ? [warning(`no level of ${shown} reads ${shownFiles(unread)}, where there are values`, edit)]
      : []),
    ...(await checkServer(checkup, levels, reading)),
  ];
}

interface HieraPlace {
  readonly shown: string;
  /** The command to change it. */
  readonly edit: string;
}

function levelFindings(
  level: Level,
  files: readonly ScannedFile[],
  { shown, edit }: HieraPlace,
): readonly DoctorFinding[] {
  const name = `the level "${level.name}" of ${shown}`;
  if (level.kind === 'plain') {
    if (files.length === 0) return [];
    const places = placesOf(files);
    const count = countOf(places, places);
    return [
      problem(
        `${name} reads plain YAML, so Puppet hands out the ciphertext of ${count} (${placesText(places)}): set lookup_key: eyaml_lookup_key`,
        edit,
      ),
    ];
  }
  if (level.kind === 'other') return [];
  const names = Object.keys(level.options);
  const unknown = names.filter((option) => /^(?:gpg|pkcs7)/.test(option) && !KNOWN.includes(option));
  const tags = new Set(placesOf(files).map(({ value }) => value.tag));
  const hasPkcs7Key = names.some((option) => PRIVATE_KEY.test(option));
  return [
    ok(
      `${name} decrypts values${names.length > 0 ? `, with ${names.map((key) => optionText(key, level)).join(', ')}` : ''}`,
    ),
    ...unknown.map((option) => {
      const meant = nearest(option, KNOWN);
      return warning(`${name} has an unknown option ${option}${meant ? `: did you mean ${meant}?` : ''}`, edit);
    }),
    ...(tags.has('PKCS7') && !hasPkcs7Key
      ? [problem(`${name} reads PKCS7 values but names no private key: set pkcs7_private_key`, edit)]
      : []),
    ...(tags.has('GPG') && level.options.gpg_gnupghome === undefined
      ? [ok(`${name} reads GPG values and names no gpg_gnupghome: the server uses .gnupg in its own home`)]
      : []),
  ];
}

const PRIVATE_KEY = /^pkcs7_(?:b64_)?private_key(?:_env_var)?$/;

const KNOWN = [
  ...['gpg_gnupghome', 'gpg_always_trust', 'gpg_recipients', 'gpg_recipients_file'],
  ...['pkcs7_private_key', 'pkcs7_public_key', 'pkcs7_private_key_env_var', 'pkcs7_public_key_env_var'],
  ...[
    'pkcs7_b64_private_key_env_var',
    'pkcs7_b64_public_key_env_var',
    'pkcs7_keysize',
    'pkcs7_subject',
    'pkcs7_digest',
  ],
];

// Another option might hold a secret.
function optionText(option: string, { options }: Level): string {
  const value = options[option];
  const isPath = /^(?:gpg_gnupghome|pkcs7_(?:private|public)_key)$/.test(option) && typeof value === 'string';
  return isPath && value.startsWith('/') && value.length < 200 && !/[\r\n]/.test(value)
    ? `${option}: ${value}`
    : option;
}

function shownFiles(files: readonly ScannedFile[]): string {
  const [first, ...rest] = files;
  const more = rest.length === 0 ? '' : ` and ${rest.length} more file${rest.length === 1 ? '' : 's'}`;
  return `${shownPath(first?.file ?? '')}${more}`;
}
