/** The page of a timeline. */
import './styles/main.css';
import { html } from 'lit';
import { App } from './app';
import { openPage } from './page';
import './shell/app-element';
import { restore } from './state';

const page = openPage();
const app = new App(page.client, restore(page.saved), page.store);
page.show(html`<pm-shell .app=${app}></pm-shell>`);
