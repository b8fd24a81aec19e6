// The pages are files; everything that they show comes from the API, in the browser.
export const ssr = false;
export const prerender = false;
