import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { type EngineClient, startEngine } from '../engine/client.ts';
import { Button } from '../kit/controls.tsx';
import { Notice } from '../kit/frames.tsx';
import { PAGES, type PageEntry, pageOf } from '../pages/pages.ts';
import { TrainingContext, TrainingStore, useStore } from '../pages/train/store.ts';
import { type Address, AddressContext, useAddress } from './address.ts';
import { EngineContext, type ReadyEngine } from './engine.ts';
import { ThemeSwitch } from './theme.tsx';

/** Replaces the pages where WebGPU is missing. */
type Fallback = ComponentType<{ readonly reason: string }>;

type State =
  | 'opening'
  | { readonly missing: string; readonly Fallback: Fallback }
  | (ReadyEngine & { readonly training: TrainingStore });

export function App({ address }: { address: Address }) {
  const [state, setState] = useState<State>('opening');
  useEffect(() => {
    void open().then(setState);
    void pageOf(address.page)
      .load()
      .catch(() => undefined); // CurrentPage reports it
  }, []);
  const training = typeof state === 'object' && 'training' in state ? state.training : undefined;
  return (
    <AddressContext.Provider value={address}>
      <Header training={training} />
      <main id="content" tabIndex={-1}>
        {state === 'opening' ? (
          <p class="opening">Looking for a graphics adapter…</p>
        ) : 'missing' in state ? (
          <state.Fallback reason={state.missing} />
        ) : (
          <EngineContext.Provider value={state}>
            <TrainingContext.Provider value={state.training}>
              <CurrentPage />
            </TrainingContext.Provider>
          </EngineContext.Provider>
        )}
      </main>
      <Footer adapter={typeof state === 'object' && 'adapter' in state ? state.adapter : undefined} />
    </AddressContext.Provider>
  );
}

async function open(): Promise<State> {
  const without = async (missing: string) => {
    const { FallbackPage } = await import('../pages/fallback/fallback-page.tsx');
    return { missing, Fallback: FallbackPage };
  };
  if (!isSecureContext) return without('WebGPU works only on pages served over HTTPS or from this machine.');
  if (navigator.gpu === undefined) return without('This browser does not have WebGPU.');
  const engine: EngineClient = startEngine();
  try {
    return { engine, adapter: await engine.open(), training: new TrainingStore(engine) };
  } catch (error) {
    return without(error instanceof Error ? error.message : String(error));
  }
}

interface Loaded {
  readonly page: PageEntry;
  /** The page's component, or why there is none. */
  readonly result: { readonly Component: ComponentType } | { readonly problem: string };
}

/** Why a page's script did not start. All browsers report a script that can't be fetched as a TypeError. */
const reasonOf = (error: unknown): string =>
  error instanceof TypeError
    ? 'This page could not be downloaded. Check the connection.'
    : `This page can’t start in this browser: ${error instanceof Error ? error.message : String(error)}`;

function CurrentPage() {
  const page = pageOf(useAddress().page);
  const [loaded, setLoaded] = useState<Loaded>();
  useEffect(() => {
    document.title = `${page.title} · Hourglass`;
    scrollTo(0, 0);
    let left = false;
    const show = (result: Loaded['result']) => {
      if (!left) setLoaded({ page, result });
    };
    page.load().then(
      (Component) => show({ Component }),
      (error: unknown) => show({ problem: reasonOf(error) }),
    );
    return () => {
      left = true;
    };
  }, [page]);
  if (loaded?.page !== page) return <p class="opening">Loading the page…</p>;
  const { result } = loaded;
  if ('Component' in result) return <result.Component key={page.id} />;
  return (
    <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
      {result.problem}
    </Notice>
  );
}

function Header({ training }: { training: TrainingStore | undefined }) {
  const address = useAddress();
  const current = pageOf(address.page);
  return (
    <header class="site">
      <button type="button" class="skip" onClick={() => document.getElementById('content')!.focus()}>
        Skip to content
      </button>
      <a class="brand" href="#/">
        <svg viewBox="0 0 20 24" width="15" height="18" aria-hidden="true">
          <path d="M1 1h18v3l-7 8 7 8v3H1v-3l7-8-7-8z" fill="currentColor" />
        </svg>
        Hourglass
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ id, title }) => (
          <a key={id} href={address.linkTo(id)} aria-current={id === current.id ? 'page' : undefined}>
            {title}
            {id === 'train' && training && <TrainingMark training={training} />}
          </a>
        ))}
      </nav>
      <ThemeSwitch />
    </header>
  );
}

/** A dot while a training runs, as it slows down the other pages. */
function TrainingMark({ training }: { training: TrainingStore }) {
  const running = useStore(training).view?.phase === 'running';
  return running ? (
    <span class="training-mark" title="Training is running">
      <span class="hidden">, running</span>
    </span>
  ) : null;
}

function Footer({ adapter }: { adapter: ReadyEngine['adapter'] | undefined }) {
  return (
    <footer class="site">
      <p>
        Autoencoders on WebGPU, with an engine written from scratch. Everything runs on this machine; nothing is sent
        anywhere.
      </p>
      {adapter && (
        <p class="adapter" data-kind={adapter.kind}>
          {adapter.name}
          {adapter.kind === 'software' && ' (the CPU: slower than a GPU)'}
        </p>
      )}
    </footer>
  );
}
