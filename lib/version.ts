/** tsalt's own version: that of package.json, which need not be there. */
export const version = '0.1.0';
