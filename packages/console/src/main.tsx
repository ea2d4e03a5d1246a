// Where the console begins.

import { render } from "preact";
import { Console } from "./console.tsx";
import { enter } from "./session/session.ts";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";

const place = document.getElementById("console");
if (place !== null) render(<Console />, place);
void enter();
