/** The page of a session. */
import '../styles/main.css';
import './session.css';
import { html } from 'lit';
import { openPage } from '../page';
import { SessionApp } from './app';
import './shell';
import { restore } from './state';

const page = openPage();
const app = new SessionApp(page.client, restore(page.saved), page.store);
page.show(html`<pm-session-shell .app=${app}></pm-session-shell>`);
