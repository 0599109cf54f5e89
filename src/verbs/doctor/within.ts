/** The result of work, or what `otherwise` gives or throws when it takes longer than a limit in milliseconds; the work is not ended. */
export async function within<T>(limit: number, work: Promise<T>, otherwise: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limit);
  });
  const done = work.then((result) => ({ result }));
  try {
    const first = await Promise.race([done, tooLong]);
    return first === undefined ? otherwise() : first.result;
  } finally {
    clearTimeout(timer);
  }
}
