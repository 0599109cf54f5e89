import type { Git } from '../../git/git.js';

/** What a report was made of. */
export interface About {
  readonly made: Date;
  /** The commit that is checked out, if there is one. */
  readonly head: string | undefined;
  /** Which history and which files were read. */
  readonly scope: string;
  /** What makes the report incomplete. */
  readonly gaps: readonly string[];
}

/** What was asked for, from the top folder. */
export interface Asked {
  readonly git: Git | undefined;
  readonly revisions: readonly string[] | undefined;
  readonly since: string | undefined;
  readonly paths: readonly string[];
}

/** Says what a report is made of, now. */
export async function aboutReport(asked: Asked, gaps: readonly string[]): Promise<About> {
  const answer = await asked.git?.ask('rev-parse', '--quiet', '--verify', 'HEAD^{commit}');
  const head = answer?.code === 0 ? answer.output.toString().trim() : undefined;
  return { made: new Date(), head, scope: scopeOf(asked), gaps };
}

function scopeOf({ git, revisions, since, paths }: Asked): string {
  const history = revisions === undefined ? 'all branches and tags' : revisions.join(', ');
  const named = paths.filter(Boolean);
  return [
    git ? `${history}, and the files on disk` : 'the files on disk',
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(named.length === 0 ? [] : [`only ${named.join(', ')}`]),
  ].join('; ');
}
