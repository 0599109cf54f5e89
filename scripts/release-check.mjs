// Whether the repository is ready for a release: prints what must still be filled in or changed, a line each, and exits with 1.
// usage: node scripts/release-check.mjs TAG
import { readdirSync, readFileSync } from 'node:fs';

const read = (file) => readFileSync(file, 'utf8');
const filesIn = (folder) => readdirSync(folder).map((name) => `${folder}/${name}`);
const { version, repository } = JSON.parse(read('package.json'));
const [, , tag] = process.argv;

/** The lines of files that hold something, as `FILE:LINE: what to do`. */
function linesWith(files, pattern, what) {
  return files.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${what}`] : [])),
  );
}

const PAGES = ['README.md', 'docs/install.md', 'docs/check.md', 'docs/puppet-server.md'];
const toDo = [
  ...(tag === `v${version}` ? [] : [`package.json: the version is ${version}, which the tag does not say`]),
  ...(read('CHANGELOG.md').includes(`\n## ${version}\n`) ? [] : [`CHANGELOG.md: give ${version} a heading`]),
  ...(repository ? [] : ['package.json: name the repository; npm compares it with where the package is built']),
  ...linesWith(filesIn('docs/pipelines'), /packages\.example\.com/, `name the version, ${version}`),
  ...linesWith(['Containerfile'], /^ARG BASE=(?!.*@sha256:[\da-f]{64}$)/, 'name the base by its digest, @sha256:…'),
  ...linesWith(filesIn('.github/workflows'), /\buses: (?!.*@[\da-f]{40} # v\d)/, 'name the action by its commit'),
  ...linesWith(PAGES, /no release yet|not on npm yet/, 'say how it is installed from the release'),
];
for (const line of toDo) console.error(line);
process.exitCode = toDo.length > 0 ? 1 : 0;
