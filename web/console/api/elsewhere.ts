// What the server has beside the console.

/** The server leaves its link out of the page where it serves no GraphiQL. */
export const hasGraphiql = document.querySelector('#explorer a') !== null;
