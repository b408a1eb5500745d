// Names that @types/react 18.0 still mentions and newer DOM libraries dropped.
interface HTMLWebViewElement extends HTMLElement {}
interface StyleMedia {
  readonly type: string;
}
// Set by the build: where the icons lie, and what this page was built from.
declare const SPRITE_URL: string;
// Where the texts of each language lie.
declare const CATALOGUES: Record<"en" | "de", string>;
declare const BUILD_ID: string;
