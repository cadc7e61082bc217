// Boots a host, says what the provider calls it, and waits to be killed.
import { openHosts } from './kit.ts';

const { provider } = await openHosts();
const { handle } = await provider.launch({ id: 'abandoned', userData: '#cloud-config\n' }, AbortSignal.timeout(60_000));
process.stdout.write(`${handle}\n`);
setInterval(() => {}, 60_000);
