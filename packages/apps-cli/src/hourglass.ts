#!/usr/bin/env node
import manifest from '../package.json' with { type: 'json' };

console.log(`hourglass ${manifest.version}: not yet`);
