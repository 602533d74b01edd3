/** The read-only editor for profiles, in its three kinds. */
import * as vscode from 'vscode';
import type { Failure } from '../profile/failure';
import type { OpenStatus } from '../protocol/requests';
import type { Services } from './context';
import { Disposable } from './disposable';
import { viewTypes } from './file';
import { ProfileDocument } from './profileDocument';
import { ProfilePanel } from './profilePanel';

/** What other extensions, and tests, may know of an open profile. */
export interface OpenProfile {
  readonly uri: string;
  readonly viewType: string;
  readonly status: OpenStatus | undefined;
  readonly failure: Failure | undefined;
  /** The file was written to after it was read. */
  readonly changed: boolean;
}

export class ProfileEditors extends Disposable {
  private readonly documents = new Set<ProfileDocument>();
  private active: ProfileDocument | undefined;

  constructor(private readonly services: Services) {
    super();
    for (const viewType of Object.values(viewTypes)) {
      this.register(
        vscode.window.registerCustomEditorProvider(viewType, this.provider(viewType), {
          supportsMultipleEditorsPerDocument: true,
        }),
      );
    }
  }

  /** The profile of the editor that has the focus. */
  get activeDocument(): ProfileDocument | undefined {
    return this.active;
  }

  get openDocuments(): readonly ProfileDocument[] {
    return [...this.documents];
  }

  list(): readonly OpenProfile[] {
    return [...this.documents].map(({ uri, viewType, status, failure, changed }) => ({
      uri: uri.toString(),
      viewType,
      status,
      failure,
      changed,
    }));
  }

  private provider(viewType: string): vscode.CustomReadonlyEditorProvider<ProfileDocument> {
    return {
      openCustomDocument: (uri) => this.open(uri, viewType),
      resolveCustomEditor: (document, panel) => this.show(document, panel),
    };
  }

  private open(uri: vscode.Uri, viewType: string): ProfileDocument {
    const document = new ProfileDocument(uri, viewType, this.services);
    this.documents.add(document);
    document.onDidClose(() => this.documents.delete(document));
    return document;
  }

  private show(document: ProfileDocument, panel: vscode.WebviewPanel): void {
    new ProfilePanel(document, panel, this.services);
    const follow = () => {
      if (panel.active) this.active = document;
      else if (this.active === document) this.active = undefined;
    };
    follow();
    panel.onDidChangeViewState(follow);
    panel.onDidDispose(() => {
      if (this.active === document) this.active = undefined;
    });
  }
}
