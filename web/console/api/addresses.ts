// Addresses of pictures, relative to the page. What an address returns never changes, so caches keep it.

/** Of an address that the server gave: it may know itself by another name than the page does. */
export function here(url: string): string {
  const path = new URL(url, document.baseURI).pathname;
  const start = path.search(/\/(images|models|jobs|datasets)\//);
  return start < 0 ? url : `${path.slice(start + 1)}${new URL(url, document.baseURI).search}`;
}
