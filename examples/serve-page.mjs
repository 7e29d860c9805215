// Serves page.html and passes its GraphQL questions on to a Ganymede server, so that the browser sees one address.
//   node examples/serve-page.mjs [server] [port]

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

const [ganymede = 'http://localhost:4000', port = '8080'] = process.argv.slice(2);
const page = await readFile(new URL('page.html', import.meta.url));

const pages = createServer(async (request, response) => {
  if (request.url !== '/graphql') return response.setHeader('content-type', 'text/html').end(page);
  const headers = { 'content-type': 'application/json' };
  try {
    const reply = await fetch(`${ganymede}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify(await json(request)),
    });
    response.writeHead(reply.status, headers).end(await reply.text());
  } catch (error) {
    const message = `No answer from ${ganymede}: ${error.cause?.message ?? error.message}`;
    response.writeHead(502, headers).end(JSON.stringify({ errors: [{ message }] }));
  }
});
pages.listen(Number(port), '127.0.0.1', () => console.log(`Open http://127.0.0.1:${pages.address().port}/`));
