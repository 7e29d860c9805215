// The classes of a model, each a choice of a <select>.

export function ClassOptions({ labels }: { labels: readonly string[] }) {
  return labels.map((label) => (
    <option key={label} value={label}>
      {label}
    </option>
  ));
}
