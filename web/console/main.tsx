// The console: a client of the public GraphQL API and of the addresses of pictures, and of nothing else.

import { render } from 'preact';
import { App } from './app';
import './console.css';

const root = document.getElementById('console') as HTMLElement;
root.replaceChildren(); // what a browser without scripts is told
render(<App />, root);
