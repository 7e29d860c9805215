// The command that goes on with a work that was stopped, as a line to be pasted into a shell.

/** `options` are the command's own, by the names of its flags in camel case; those left out or false are not said. */
export function howToGoOn(command: string, options: object): string {
  const flags = Object.entries({ ...options, resume: true }).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name} ${quoted(String(value))}`];
  });
  return `Stopped and saved. Go on with: npx ganymede ${command} ${flags.join(' ')}`;
}

/** As a shell reads it back: words of plain characters as they are, all else in single quotes. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
