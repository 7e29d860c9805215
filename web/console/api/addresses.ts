// Addresses of pictures, relative to the page. What an address returns never changes, so caches keep it.

/** Of an address that the server gave: it may know itself by another name than the page does. */
export function here(url: string): string {
  const path = new URL(url, document.baseURI).pathname;
  const start = path.search(/\/(images|models|jobs|datasets)\//);
  return start < 0 ? url : `${path.slice(start + 1)}${new URL(url, document.baseURI).search}`;
}

export interface Named {
  readonly name: string;
  readonly version: number;
}

/**
 * Of a sample: `place` is its seed, or a latent as `z:` and base64url. `label`: its class by index, or a mixture as the
 * server writes it. What makes no difference is left out, so that a picture has one address.
 */
export function addressOfSample({ name, version }: Named, place: string, truncation: number, label: string): string {
  const isLatent = place.startsWith('z:');
  const settings = [
    ...(isLatent ? [`z=${place.slice(2)}`] : []),
    ...(isLatent || truncation === 1 ? [] : [`truncation=${truncation}`]),
    ...(label === '' ? [] : [`${label.includes(':') ? 'labels' : 'label'}=${label}`]),
  ];
  const file = `${isLatent ? 'latent' : place}.png`;
  return `images/${encodeURIComponent(name)}/${version}/${file}${settings.length === 0 ? '' : `?${settings.join('&')}`}`;
}
