// Where the console begins: styles, the reader's settings and language, the link to the node, the screen.
import { render } from "preact";
import "./look/screen.css";
import { openLink } from "./live/link";
import { followSettings } from "./look/settings";
import { followTheme } from "./look/tokens";
import { App } from "./shell/App";
import { followLanguage } from "./text/language";

followSettings();
followLanguage();
followTheme();
const place = document.getElementById("screen");
if (place) render(<App />, place);
void openLink();
