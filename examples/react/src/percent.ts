/** "82%", in the visitor's language. Empty where the model's objective determines no probability. */
export const percent = (probability: number | null | undefined) =>
  probability?.toLocaleString(undefined, { style: 'percent' }) ?? '';
