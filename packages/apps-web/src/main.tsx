import { render } from 'preact';
import './style/index.css';
import { PAGES } from './pages/pages.ts';
import { Address } from './shell/address.ts';
import { App } from './shell/app.tsx';
import { applyStoredTheme } from './shell/theme.tsx';

applyStoredTheme();
if (DEVELOPMENT) new EventSource('/esbuild').addEventListener('change', () => location.reload());
const app = document.getElementById('app')!;
app.replaceChildren();
render(<App address={new Address(PAGES[0]!.id)} />, app);
