import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { shownArgument, shownPath } from '../../files/shown.js';
import { WILDCARD_KEY_ID } from '../../openpgp/identifiers.js';
import { loadPrivateKey } from '../../pkcs7/keys.js';
import type { Checkup } from './checkup.js';
import { listText, reporterOf, type DoctorFinding } from './finding.js';
import type { ScannedFile, ScannedValue } from './scan.js';

/** Whether a value can be read: by the key IDs that it names and the keys that are there. Nothing is decrypted. */
export type Readability = 'yes' | 'no' | 'unknown' | 'damaged' | 'no method';

/** What can be read with some keys. */
export interface Judge {
  readonly judge: (value: ScannedValue) => Readability;
  /** Why no PKCS7 value can be read, if none can. */
  readonly pkcs7Fault: EyamlError | undefined;
}

/** Makes a {@link Judge} of the keys that a configuration names. */
export async function createJudge({ own, config, environment, context }: Checkup): Promise<Judge> {
  const ids = new Set((await own().catch(() => [])).map(({ keyId }) => keyId));
  const pkcs7Fault = await loadPrivateKey(config.pkcs7.privateKey, environment).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof EyamlError) return error;
      throw error;
    },
  );
  const judge = ({ tag, readers, hasPassword, isDamaged }: ScannedValue): Readability => {
    if (tag === 'PKCS7') return pkcs7Fault ? 'no' : 'yes';
    if (tag !== 'GPG') return context.encryptors.has(tag) ? 'unknown' : 'no method';
    if (isDamaged) return 'damaged';
    if (readers.some((keyId) => ids.has(keyId))) return 'yes';
    return hasPassword || readers.includes(WILDCARD_KEY_ID) ? 'unknown' : 'no';
  };
  return { judge, pkcs7Fault };
}

const { ok, warning, problem, error } = reporterOf('values');

/** Whether the user can read the values of the target. */
export async function checkValues(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { target, config } = checkup;
  if (!(await checkup.isSearched())) return [ok('nothing here looks like Hiera data: name a file or folder')];
  const files = await checkup.files();
  const { judge, pkcs7Fault } = await createJudge(checkup);
  const all = placesOf(files);
  const where = shownArgument(target);
  const by = (readability: Readability) => all.filter(({ value }) => judge(value) === readability);
  const some = (places: readonly ValuePlace[], make: (what: string, whose: string) => DoctorFinding) =>
    places.length === 0 ? [] : [make(`${countOf(places, all)}: ${placesText(places)}`, placeOf(places))];
  const faults = files.flatMap(({ file, fault }) => (fault ? [error(fault, `ls -l ${shownArgument(file)}`)] : []));
  const closed = by('no');
  const [late, others] = await byAudience(
    closed.filter(({ value }) => value.tag === 'GPG'),
    checkup,
  );
  const check = `eyaml check ${where}`;
  return [
    ...faults,
    ...some(late, (what, whose) =>
      problem(
        `your key is a recipient, but cannot read ${what}; another reader must run this`,
        `eyaml recrypt ${whose}`,
      ),
    ),
    ...some(others, (what, whose) =>
      (files.length === 1 ? problem : warning)(`none of your keys can read ${what}`, `eyaml check ${whose}`),
    ),
    ...some(
      closed.filter(({ value }) => value.tag !== 'GPG'),
      (what) =>
        warning(
          `you cannot read ${what}: ${pkcs7Fault?.message ?? ''}`,
          `eyaml doctor --${config.pkcs7.privateKey.option} FILE ${where}`,
        ),
    ),
    ...some(by('damaged'), (what) => problem(`damaged: ${what}`, check)),
    ...some(by('no method'), (what) => warning(`the method is not known of ${what}`, check)),
    ...some(by('unknown'), (what) => ok(`only trying would show whether you can read ${what}`)),
    ok(all.length === 0 ? `no values in ${shownPath(target)}` : `you can read ${countOf(by('yes'), all)}`),
  ];
}

/** The places whose recipients name the user, and the others. */
async function byAudience(
  places: readonly ValuePlace[],
  { recipientsFor, isMine }: Checkup,
): Promise<readonly [ValuePlace[], ValuePlace[]]> {
  const files = [...new Set(places.map(({ file }) => file))];
  const mine = new Set<string>();
  for (const file of files) {
    const list = await recipientsFor(file).catch(() => undefined);
    if (list && (await isMine(list))) mine.add(file);
  }
  return [places.filter(({ file }) => mine.has(file)), places.filter(({ file }) => !mine.has(file))];
}

/** The file of all places, or the folder that they have in common. */
function placeOf(places: readonly ValuePlace[]): string {
  const [first = '', ...rest] = new Set(places.map(({ file }) => file));
  return shownArgument(rest.length === 0 ? first : commonFolder([first, ...rest]));
}

function commonFolder(files: readonly string[]): string {
  const [first = [], ...rest] = files.map((file) => path.dirname(path.resolve(file)).split(path.sep));
  const end = first.findIndex((part, i) => rest.some((parts) => parts[i] !== part));
  return path.join('/', ...(end === -1 ? first : first.slice(0, end)));
}

/** A value and its file. */
export interface ValuePlace {
  readonly file: string;
  readonly value: ScannedValue;
}

/** All values of files. */
export function placesOf(files: readonly ScannedFile[]): readonly ValuePlace[] {
  return files.flatMap(({ file, values }) => values.map((value) => ({ file, value })));
}

/** `3 of 12 values in 2 files`; without the second number where it is the same. */
export function countOf(some: readonly ValuePlace[], all: readonly ValuePlace[]): string {
  const files = new Set((some.length === 0 ? all : some).map(({ file }) => file)).size;
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const count =
    some.length === all.length ? plural(all.length, 'value') : `${some.length} of ${plural(all.length, 'value')}`;
  return `${count} in ${plural(files, 'file')}`;
}

/** The first of some places. */
export function placesText(places: readonly ValuePlace[]): string {
  return listText(places.map(({ file, value }) => `${shownPath(file)}:${value.line}`));
}
