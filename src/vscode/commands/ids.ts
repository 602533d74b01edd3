export const commandIds = {
  openSample: 'profilemate.openSample',
  openAsProfile: 'profilemate.openAsProfile',
  openAsNcu: 'profilemate.openAsNcu',
  link: 'profilemate.link',
  reload: 'profilemate.reload',
  showLog: 'profilemate.showLog',
} as const;
