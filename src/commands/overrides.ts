// The option --set: settings of a recipe, by path. May be given many times; each value is JSON, or a word.
import { InvalidArgumentError, Option } from 'commander';

export function overrides(): Option {
  const option = new Option(
    '--set <path=value>',
    'replace a setting of the recipe, as in batch=32 or augment.mirror=true',
  );
  return option.argParser(override);
}

function override(text: string, others: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected a setting and its value, as in batch=32.');
  return { ...others, [text.slice(0, at)]: settingOf(text.slice(at + 1)) };
}

function settingOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a word such as a name needs no quotes
  }
}
