// Where the console begins: styles, the reader's language, the link to the node, the screen.
import { render } from "preact";
import "./look/screen.css";
import { openLink } from "./live/link";
import { App } from "./shell/App";
import { followLanguage } from "./text/language";

followLanguage();
const place = document.getElementById("screen");
if (place) render(<App />, place);
void openLink();
