/** What the second thread runs. A module of its own, since a bundle has that in it instead. */
export const RSA_WORKER = new URL('./rsa-worker.js', import.meta.url);
