import { describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { hasPeer } from '../helpers/peers.js';
import { CERTIFICATE_FILE, PRIVATE_KEY_FILE } from '../helpers/pkcs7.js';
import { createRepository, createSecrets } from '../helpers/merge-repository.js';

const CONFIG = [`pkcs7_private_key: ${PRIVATE_KEY_FILE}`, `pkcs7_public_key: ${CERTIFICATE_FILE}`];
const OPTIONS = { 'pkcs7-private-key': PRIVATE_KEY_FILE, 'pkcs7-public-key': CERTIFICATE_FILE };
// Git joins conflicts that are close to each other.
const LINES = 'one: 1\ntwo: 2\nthree: 3\nfour: 4\n';
const block = (value: string) => `>\n    ${(value.match(/.{1,60}/g) ?? []).join('\n    ')}`;
const payloadsIn = (text: string) => Array.from(text.matchAll(/ENC\[[^\]]*\]/g), ([value]) => value.replace(/\s/g, ''));

/** A file with the conflict that git makes of two branches that changed both values, without any merge driver. */
async function conflicted() {
  const repository = createRepository({ config: CONFIG, launcher: 'false' });
  const { seal, open } = createSecrets('PKCS7', OPTIONS, repository.env);
  const { git, commit, tryGit, top, env, read } = repository;
  const fileOf = async (text: string) =>
    `---\nfirst: ${block(await seal(`first-${text}`))}\nbetween: 1\n${LINES}last: ${await seal(`last-${text}`)}\n`;
  commit({ 'a.eyaml': await fileOf('base') });
  git('checkout', '-qb', 'theirs');
  commit({ 'a.eyaml': await fileOf('theirs') });
  git('checkout', '-q', 'main');
  commit({ 'a.eyaml': await fileOf('ours') });
  expect(tryGit(['merge', 'theirs']).code).toBe(1);
  const edit = (editor: string) =>
    eyaml(['edit', '--no-preamble', 'a.eyaml'], {
      cwd: top,
      env: { ...env, EDITOR: `sh -c 'cp "$1" ${top}/seen; ${editor}' x` },
    });
  return { edit, read, open, git };
}
const OURS = `sed -i -e "/^<<<<<<< /d" -e "/^=======/,/^>>>>>>> /d" "$1"`;

describe.skipIf(!hasPeer('git'))('eyaml edit of a file with merge conflicts', () => {
  test('shows both sides in the clear, although git cut through the values', async () => {
    const { edit, read, open } = await conflicted();
    expect(read('a.eyaml')).toMatch(/^first: >\n {4}ENC.*\n(?: {4}.*\n)*<<<<<<< /m);
    const run = await edit(OURS);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain('a.eyaml has 2 merge conflicts: ');
    expect(run.stderr).not.toContain('warning');
    const seen = read('seen').replace(/\(\d+\)/g, '(n)');
    expect(seen).toContain(`first: >
<<<<<<< ours
    DEC(n)::PKCS7[first-ours]!
=======
    DEC(n)::PKCS7[first-theirs]!
>>>>>>> theirs
between: 1
`);
    expect(await open(read('a.eyaml'))).toBe(`---\nfirst: >\n    first-ours\nbetween: 1\n${LINES}last: last-ours\n`);
  });

  test('saves a file in which some are left, says so, and keeps the values in them', async () => {
    const { edit, read } = await conflicted();
    const before = read('a.eyaml');
    const run = await edit(
      `sed -i -e "1,/^>>>>>>> /{/^<<<<<<< /d;/^=======/,/^>>>>>>> /d}" -e "s/^between: 1/between: 2/" "$1"`,
    );
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toContain('warning: a.eyaml still has 1 merge conflict\n');
    const text = read('a.eyaml');
    expect(text).toContain('between: 2\n');
    const left = (from: string) => /^<<<<<<< .*?^>>>>>>> .*?\n/ms.exec(from.slice(from.indexOf(LINES)))?.[0];
    expect(left(text)).toBe(left(before));
    expect(payloadsIn(left(text) ?? '')).toHaveLength(2);
  });

  test('a new value in a conflict that is left is encrypted', async () => {
    const { edit, read } = await conflicted();
    expect((await edit(`sed -i -e "s/last-ours/last-mine/" "$1"`)).code).toBe(0);
    expect(read('a.eyaml')).not.toContain('last-mine');
    expect(read('a.eyaml')).toMatch(/^<<<<<<< /m);
  });

  test('what is left must be YAML when no conflict is', async () => {
    const { edit, read } = await conflicted();
    const before = read('a.eyaml');
    const run = await edit(`${OURS}; echo "x: [" >> "$1"`);
    expect(run).toMatchObject({ code: 1 });
    expect(run.stderr).toContain('the file would no longer be valid YAML');
    expect(read('a.eyaml')).toBe(before);
  });

  test('get and set say how to resolve them', async () => {
    const { git, read } = await conflicted();
    const cwd = git('rev-parse', '--show-toplevel').trim();
    const before = read('a.eyaml');
    for (const args of [
      ['get', 'a.eyaml', 'between'],
      ['set', 'a.eyaml', 'between', '--value', 'x'],
    ]) {
      expect(await eyaml(args, { cwd })).toMatchObject({
        code: 1,
        stderr:
          'error: a.eyaml has a merge conflict [YAML_INVALID]\nhint: resolve it first: eyaml edit a.eyaml, then git add a.eyaml\n',
      });
    }
    expect(read('a.eyaml')).toBe(before);
  });

  test('check names each conflict', async () => {
    const { git } = await conflicted();
    const run = await eyaml(['check', 'a.eyaml', '--format', 'json'], {
      cwd: git('rev-parse', '--show-toplevel').trim(),
    });
    const { findings } = JSON.parse(run.stdout) as { findings: { rule: string; line: number }[] };
    expect(findings.filter(({ rule }) => /conflict-marker|invalid-yaml/.test(rule))).toMatchObject([
      { rule: 'conflict-marker' },
      { rule: 'conflict-marker' },
    ]);
  });
});
