// The options --set and --override: settings of a recipe, by path. May be given many times; each value is JSON, or a
// word.
import { InvalidArgumentError, Option } from 'commander';

export function overrides(): Option {
  const option = new Option(
    '--set <path=value>',
    'replace a setting of the recipe, as in batch=32 or augment.mirror=true',
  );
  return option.argParser(setting);
}

/** The same of a run that goes on. */
export function changes(): Option {
  const option = new Option(
    '--override <path=value>',
    'with --resume: go on with another batch, learning rate, number of epochs or interval, as in batch=64',
  );
  return option.argParser(setting);
}

function setting(text: string, others: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
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
