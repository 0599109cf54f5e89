import { createProgress, type Progress } from '../progress.js';

/** Shows on a terminal how far the work has come, one bar after the other. */
export function createSteps(quiet: boolean): {
  readonly onStep: (what: string, of: number) => void;
  readonly end: () => void;
} {
  let shown: { readonly what: string; readonly progress: Progress } | undefined;
  const end = () => shown?.progress.end();
  const onStep = (what: string, of: number) => {
    if (shown?.what !== what) {
      end();
      shown = { what, progress: createProgress(of, what, quiet) };
    }
    shown.progress.step(1);
  };
  return { onStep, end };
}
