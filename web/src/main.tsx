import { render } from "preact";

const place = document.getElementById("screen");
if (place) render(<p>Parley</p>, place);
