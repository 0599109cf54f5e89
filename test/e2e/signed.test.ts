import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MANIFEST_FILE } from '../../src/recipients/signed/file.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, copyKey, toolsWithoutGpg } from '../helpers/key-homes.js';
import {
  cloneOf,
  createMember,
  createRepository,
  fingerprintOf,
  forge,
  lines,
  LIST,
  manifestIn,
  repositoryIn,
  type Member,
  type Repository,
} from '../helpers/team.js';

// Alice has GnuPG, Carol only key files.
let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'ann', 'carol'] });
});
afterAll(() => home.remove());

const ALICE = fingerprintOf('alice');
const CAROL = fingerprintOf('carol');

function carolWithoutGpg(): Member {
  const carol = createMember(undefined, { PATH: toolsWithoutGpg(scratchFolder(), ['git', 'sh']) });
  mkdirSync(path.join(carol.homeFolder, '.eyaml/keys'), { recursive: true, mode: 0o700 });
  copyKey('carol', path.join(carol.homeFolder, '.eyaml/keys/carol.asc'));
  return carol;
}

/** A repository with everybody's public keys in it. */
function repositoryWithKeys(...lists: Parameters<typeof createRepository>): Repository {
  const it = createRepository(...lists);
  addPublicKeys(it.cwd, ['alice', 'carol', 'zoe', 'ann']);
  it.commit();
  return it;
}

const set = (member: Member, it: Repository, file = 'production/db.yaml') =>
  member.run(it, ['set', file, 'secret', '--stdin'], { input: 's3cret' });
const sign = (member: Member, it: Repository, ...options: readonly string[]) =>
  member.run(it, ['recipients', 'sign', ...options]);
const verify = (member: Member, it: Repository, ...options: readonly string[]) =>
  member.run(it, ['recipients', 'verify', ...options]);
const GOOD = { code: 0, stderr: '' };

async function signedBy(member: Member, it = repositoryWithKeys()): Promise<Repository> {
  expect(await sign(member, it)).toMatchObject({ code: 0 });
  it.commit();
  return it;
}

describe('signing', () => {
  test('lists all recipients files and rules, for people to read, from any folder', async () => {
    const [it, alice] = [createRepository(), createMember(home)];
    it.write('.eyaml/config.yaml', 'rules:\n  - path: "team*/**"\n    recipients_file: team.recipients\n');
    it.write('team.recipients', lines(['alice']));
    const run = await alice.run({ cwd: path.join(it.cwd, 'production') }, ['recipients', 'sign']);
    expect(run).toMatchObject({ code: 0, stdout: '' });
    expect(run.stderr).toMatch(/^signed .*\.eyaml\/recipients.asc, serial 1/m);
    const root = it.git('rev-list', '--max-parents=0', 'HEAD').trim();
    expect(it.read(MANIFEST_FILE)).toContain(
      [
        ...['-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512', '', 'eyaml recipients manifest 1'],
        ...[`repository ${root}`, 'serial 1', 'threshold 1', `signer ${ALICE} Alice <alice@example.com>`],
        ...[`file ${LIST}`, `  ${ALICE} Alice <alice@example.com>`, `file production/${LIST}`],
        ...[`  ${fingerprintOf('zoe')} Zoë Ünïcode <zoe@example.com>`, `  ${ALICE} Alice <alice@example.com>`],
        ...['file team.recipients', `  ${ALICE} Alice <alice@example.com>`],
        ...['rules .eyaml/config.yaml', '  team*/** team.recipients', '-----BEGIN PGP SIGNATURE-----', ''],
      ].join('\n'),
    );
  });

  test('again changes nothing', async () => {
    const alice = createMember(home);
    const it = await signedBy(alice);
    const before = it.read(MANIFEST_FILE);
    const run = await sign(alice, it);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stderr).toMatch(/^nothing to do: Alice <alice@example.com> has signed/m);
    expect(it.read(MANIFEST_FILE)).toBe(before);
  });

  test('with key files gives the same form, which gpg accepts', async () => {
    const carol = carolWithoutGpg();
    const it = repositoryWithKeys(['carol'], ['carol', 'zoe']);
    expect(await sign(carol, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it)).toMatchObject({ serial: 1, signers: [{ fingerprint: CAROL }] });
    const gpg = spawnSync('gpg', ['--homedir', home.path, '--verify', path.join(it.cwd, MANIFEST_FILE)]);
    expect(gpg.status).toBe(0);
    expect(await verify(createMember(home), it, '--signer', CAROL)).toMatchObject(GOOD);
    expect(await set(carol, it)).toMatchObject({ code: 0 });
  });

  test.each<readonly [string, (it: Repository) => void, RegExp]>([
    [
      'a line whose key nobody knows',
      (it) => it.write(LIST, 'nobody@example.com\n'),
      /\[RECIPIENTS_INVALID\]\n.*nobody/,
    ],
    [
      'a recipients file that cannot be read',
      (it) => {
        it.remove(LIST);
        it.write(`${LIST}/x`, '');
      },
      /\[RECIPIENTS_INVALID\]\n.*it is a folder/,
    ],
    [
      'no recipients file',
      (it) => {
        it.remove(LIST);
        it.remove(`production/${LIST}`);
      },
      /\[RECIPIENTS_MISSING\]/,
    ],
    [
      'no commit',
      (it) => {
        it.remove('.git');
        it.git('init', '-q');
      },
      /root commit of the repository is not known.*\n.*make the first one/,
    ],
  ])('is refused for %s', async (_, prepare, words) => {
    const [it, alice] = [createRepository(), createMember(home)];
    prepare(it);
    const run = await sign(alice, it);
    expect(run.stderr).toMatch(words);
    expect(run.code).toBe(1);
    expect(it.has(MANIFEST_FILE)).toBe(false);
  });

  test.each<readonly [string, readonly string[], number, RegExp]>([
    ['a key that is not mine', ['--signer', CAROL], 1, /no secret key 8DC77C\w+ that can sign now.*\[NO_SECRET_KEY\]/],
    ['a short fingerprint', ['--signer', CAROL.slice(-16)], 2, /full fingerprints/],
    ['an address', ['--signers', 'alice@example.com'], 2, /full fingerprints/],
    [
      'a signer that nobody knows',
      ['--signers', `${ALICE},${'A'.repeat(40)}`],
      1,
      /no key is known for the signer A{40}/,
    ],
    ['signers of whom I am not one', ['--signers', CAROL], 1, /Alice .* is not a signer here/],
    ['a threshold that nobody can reach', ['--threshold', '2'], 2, /needs as many signers/],
  ])('is refused with %s', async (_, options, code, words) => {
    const [it, alice] = [createRepository(), createMember(home)];
    const run = await sign(alice, it, ...options);
    expect(run.stderr).toMatch(words);
    expect(run.code).toBe(code);
    expect(it.has(MANIFEST_FILE)).toBe(false);
  });
});

describe('the work goes on', () => {
  test('somebody joins and leaves: nobody is asked about what is signed', async () => {
    const [alice, other] = [createMember(home), createMember(home)];
    const it = await signedBy(alice);
    expect(await verify(other, it, '--signer', ALICE)).toMatchObject(GOOD);
    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    expect((await set(other, it)).stderr).toMatch(/Ann .* is not signed/);
    const signed = await sign(alice, it);
    expect(signed.stderr).toMatch(/compared with the manifest before:\n.*names E756\w+ Ann <ann@example.com>/);
    expect(manifestIn(it).serial).toBe(2);
    it.commit();
    for (const member of [alice, other]) {
      const run = await set(member, it);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stderr).not.toMatch(/new|RECIPIENTS_ADDED/);
    }
    it.write(`production/${LIST}`, lines(['alice', 'ann']));
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    for (const member of [other, alice]) expect(await set(member, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).serial).toBe(3);
  });

  test('an old manifest that is put back is refused, with its list and in every clone', async () => {
    const alice = createMember(home);
    const it = repositoryWithKeys(['alice'], ['alice', 'zoe', 'ann']);
    await signedBy(alice, it);
    it.write(`production/${LIST}`, lines(['alice', 'zoe']));
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    it.commit();
    const clone = cloneOf(it);
    for (const one of [it, clone]) {
      one.git('checkout', '-q', 'HEAD~1', '--', MANIFEST_FILE, `production/${LIST}`);
      expect(manifestIn(one).serial).toBe(1);
      for (const run of [await set(alice, one), await verify(alice, one)]) {
        expect(run.stderr).toMatch(/is older than the one that was accepted here: serial 1, after 2/);
        expect(run.code).toBe(1);
      }
    }
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).serial).toBe(3);
  });

  test('another manifest of the same serial is refused, and one that follows both is good', async () => {
    const alice = createMember(home);
    const it = await signedBy(alice);
    await forge(it, home, [ALICE], (old) => ({ ...old, files: old.files.slice(0, 1) }));
    for (const run of [await set(alice, it), await verify(alice, it)])
      expect(run.stderr).toMatch(/has the same serial, 1, as the one that was accepted here, and says something else/);
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).serial).toBe(2);
    expect(await set(alice, it)).toMatchObject({ code: 0 });
  });

  test('after a merge conflict, whoever resolves it signs again', async () => {
    const alice = createMember(home);
    const it = await signedBy(alice);
    it.git('checkout', '-q', '-b', 'other');
    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    it.commit();
    it.git('checkout', '-q', 'main');
    await forge(it, home, [ALICE], (old) => ({ ...old, serial: 7 }));
    it.commit();
    expect(() => it.git('merge', '-q', 'other')).toThrow();
    expect(it.read(MANIFEST_FILE)).toMatch(/^<<<<<<</m);
    for (const run of [await set(alice, it), await verify(alice, it)]) {
      expect(run.stderr).toMatch(/it has conflict markers .*\n.*eyaml recipients sign/);
      expect(run.code).toBe(1);
    }
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).serial).toBe(8);
    expect(await verify(alice, it)).toMatchObject(GOOD);
  });

  test('in clones, in a renamed folder, after rebase and squash', async () => {
    const alice = createMember(home);
    const it = await signedBy(alice);
    const clone = cloneOf(it);
    expect(await set(alice, clone)).toMatchObject({ code: 0 });
    expect(await verify(alice, clone)).toMatchObject(GOOD);
    const moved = repositoryIn(`${clone.cwd}-moved`);
    renameSync(clone.cwd, moved.cwd);
    expect(await set(alice, moved)).toMatchObject({ code: 0 });
    moved.write(`production/${LIST}`, lines(['alice']));
    expect((await set(alice, moved)).stderr).toMatch(/\[RECIPIENTS_UNSIGNED\]/);
    expect(await sign(alice, moved)).toMatchObject({ code: 0 });
    moved.commit();
    const root = moved.git('rev-list', '--max-parents=0', 'HEAD').trim();
    moved.git('reset', '-q', '--soft', root);
    moved.commit();
    expect(await verify(alice, moved)).toMatchObject(GOOD);
    expect(await set(alice, moved)).toMatchObject({ code: 0 });
  });

  test('without git, under a name that is made by chance', async () => {
    const alice = createMember(home);
    const it = repositoryIn(scratchFolder());
    it.write(LIST, lines(['alice', 'zoe']));
    it.write('production/db.yaml', '---\na: 1\n');
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).repository).toMatch(/^[0-9a-f]{32}$/);
    expect(await verify(alice, it)).toMatchObject(GOOD);
    expect(await set(alice, it)).toMatchObject({ code: 0 });
    it.write(`production/${LIST}`, lines(['alice', 'ann']));
    expect((await set(alice, it)).stderr).toMatch(/signed is hiera-eyaml-gpg.recipients/);
    it.git('init', '-q');
    expect((await set(alice, it)).stderr).toMatch(/signed is hiera-eyaml-gpg.recipients/);
    it.remove('.git');
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(await set(alice, it)).toMatchObject({ code: 0 });
  });
});

describe('several signers', () => {
  const both = ['--signers', `${ALICE},${CAROL}`, '--threshold', '2'];

  test('a manifest counts when enough of them have signed, with GnuPG and with key files', async () => {
    const [alice, carol] = [createMember(home), carolWithoutGpg()];
    const it = repositoryWithKeys();
    const first = await sign(alice, it, ...both);
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(
      /not complete: .* needs 2 signatures of .*, and has 1\n.*no signature of 8DC77C\w+ was found/,
    );
    expect((await verify(alice, it, '--signer', ALICE)).code).toBe(1);
    const blind = await sign(carol, it);
    expect(blind.stderr).toMatch(/no signer was accepted here yet/);
    expect(blind.code).toBe(1);
    const one = await sign(carol, it, '--signers', `${ALICE},${CAROL}`);
    expect(one.stderr).toMatch(/its threshold is 2/);
    expect(one.code).toBe(1);
    expect(await sign(carol, it, ...both)).toMatchObject({ code: 0 });
    expect(await verify(alice, it, '--signer', ALICE)).toMatchObject(GOOD);
    for (const member of [alice, carol]) expect(await verify(member, it)).toMatchObject(GOOD);

    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    expect((await sign(carol, it)).stderr).toMatch(/not complete: .* and has 1/);
    for (const member of [alice, carol]) expect((await set(member, it)).stderr).toMatch(/needs 2 signatures/);
    const second = await sign(alice, it);
    expect(second.stderr).not.toMatch(/not complete/);
    expect(manifestIn(it).serial).toBe(2);
    for (const member of [alice, carol]) expect(await set(member, it)).toMatchObject({ code: 0 });
  });

  test('who signs is changed by those who signed before, and those who sign from then on', async () => {
    const [alice, carol, other] = [createMember(home), carolWithoutGpg(), createMember(home)];
    const it = await signedBy(alice);
    for (const member of [carol, other]) expect(await verify(member, it, '--signer', ALICE)).toMatchObject(GOOD);
    const refused = await sign(carol, it, '--signers', CAROL);
    expect(refused.stderr).toMatch(
      /not complete: .* needs 1 signature of the signers that were accepted here, and has 0/,
    );
    expect((await set(other, it)).stderr).toMatch(/needs 1 signature of the signers that were accepted here/);
    expect((await verify(carol, it)).code).toBe(1);
    expect(await sign(alice, it)).toMatchObject({ code: 0 });
    expect(manifestIn(it).signers.map(({ fingerprint }) => fingerprint)).toEqual([ALICE]);
    expect((await sign(alice, it, '--signers', CAROL)).stderr).toMatch(/not complete: .* of the signers that it names/);
    const unseen = await sign(carol, it);
    expect(unseen.stderr).toMatch(/says something else than what you sign .*\n {2}it names the signer 8DC77C\w+ Carol/);
    expect(unseen.code).toBe(1);
    expect(await sign(carol, it, '--signers', CAROL)).toMatchObject({ code: 0 });
    for (const member of [alice, carol, other]) expect(await verify(member, it)).toMatchObject(GOOD);
    it.write(LIST, lines(['alice', 'ann']));
    expect((await sign(alice, it)).stderr).toMatch(/Alice .* is not a signer here/);
    expect(await sign(carol, it)).toMatchObject({ code: 0 });
    expect(await set(other, it, 'common.yaml')).toMatchObject({ code: 0 });
  });
});

describe('verifying', () => {
  test('in CI needs nothing but the public keys and a fingerprint', async () => {
    const it = await signedBy(createMember(home));
    const clone = cloneOf(it);
    const ci = () => createMember(undefined, { PATH: toolsWithoutGpg(scratchFolder(), ['git']) });
    expect(await verify(ci(), clone, '--signer', ALICE)).toMatchObject(GOOD);
    const json = await verify(ci(), clone, '--signer', ALICE, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      good: true,
      serial: 1,
      signers: [{ fingerprint: ALICE, signed: true }],
    });
    expect(await verify(ci(), clone, '--signer', CAROL)).toMatchObject({ code: 1 });
    expect(await verify(ci(), clone)).toMatchObject({ code: 1 });
    expect((await verify(ci(), clone)).stderr).toMatch(
      /no signer was accepted here yet .*\n.*verify --signer FINGERPRINT/,
    );
    expect(await verify(ci(), clone, '--signer', 'alice@example.com')).toMatchObject({ code: 2 });
    expect(await verify(ci(), clone, '--signer', ALICE, '--threshold', '2')).toMatchObject({ code: 2 });
    for (const signers of [`${ALICE},${CAROL}`, `${ALICE},${ALICE}`])
      expect(await verify(ci(), clone, '--signer', signers, '--threshold', '2')).toMatchObject({ code: 1 });
    expect(await verify(ci(), clone, '--signer', `${ALICE},${CAROL}`)).toMatchObject({ code: 0 });
    clone.write(LIST, lines(['alice', 'ann']));
    const changed = await verify(ci(), clone, '--signer', ALICE, '--json');
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.stdout)).toMatchObject({
      good: false,
      problems: [{ place: LIST, message: `names ${fingerprintOf('ann')} Ann <ann@example.com>, which is not signed` }],
    });
  });

  test('says in a shallow clone what it cannot compare', async () => {
    const it = await signedBy(createMember(home));
    it.write('x.yaml', '---\n');
    it.commit();
    const run = await verify(createMember(home), cloneOf(it, '--depth', '1'), '--signer', ALICE);
    expect(run).toMatchObject(GOOD);
    expect(run.stdout).toMatch(/warning: the root commit is not known here/);
  });

  test('refuses the manifest of another repository of the same people', async () => {
    const alice = createMember(home);
    const [it, other] = [await signedBy(alice), repositoryWithKeys()];
    other.write('README', 'another root commit\n');
    other.commit();
    other.git('checkout', '-q', '--orphan', 'new');
    other.commit();
    other.write(MANIFEST_FILE, it.read(MANIFEST_FILE));
    const run = await verify(createMember(home), other, '--signer', ALICE);
    expect(run.stderr).toMatch(/is signed for another repository/);
    expect(run.code).toBe(1);
    expect(await sign(alice, other)).toMatchObject({ code: 1 });
  });

  test('has no effect, and is needed by nobody, where no manifest was accepted', async () => {
    const it = await signedBy(createMember(home));
    const stranger = createMember(home);
    it.write(`production/${LIST}`, lines(['alice']));
    expect(await set(stranger, it)).toMatchObject({ code: 0 });
  });
});

describe('signers in the user’s own configuration', () => {
  const configured = (member: Member, text: string) =>
    repositoryIn(member.homeFolder).write('.eyaml/config.yaml', text);

  test('must have signed, from the first use on', async () => {
    const it = repositoryWithKeys();
    const user = createMember(home);
    configured(user, `recipients_signers: [${ALICE}]\n`);
    expect((await set(user, it)).stderr).toMatch(
      /the recipients are not signed: there is no .*\[RECIPIENTS_UNSIGNED\]/,
    );
    const edit = await user.run(it, ['edit', 'production/db.yaml'], { env: { EDITOR: 'sh -c "touch opened"' } });
    expect(edit.stderr).toMatch(/\[RECIPIENTS_UNSIGNED\]/);
    expect(it.has('opened')).toBe(false);
    await signedBy(createMember(home), it);
    expect(await set(user, it)).toMatchObject({ code: 0 });
    expect(await verify(user, it)).toMatchObject(GOOD);
    configured(user, `recipients_signers: ${CAROL}\n`);
    expect((await set(user, it)).stderr).toMatch(/needs 1 signature of the signers in your configuration, and has 0/);
  });

  test('must be full fingerprints', async () => {
    const user = createMember(home);
    configured(user, 'recipients_signers: alice@example.com\n');
    expect((await set(user, repositoryWithKeys())).stderr).toMatch(
      /recipients_signers must be full fingerprints .*\[CONFIG_INVALID\]/,
    );
  });

  test('are not named by a repository', async () => {
    const it = repositoryWithKeys();
    it.write('.eyaml/config.yaml', `recipients_signers: ${CAROL}\n`);
    const run = await set(createMember(home), it);
    expect(run.stderr).toMatch(/sets recipients_signers, which is ignored: only your own configuration may set it/);
    expect(run.code).toBe(0);
  });
});
