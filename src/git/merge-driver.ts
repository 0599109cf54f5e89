/**
 * The line for git's setting `merge.eyaml.driver`. The word on standard output decides, not the exit code: whatever does not say that it
 * has merged (no `eyaml` on PATH, Ruby eyaml, which ends with 0 for a command that it does not know, a crash, a kill) has not, and
 * then git merges the text. Git itself would take the file as it is for the result, and the other side would be lost.
 *
 * @param launcher - how a shell starts eyaml: a word, or a path in quotes.
 */
export function mergeDriver(launcher = 'eyaml'): string {
  const textMerge = 'git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B || exit 1';
  return `case $(${launcher} git merge -- %O %A %B %P %L) in merged) ;; conflict) exit 1 ;; *) ${textMerge} ;; esac`;
}
