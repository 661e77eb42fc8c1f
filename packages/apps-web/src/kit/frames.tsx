import type { ComponentChildren } from 'preact';

interface PageProps {
  readonly title: string;
  /** What the page shows, in two or three sentences. */
  readonly lead: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Page({ title, lead, children }: PageProps) {
  return (
    <article class="page">
      <header>
        <h1>{title}</h1>
        <p class="lead">{lead}</p>
      </header>
      {children}
    </article>
  );
}

interface FigureProps {
  readonly title?: string;
  readonly caption?: ComponentChildren;
  /** Controls beside the title. */
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A figure with its title, caption and controls. */
export function Figure({ title, caption, actions, children }: FigureProps) {
  return (
    <figure class="frame">
      {(title || actions) && (
        <div class="frame-head">
          {title && <h2>{title}</h2>}
          {actions && <div class="actions">{actions}</div>}
        </div>
      )}
      {children}
      {caption && <figcaption>{caption}</figcaption>}
    </figure>
  );
}

interface NoticeProps {
  /** Screen readers announce a `problem` at once. */
  readonly kind?: 'note' | 'problem';
  readonly children: ComponentChildren;
  readonly actions?: ComponentChildren;
}

export function Notice({ kind = 'note', children, actions }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === 'problem' ? 'alert' : 'note'}>
      <p>{children}</p>
      {actions && <div class="actions">{actions}</div>}
    </div>
  );
}

/** A progress bar; `fraction` goes from 0 to 1, undefined while unknown. */
export function Progress({ label, fraction }: { label: string; fraction: number | undefined }) {
  return (
    <div class="progress">
      <span>{label}</span>
      <progress aria-label={label} {...(fraction === undefined ? {} : { value: fraction })} />
    </div>
  );
}
