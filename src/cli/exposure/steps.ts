import type { OnStep } from '../../verbs/exposure/walk.js';
import { createProgress, type Progress } from '../progress.js';

/** Shows how far the work has come, one bar after the other. */
export function createSteps(quiet: boolean): { readonly onStep: OnStep; readonly end: () => void } {
  let shown: { readonly what: string; readonly progress: Progress } | undefined;
  const end = () => shown?.progress.end();
  const onStep: OnStep = (what, of) => {
    if (shown?.what !== what) {
      end();
      shown = { what, progress: createProgress(of, what, quiet) };
    }
    shown.progress.step(1);
  };
  return { onStep, end };
}
