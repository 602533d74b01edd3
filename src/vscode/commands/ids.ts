export const commandIds = {
  openSample: 'profilemate.openSample',
  openAsProfile: 'profilemate.openAsProfile',
  openAsNcu: 'profilemate.openAsNcu',
  openAsTorch: 'profilemate.openAsTorch',
  openRanks: 'profilemate.openRanks',
  saveTrimmed: 'profilemate.saveTrimmed',
  showHeat: 'profilemate.showHeat',
  clearHeat: 'profilemate.clearHeat',
  link: 'profilemate.link',
  reload: 'profilemate.reload',
  showLog: 'profilemate.showLog',
} as const;
