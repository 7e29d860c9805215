// The sample at the size at which it can be looked at.

import { Problem } from '../parts/problem';
import type { Model } from './page';
import type { SampleShown } from './use-sample';

interface Props {
  readonly model: Model;
  readonly sample: SampleShown;
}

export function SamplePicture({ model, sample: { shown, problem, isEdited } }: Props) {
  const label = shown?.label == null ? '' : `, class ${shown.label}`;
  return (
    <>
      {shown?.image && (
        <img
          class="picture large"
          src={shown.image.dataUri}
          width={model.image?.width}
          height={model.image?.height}
          alt={`The sample${label}${isEdited ? ', moved along directions' : ''}`}
        />
      )}
      <Problem of={problem} />
      {shown?.label != null && <p class="faint">Class {shown.label}</p>}
    </>
  );
}
