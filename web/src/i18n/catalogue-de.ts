export { de as texts } from "./de.ts";
