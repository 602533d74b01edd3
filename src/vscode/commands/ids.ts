export const commandIds = {
  openSample: 'profilemate.openSample',
  openAsProfile: 'profilemate.openAsProfile',
  reload: 'profilemate.reload',
  showLog: 'profilemate.showLog',
} as const;
