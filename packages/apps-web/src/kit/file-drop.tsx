import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { droppedFiles } from './dropped-files.ts';

interface FileDropProps {
  readonly label: string;
  /** File extensions that the file dialog offers, such as `.safetensors,.h5`. */
  readonly accept?: string;
  readonly onFiles: (files: File[]) => void;
  readonly children: ComponentChildren;
}

/** An area to drop files on; a click or a key opens the file dialog. */
export function FileDrop({ label, accept, onFiles, children }: FileDropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (list: (Iterable<File> & { readonly length: number }) | null) => {
    if (list !== null && list.length > 0) onFiles([...list]);
  };
  return (
    <button
      type="button"
      class={over ? 'drop over' : 'drop'}
      onClick={() => input.current!.click()}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer === null) return;
        // If a folder can't be read, the reader of the files reports why.
        const flat = [...event.dataTransfer.files];
        void droppedFiles(event.dataTransfer).then(take, () => take(flat));
      }}
    >
      <b>{label}</b>
      <span class="drop-text">{children}</span>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={accept}
        tabIndex={-1}
        onClick={(event) => event.stopPropagation()}
        onChange={({ currentTarget }) => {
          take(currentTarget.files);
          currentTarget.value = '';
        }}
      />
    </button>
  );
}
