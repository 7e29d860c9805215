#!/usr/bin/env node
// The command line: a table of subcommands, each in the folder that it belongs to. Refusals are printed as one line
// with their code, and so is what the system says of files; anything else is a fault and shows its stack.
import { Command } from 'commander';
import { addCommands } from './commands/index.js';
import { addKeys } from './commands/keys.js';
import { stopAll } from './commands/run.js';
import { addServe } from './commands/serve.js';
import { addVersions } from './commands/versions.js';
import { addWorker } from './commands/worker.js';
import { GanymedeError } from './errors.js';
import { refusalOf } from './files/unusable.js';
import { VERSION } from './version.js';

// `ganymede … | head` closes the pipe early: that is no fault. A work ends in order, for a process that ends while a
// thread of the engine runs may crash.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = 0;
  if (!stopAll(error)) process.exit();
});

const program = new Command('ganymede')
  .description('Serves, explores and trains generative adversarial networks.')
  .version(VERSION);
addServe(program, () => import('./main.js'));
addCommands(program);
addVersions(program);
addWorker(program);
addKeys(program);

program
  .command('devices')
  .description('list the devices that this machine can run graphs on, and why not the others')
  .action(async () => {
    const { probeDevices } = await import('./engine/devices.js');
    for (const { name, usable, detail } of await probeDevices()) {
      process.stdout.write(`${usable ? 'yes' : 'no '}  ${name.padEnd(13)}  ${detail}\n`);
    }
  });

// While fetch finds out that a connection broke before it was used, nothing of it holds the process, which would end
// without a word and with status 13.
const underWay = setInterval(() => {}, 2 ** 30);
try {
  await program.parseAsync();
} catch (error) {
  const refusal = error instanceof GanymedeError ? error : refusalOf(error);
  if (!refusal) throw error;
  process.stderr.write(`${refusal.code}: ${refusal.message}\n`);
  process.exitCode = 1;
} finally {
  clearInterval(underWay);
}
