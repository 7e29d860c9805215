// How far something long is. It is read out as it begins and ends, and politely in between.

interface Props {
  readonly label: string;
  readonly done?: number | undefined;
  /** Undefined where nobody knows. */
  readonly total?: number | undefined;
  /** How far in words; left out, a percentage. */
  readonly shown?: string | undefined;
}

export function Progress({ label, done = 0, total, shown }: Props) {
  const share = total ? Math.min(1, done / total) : undefined;
  const words = shown ?? (share === undefined ? 'under way' : `${Math.floor(100 * share)} %`);
  return (
    <div class="progress">
      <span>{label}</span>
      <progress aria-label={label} {...(share !== undefined && { value: share })} />
      <span aria-live="polite">{words}</span>
    </div>
  );
}
