/** The page of Nsight Compute results. */
import '../styles/main.css';
import './ncu.css';
import { html } from 'lit';
import { openPage } from '../page';
import { NcuApp } from './app';
import './shell';
import { restore } from './state';

const page = openPage();
const app = new NcuApp(page.client, restore(page.saved), page.store);
page.show(html`<pm-ncu-shell .app=${app}></pm-ncu-shell>`);
