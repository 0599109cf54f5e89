/** One thing that is written or taken away. */
export interface GitChange {
  /** A file, or the command that sets something. */
  readonly place: string;
  /** What is added there, or removed. */
  readonly lines: readonly string[];
  readonly apply: () => Promise<unknown>;
}

/** What an install or uninstall does, and what a person has to do. */
export interface GitPlan {
  readonly changes: readonly GitChange[];
  readonly notes: readonly string[];
}

/** Several plans as one. */
export function joinPlans(plans: readonly GitPlan[]): GitPlan {
  return { changes: plans.flatMap(({ changes }) => changes), notes: plans.flatMap(({ notes }) => notes) };
}
