/** The read-only editor for profiles, of each kind. */
import * as vscode from 'vscode';
import type { Failure } from '../profile/failure';
import type { OpenStatus } from '../protocol/requests';
import type { Services } from './context';
import { Disposable } from './disposable';
import { profileViewTypeFor, viewTypes } from './file';
import { ProfileDocument } from './profileDocument';
import { ProfilePanel, type HostPlace } from './profilePanel';

/** What other extensions, and tests, may know of an open profile. */
export interface OpenProfile {
  readonly uri: string;
  readonly viewType: string;
  readonly status: OpenStatus | undefined;
  readonly failure: Failure | undefined;
  /** The file was written to after it was read. */
  readonly changed: boolean;
  /** Folder of the run it belongs to. */
  readonly run: string | undefined;
}

export class ProfileEditors extends Disposable {
  private readonly documents = new Set<ProfileDocument>();
  private readonly panels = new Map<vscode.WebviewPanel, ProfilePanel>();
  /** By URI: where the editor that is about to have the focus goes. */
  private readonly awaited = new Map<string, HostPlace>();
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
    return [...this.documents].map(({ uri, viewType, status, failure, changed, run }) => ({
      uri: uri.toString(),
      viewType,
      status,
      failure,
      changed,
      run: run?.about?.folder,
    }));
  }

  /**
   * Opens a profile, or goes to the editor that shows it, and there to a place.
   * `commandIds.openProfileAt` does the same for lenses and links.
   *
   * @param uri any file that opens as a profile: an export or report of nsys, a
   *   trace of PyTorch, a page or report of ncu. Its name decides how.
   * @param viewColumn another group of editors, e.g. `ViewColumn.Beside`
   */
  async openAt(uri: vscode.Uri, place: HostPlace, viewColumn?: vscode.ViewColumn): Promise<void> {
    const key = uri.toString();
    this.awaited.set(key, place);
    try {
      const viewType = profileViewTypeFor(uri);
      await vscode.commands.executeCommand('vscode.openWith', uri, viewType, { viewColumn });
    } catch (error) {
      this.awaited.delete(key);
      throw error;
    }
    // One that had the focus already; any other goes there when it gets it.
    for (const [panel, editor] of this.panels) if (panel.active) this.lead(editor);
  }

  /** To where it was asked to go. */
  private lead(editor: ProfilePanel): void {
    const key = editor.document.uri.toString();
    const place = this.awaited.get(key);
    if (!place) return;
    this.awaited.delete(key);
    void editor.reveal(place);
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
    const editor = new ProfilePanel(document, panel, this.services);
    this.panels.set(panel, editor);
    const follow = () => {
      if (panel.active) {
        this.active = document;
        this.lead(editor);
      } else if (this.active === document) this.active = undefined;
    };
    follow();
    panel.onDidChangeViewState(follow);
    panel.onDidDispose(() => {
      this.panels.delete(panel);
      if (this.active === document) this.active = undefined;
    });
  }
}
