/** What went wrong, read out as it appears. */
export const Problem = ({ text }: { text?: string | undefined }) => (
  <p role="alert" className="problem">
    {text}
  </p>
);
