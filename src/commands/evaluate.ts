// `ganymede evaluate`: one protocol, or all that apply, on one checkpoint; results in the manifest and on the terminal.
import { GanymedeError } from '../errors.js';
import { type EvaluateOptions, type Evaluation, evaluate } from '../evaluation/evaluate.js';
import { PROTOCOL_NAMES, PROTOCOLS, type ProtocolName } from '../evaluation/protocols.js';
import type { CommandContext } from './train.js';

export interface EvaluateCommandOptions extends Omit<EvaluateOptions, 'protocol' | 'onResult' | 'onSkipped'> {
  /** `parzen` without it. */
  readonly protocol?: string;
}

export function evaluateCommand(options: EvaluateCommandOptions, { print }: CommandContext): Promise<Evaluation[]> {
  return evaluate({
    ...options,
    protocol: protocolOf(options.protocol ?? 'parzen'),
    onResult: ({ protocol, figures, dataset }) => {
      const note = dataset['note'] === undefined ? '' : ` ${dataset['note']}`;
      print(`${protocol}: ${PROTOCOLS[protocol as ProtocolName].describe(figures)}${note}`);
    },
    onSkipped: (protocol, reason) => print(`${protocol}: left out, because ${reason}`),
  });
}

function protocolOf(name: string): ProtocolName | 'all' {
  const found = [...PROTOCOL_NAMES, 'all' as const].find((known) => known === name);
  if (found) return found;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a protocol among ${PROTOCOL_NAMES.join(', ')}, all but received "${name}".`,
  );
}
