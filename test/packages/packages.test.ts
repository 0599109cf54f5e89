import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { packageFile, version } from '../helpers/packages.js';
import { hasPeer } from '../helpers/peers.js';

const output = (program: string, ...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' });

describe.runIf(hasPeer('dpkg-deb'))('the Debian package', () => {
  const field = (name: string) => output('dpkg-deb', '--field', packageFile('deb'), name).trim();

  test.runIf(hasPeer('lintian'))('has nothing that lintian reports', { timeout: 300_000 }, () => {
    const all = ['--display-info', '--pedantic', '--fail-on', 'error,warning,info,pedantic'];
    // How Node.js spells its messages is overridden, and takes half of the time.
    const without = ['--dont-check-part', 'binaries/spelling'];
    const args = ['--no-cfg', '--allow-root', ...all, ...without, packageFile('deb')];
    expect(spawnSync('lintian', args, { encoding: 'utf8' })).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  test('states what it needs, and what it cannot be beside', () => {
    expect(field('Version')).toBe(version);
    expect(field('Depends')).toMatch(/^libc6 \(>= 2\.\d+\), libgcc-s1 \(>= 3\.\d\), libstdc\+\+6 \(>= \d+\.\d\)$/);
    expect(field('Recommends')).toBe('git, gnupg');
    expect(field('Conflicts')).toBe('hiera-eyaml');
  });

  test('belongs to root, and only root may change it', () => {
    const lines = output('dpkg-deb', '--contents', packageFile('deb')).trim().split('\n');
    expect(lines.filter((line) => !/^(?:drwxr-xr-x|-rw-r--r--) root\/root /.test(line))).toEqual([
      expect.stringMatching(/^-rwxr-xr-x root\/root .* \.\/usr\/bin\/eyaml$/),
    ]);
  });

  test('holds the licences of all that is in it', () => {
    const script = 'dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/share/doc/eyaml/copyright';
    const copyright = output('sh', '-c', script, 'sh', packageFile('deb'));
    const files = copyright.split('\n').flatMap((line) => /^(?:Files:)? (\S*\*)$/.exec(line)?.[1] ?? []);
    expect(files).toEqual(expect.arrayContaining(['*', 'node/*', 'openpgp/*', '@inquirer/core/*', 'yaml/*']));
    expect(copyright).toContain('/usr/share/common-licenses/LGPL-3\n');
  });
});

describe.runIf(hasPeer('rpmbuild'))('the rpm', () => {
  const query = (...what: readonly string[]) =>
    output('rpm', '-qp', ...what, packageFile('rpm'))
      .trim()
      .split('\n');

  test('is whole, and holds the files of the Debian package in the places of its family', () => {
    expect(output('rpm', '-K', packageFile('rpm'))).toMatch(/: digests OK$/m);
    expect(query('--list')).toEqual(
      expect.arrayContaining([
        '/usr/bin/eyaml',
        '/usr/share/bash-completion/completions/eyaml',
        '/usr/share/fish/vendor_completions.d/eyaml.fish',
        '/usr/share/licenses/eyaml/NOTICE',
        '/usr/share/man/man1/eyaml.1.gz',
        '/usr/share/zsh/site-functions/_eyaml',
      ]),
    );
  });

  test('needs what the Debian package needs', () => {
    const versions = query('--requires').flatMap((line) => /\(GLIBC_([\d.]+)\)/.exec(line)?.[1] ?? []);
    const newest = versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? '';
    expect(output('dpkg-deb', '--field', packageFile('deb'), 'Depends')).toContain(`libc6 (>= ${newest})`);
  });

  test('holds a command that runs', () => {
    const tree = scratchFolder();
    const script = 'rpm2cpio "$1" | cpio --extract --quiet --make-directories --directory="$2"';
    execFileSync('sh', ['-c', script, 'sh', packageFile('rpm'), tree]);
    const said = execFileSync(`${tree}/usr/bin/eyaml`, ['version'], { env: cleanEnvironment({ PATH: '' }) });
    expect(said.toString()).toMatch(new RegExp(`^hiera-eyaml-gpg ${version} `));
  });
});
