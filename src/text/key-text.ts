/** Whether a string given as a path is a key (armor, PEM or base64 of these): it must not be repeated or written to. */
export function isKeyText(text: string): boolean {
  return /[\r\n]|-----BEGIN|LS0tLS1CRUdJTi/.test(text);
}

/** How a message names the environment variable that an option names: without its name where that may be the key itself. */
export function variableText(name: string, option: string): string {
  const isName = /^[A-Za-z_]\w{0,63}$/.test(name) && !isKeyText(name);
  return isName ? `the environment variable ${name} (--${option})` : `the environment variable that --${option} names`;
}
