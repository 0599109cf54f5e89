import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConflicts, resolved } from '../../src/eyaml/conflicts.js';
import { eyaml } from '../helpers/cli.js';
import { hasPeer } from '../helpers/peers.js';
import { CERTIFICATE_FILE, PRIVATE_KEY_FILE } from '../helpers/pkcs7.js';
import {
  createRepository,
  createSecrets,
  placesOf,
  type GitRun,
  type Repository,
  type Secrets,
} from '../helpers/merge-repository.js';

const CONFIG = [`pkcs7_private_key: ${PRIVATE_KEY_FILE}`, `pkcs7_public_key: ${CERTIFICATE_FILE}`];
const OPTIONS = { 'pkcs7-private-key': PRIVATE_KEY_FILE, 'pkcs7-public-key': CERTIFICATE_FILE };
const CANARY = 'canary-9Wm4Tz';
const FILE = 'data/common.eyaml';

/** The plaintexts of a file. */
interface Texts {
  readonly db: string;
  readonly api: string;
  readonly ldap: string;
}
const BASE: Texts = { db: `${CANARY}-db`, api: `${CANARY}-api`, ldap: `${CANARY}-ldap` };
const OURS: Texts = { ...BASE, db: `${CANARY}-new-db` };
const THEIRS: Texts = { ...BASE, ldap: `${CANARY}-new-ldap` };
const BOTH: Texts = { ...OURS, ldap: THEIRS.ldap };

const FILLING = Array.from({ length: 20 }, (_, i) => `text${i}: this is not encrypted\n`).join('');
/** A file with three values; the one of a block is cut every 60 characters. */
const yamlOf = (db: string, api: string, ldap: string) =>
  `---\n# what the database wants\ndb::password: ${db}\n${FILLING}api::token: >\n    ${(api.match(/.{1,60}/g) ?? []).join('\n    ')}\nldap::password: "${ldap}"\n`;
const templateOf = (db: string, api: string, ldap: string) => `<% if x %>\n${yamlOf(db, api, ldap)}<% end: [ %>\n`;

type Form = (db: string, api: string, ldap: string) => string;

/** The three versions of a file; in each, everything is encrypted anew. */
async function versions({ seal }: Secrets, form: Form = yamlOf) {
  const encrypted = async ({ db, api, ldap }: Texts) => form(await seal(db), await seal(api), await seal(ldap));
  return { base: await encrypted(BASE), ours: await encrypted(OURS), theirs: await encrypted(THEIRS) };
}

type Versions = Awaited<ReturnType<typeof versions>>;

/** Makes a branch for each side, and is on `main`, which has `ours`. */
function branch({ git, commit }: Repository, { base, ours, theirs }: Versions): void {
  commit({ [FILE]: base });
  git('checkout', '-qb', 'theirs');
  commit({ [FILE]: theirs }, 'theirs');
  git('checkout', '-q', 'main');
  commit({ [FILE]: ours }, 'ours');
}

/** Every way in which git merges a file: brings `theirs` to where `ours` is. */
const WAYS: Readonly<Record<string, (repository: Repository, versions: Versions) => GitRun>> = {
  merge: (repository, texts) => {
    branch(repository, texts);
    return repository.tryGit(['merge', '-q', '-m', 'x', 'theirs']);
  },
  rebase: (repository, texts) => {
    branch(repository, texts);
    return repository.tryGit(['rebase', '-q', 'theirs']);
  },
  'cherry-pick': (repository, texts) => {
    branch(repository, texts);
    return repository.tryGit(['cherry-pick', 'theirs']);
  },
  revert: ({ commit, tryGit }, { base, ours, theirs }) => {
    commit({ [FILE]: theirs });
    commit({ [FILE]: base });
    commit({ [FILE]: ours });
    return tryGit(['revert', '--no-edit', 'HEAD~1']);
  },
  'stash pop': ({ commit, write, git, tryGit }, { base, ours, theirs }) => {
    commit({ [FILE]: base });
    write(FILE, theirs);
    git('stash');
    commit({ [FILE]: ours });
    return tryGit(['stash', 'pop']);
  },
  'am -3': (repository, texts) => {
    branch(repository, texts);
    writeFileSync(path.join(repository.home, 'patch'), repository.git('format-patch', '--stdout', 'theirs~1..theirs'));
    return repository.tryGit(['am', '-3', path.join(repository.home, 'patch')]);
  },
  'a merge in a linked worktree': (repository, texts) => {
    branch(repository, texts);
    const cwd = path.join(repository.top, '../linked');
    repository.git('checkout', '-q', '--detach');
    repository.git('worktree', 'add', '-q', cwd, 'main');
    const merged = repository.tryGit(['merge', '-q', '-m', 'x', 'theirs'], { cwd });
    repository.git('checkout', '-q', '--ignore-other-worktrees', 'main');
    repository.write(FILE, repository.read(path.join('../linked', FILE)));
    return merged;
  },
};

const pkcs7 = (more: { readonly launcher?: string; readonly config?: readonly string[] } = {}) => {
  const repository = createRepository({ config: CONFIG, ...more });
  return { repository, secrets: createSecrets('PKCS7', OPTIONS, repository.env) };
};
const payloadsIn = (text: string) => Array.from(text.matchAll(/ENC\[[^\]]*\]/g), ([value]) => value.replace(/\s/g, ''));
/** A merge without a conflict: everything that both sides changed is there, and no plaintext anywhere else. */
async function expectMerged(repository: Repository, secrets: Secrets, run: GitRun, texts: Versions, wanted: string) {
  expect(run).toMatchObject({ code: 0 });
  const text = repository.read(FILE);
  expect(await secrets.open(text)).toBe(wanted);
  const known = Object.values(texts).flatMap(payloadsIn);
  expect(payloadsIn(text).filter((payload) => !known.includes(payload))).toEqual([]);
  expect(placesOf(CANARY, repository)).toEqual([]);
}

/** A conflict as git itself shows it. */
function expectConflict(repository: Repository, run: GitRun, texts: Versions, file = FILE) {
  expect(run.code).not.toBe(0);
  const text = repository.read(file);
  expect(text).toMatch(/^<<<<<<< .*^=======\r?$.*^>>>>>>> /ms);
  // A rebase calls the other side ours; and lines that both have are not in the conflict.
  const merged = readConflicts(text);
  const held = [resolved(merged, 'ours'), resolved(merged, 'theirs')].flatMap(payloadsIn);
  expect([texts.ours, texts.theirs].flatMap(payloadsIn).filter((payload) => !held.includes(payload))).toEqual([]);
  expect(placesOf(CANARY, repository)).toEqual([]);
}

describe.skipIf(!hasPeer('git'))('eyaml git merge', () => {
  test.each(Object.entries(WAYS))('%s of two branches that both re-encrypted: no conflict', async (_, bring) => {
    const { repository, secrets } = pkcs7();
    const texts = await versions(secrets);
    const run = bring(repository, texts);
    await expectMerged(repository, secrets, run, texts, yamlOf(BOTH.db, BOTH.api, BOTH.ldap));
  });

  test.each(Object.entries(WAYS))('%s without eyaml: the conflict that git makes', async (way, bring) => {
    const { repository, secrets } = pkcs7({ launcher: 'no-such-eyaml' });
    const texts = await versions(secrets);
    expectConflict(repository, bring(repository, texts), texts, way.includes('worktree') ? `../linked/${FILE}` : FILE);
  });

  // Ruby eyaml says how it is used, and ends with 0.
  test.each(['true', 'false', 'echo usage: eyaml', `sh -c 'exit 130'`, `sh -c 'kill -9 $$'`, 'printf %%s merged-not'])(
    'a program that does not merge, %s: the conflict that git makes',
    async (launcher) => {
      const { repository, secrets } = pkcs7({ launcher });
      const texts = await versions(secrets);
      branch(repository, texts);
      expectConflict(repository, repository.tryGit(['merge', 'theirs']), texts);
    },
  );

  test.each<[string, Form]>([
    ['with CRLF', (...values) => yamlOf(...values).replaceAll('\n', '\r\n')],
    ['that are not YAML', templateOf],
    ['with a byte order mark', (...values) => `\ufeff${yamlOf(...values)}`],
    ['without a line end at the end', (...values) => yamlOf(...values).trimEnd()],
  ])('files %s', async (_, form) => {
    const { repository, secrets } = pkcs7();
    const texts = await versions(secrets, form);
    branch(repository, texts);
    const run = repository.tryGit(['merge', '-q', '-m', 'x', 'theirs']);
    await expectMerged(repository, secrets, run, texts, form(BOTH.db, BOTH.api, BOTH.ldap));
  });

  test('a file that is not UTF-8 keeps its octets', async () => {
    const { repository, secrets } = pkcs7();
    const { tryGit, git, top } = repository;
    const write = (text: string) => {
      repository.write(FILE, '');
      writeFileSync(path.join(top, FILE), Buffer.from(text, 'latin1'));
      git('add', '-A');
      git('commit', '-qm', 'x');
    };
    const texts = await versions(secrets, (...values) => `# caf\u00e9\n${yamlOf(...values)}`);
    write(texts.base);
    git('checkout', '-qb', 'theirs');
    write(texts.theirs);
    git('checkout', '-q', 'main');
    write(texts.ours);
    expect(tryGit(['merge', '-q', '-m', 'x', 'theirs'])).toMatchObject({ code: 0 });
    const merged = readFileSync(path.join(top, FILE)).toString('latin1');
    expect(merged).toContain('# caf\u00e9\n');
    expect(await secrets.open(merged)).toBe(`# caf\u00e9\n${yamlOf(BOTH.db, BOTH.api, BOTH.ldap)}`);
  });

  test('both sides add keys at the end: both are kept, and no key is needed', async () => {
    const { repository, secrets } = pkcs7({ config: [] });
    const { git, commit, read, tryGit } = repository;
    const base = yamlOf(await secrets.seal('1'), await secrets.seal('2'), await secrets.seal('3'));
    const [ours, theirs] = [
      `ours: ${await secrets.seal(CANARY)}\n`,
      `# theirs\ntheirs: ${await secrets.seal(CANARY)}\n`,
    ];
    commit({ [FILE]: base });
    git('checkout', '-qb', 'theirs');
    commit({ [FILE]: base + theirs });
    git('checkout', '-q', 'main');
    commit({ [FILE]: base + ours });
    expect(tryGit(['merge', '-q', '-m', 'x', 'theirs'])).toEqual({ code: 0, output: `Auto-merging ${FILE}\n` });
    expect(read(FILE)).toBe(base + ours + theirs);
  });

  test('the same key added at two places: a conflict, or one of the two if they are equal', async () => {
    const { repository, secrets } = pkcs7();
    const { git, commit, read, tryGit } = repository;
    const base = yamlOf(await secrets.seal('1'), await secrets.seal('2'), await secrets.seal('3'));
    const [head = '', ...tail] = base.split('# what');
    const [one, same, other] = [await secrets.seal(CANARY), await secrets.seal(CANARY), await secrets.seal('other')];
    const bring = (branchName: string, value: string) => {
      git('checkout', '-q', '-B', branchName, 'start');
      commit({ [FILE]: `${base}new: ${value}\n` });
      git('checkout', '-q', '-B', 'main', 'start');
      commit({ [FILE]: `${head}new: ${one}\n# what${tail.join('')}` });
      return tryGit(['merge', '-q', '-m', 'x', branchName]);
    };
    commit({ [FILE]: base });
    git('tag', 'start');
    expect(bring('equal', same).code).toBe(0);
    expect(read(FILE).match(/^new: .*$/gm)).toEqual([`new: ${one}`]);
    expect(bring('different', other).code).toBe(1);
    const conflict = `<<<<<<< ours\nnew: ${one}\n=======\nnew: ${other}\n>>>>>>> theirs\n`;
    expect(read(FILE)).toBe(`${head}${conflict}# what${tail.join('')}`);
    expect(placesOf(CANARY, repository)).toEqual([]);
  });

  test('a conflict keeps ciphertext, also after an abort and with rerere; eyaml edit resolves it', async () => {
    const { repository, secrets } = pkcs7();
    const { git, tryGit, read, env, top } = repository;
    git('config', 'rerere.enabled', 'true');
    const texts = await versions(secrets);
    const theirs = texts.theirs.replace(/^db::password: .*$/m, `db::password: ${await secrets.seal(`${CANARY}-x`)}`);
    branch(repository, { ...texts, theirs });
    const merge = () => tryGit(['merge', 'theirs']);
    expect(merge().output).toContain(`${FILE}: 1 conflict. To resolve: eyaml edit ${FILE}, then git add ${FILE}\n`);
    git('merge', '--abort');
    expect(merge().code).toBe(1);
    const [conflict] = /^<<<<<<< ours\n.*^>>>>>>> theirs\n/ms.exec(read(FILE)) ?? [];
    const line = (text: string) => /^db::password: .*\n/m.exec(text)?.[0] ?? '';
    expect(conflict).toBe(`<<<<<<< ours\n${line(texts.ours)}=======\n${line(theirs)}>>>>>>> theirs\n`);
    expect(placesOf(CANARY, repository)).toEqual([]);

    const editor = `sed -i -e '/^<<<<<<< /,/^=======/d' -e '/^>>>>>>> /d'`;
    const edit = await eyaml(['edit', FILE], { cwd: top, env: { ...env, EDITOR: editor } });
    expect(edit).toMatchObject({ code: 0 });
    expect(await secrets.open(read(FILE))).toBe(yamlOf(`${CANARY}-x`, BOTH.api, BOTH.ldap));
    git('commit', '-qam', 'merged');
    git('reset', '-q', '--hard', 'HEAD~1');
    expect(tryGit(['merge', 'theirs']).output).toContain('using previous resolution');
    expect(await secrets.open(read(FILE))).toBe(yamlOf(`${CANARY}-x`, BOTH.api, BOTH.ldap));
    expect(placesOf(CANARY, repository)).toEqual([]);
  });

  test.each(['merge', 'diff3'])('conflicts are shown as merge.conflictStyle %s says', async (style) => {
    const { repository, secrets } = pkcs7();
    repository.git('config', 'merge.conflictStyle', style);
    const texts = await versions(secrets);
    branch(repository, { ...texts, theirs: texts.theirs.replace(/^db::password: .*$/m, 'db::password: none') });
    expect(repository.tryGit(['merge', 'theirs']).code).toBe(1);
    expect(repository.read(FILE).includes('||||||| base\n')).toBe(style === 'diff3');
  });

  test('without a key: values are compared as they are, and what differs is a conflict', async () => {
    const { repository, secrets } = pkcs7({ config: [] });
    const texts = await versions(secrets);
    branch(repository, texts);
    const run = repository.tryGit(['merge', 'theirs']);
    expect(run.output).toContain('some values cannot be decrypted, so their ciphertexts were compared');
    expectConflict(repository, run, texts);
  });

  test('what both sides re-encrypted is named, with what to do', async () => {
    const { repository, secrets } = pkcs7();
    branch(repository, await versions(secrets));
    expect(repository.tryGit(['merge', '-q', '-m', 'x', 'theirs'])).toEqual({
      code: 0,
      output: `Auto-merging ${FILE}\n${FILE}: both sides re-encrypted 1 value; ours kept. After the merge: eyaml recrypt ${FILE}\n`,
    });
  });
});
