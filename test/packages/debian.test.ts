import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMakeDebian, makeDebian, type Debian, type Said } from '../helpers/debian.js';
import { packageFile, ROOT, version } from '../helpers/packages.js';

const VALUE = '"$(eyaml encrypt -o string -s hello "$@")"';

describe.runIf(canMakeDebian())('the Debian package, in a Debian without Node.js', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eyaml-debian-'));
  const root = path.join(folder, 'debian');
  let debian: Debian;
  let before: readonly string[];

  const asUser = (script: string) => unlessFailed(debian.asUser(script));
  const asRoot = (script: string) => unlessFailed(debian.asRoot(script));

  /** What lies on its disk, but for people's homes and the notes of dpkg and apt. */
  function files(): readonly string[] {
    const notes = /^\/(?:home|var\/log|var\/lib\/apt|var\/cache\/(?:apt|debconf))\/|^\/var\/lib\/dpkg\/[^/]+$/;
    const places = asRoot('find / -xdev').trim().split('\n');
    return places.filter((place) => !notes.test(place)).sort();
  }

  function install(...others: readonly string[]): void {
    copyFileSync(packageFile('deb'), path.join(root, 'root/eyaml.deb'));
    asRoot(`apt-get install --yes --no-install-recommends /root/eyaml.deb ${others.join(' ')}; rm /root/eyaml.deb`);
  }

  beforeAll(async () => {
    debian = await makeDebian(root);
    before = files();
    install();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('the command runs', () => {
    expect(asUser('for program in node gpg git; do command -v $program || :; done')).toBe('');
    expect(asUser('eyaml version')).toMatch(new RegExp(`^hiera-eyaml-gpg ${version} `));
    expect(asUser('eyaml version --verbose')).toContain('installed as: Debian package');
    expect(asUser('eyaml help')).toContain('createkeys');
    expect(debian.asUser('eyaml encrypt --no-such-option')).toMatchObject({ code: 2 });
  });

  test('its keys encrypt, decrypt and edit', () => {
    asUser(
      "eyaml createkeys -n gpg --gpg-user-id 'Ann <ann@example.com>' --no-passphrase && eyaml createkeys -n pkcs7",
    );
    asUser('eyaml init --all-keys && printf secret | eyaml set common.eyaml db::password --stdin');
    asUser(`export EDITOR='sed -i s/secret/changed/' && eyaml edit common.eyaml`);
    expect(asUser('eyaml get common.eyaml db::password')).toBe('changed');
    for (const method of ['gpg', 'pkcs7'])
      expect(asUser(`set -- -n ${method}; eyaml decrypt -s ${VALUE}`), method).toBe('hello');
    expect(asUser('eyaml check .')).toContain('no problems found');
  });

  test('the manual page and the completions are where programs look for them', () => {
    expect(asUser('zcat /usr/share/man/man1/eyaml.1.gz')).toBe(readFileSync(`${ROOT}/man/eyaml.1`, 'utf8'));
    const places = {
      bash: 'bash-completion/completions/eyaml',
      zsh: 'zsh/vendor-completions/_eyaml',
      fish: 'fish/vendor_completions.d/eyaml.fish',
    };
    for (const [shell, place] of Object.entries(places))
      expect(asUser(`eyaml completion ${shell}`), shell).toBe(readFileSync(`${root}/usr/share/${place}`, 'utf8'));
    expect(asUser(`bash -c '. /usr/share/bash-completion/completions/eyaml; complete -p eyaml'`)).toContain('_eyaml');
  });

  test('apt removes it before it installs hiera-eyaml, which has the same command', () => {
    expect(asRoot('apt-get install --simulate hiera-eyaml')).toMatch(/^Remv eyaml /m);
    expect(debian.asRoot('apt-get install --simulate hiera-eyaml eyaml').stderr).toMatch(
      /eyaml.* Conflicts:? hiera-eyaml/,
    );
  });

  test('nothing of it is left when it is purged', () => {
    expect(files()).toContain('/usr/bin/eyaml');
    asRoot('apt-get purge --yes eyaml');
    expect(files()).toEqual(before);
  });

  test('with GnuPG, its keys and its agent are used', () => {
    install('gnupg', 'gpg-agent');
    asUser("gpg --batch --quiet --passphrase '' --quick-generate-key 'Bob <bob@example.com>' default default never");
    const bob = 'set -- -n gpg --gpg-trust wot --gpg-recipients bob@example.com';
    expect(asUser(`mkdir bob && cd bob; ${bob}; eyaml decrypt -s ${VALUE}; gpgconf --kill all`)).toBe('hello');
  });
});

function unlessFailed({ code, stdout, stderr }: Said): string {
  expect(code, stderr).toBe(0);
  return stdout;
}
