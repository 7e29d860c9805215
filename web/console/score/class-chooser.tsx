// For which class pictures are taken: a scorer that knows classes tells real digits of that class from samples of it.

import { ClassOptions } from '../parts/class-options';
import { setSettings } from '../place';
import type { JudgedModel } from './documents';
import { BY_FOLDER } from './use-judging';

export function ClassChooser({ model: { labels, scoring }, value }: { model: JudgedModel; value: string | null }) {
  if (!labels || !scoring?.takesLabel) return null;
  return (
    <label class="chooser">
      Taken for
      <select
        value={value ?? ''}
        onChange={({ currentTarget }) => setSettings({ class: currentTarget.value || undefined })}
      >
        {!scoring.needsLabel && <option value="">any class</option>}
        <option value={BY_FOLDER}>the class their folder is named after</option>
        <ClassOptions labels={labels} />
      </select>
    </label>
  );
}
