/** The page of a run alone. */
import '../styles/main.css';
import { html } from 'lit';
import { openPage } from '../page';
import { RunApp } from './app';
import './shell';
import { restore } from './state';

const page = openPage();
const app = new RunApp(page.client, restore(page.saved), page.store);
page.show(html`<pm-run-shell .app=${app}></pm-run-shell>`);
